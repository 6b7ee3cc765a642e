//! The process: what it opens, what it gives up, what it runs.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result};
use daemon::{Boot, Files, Syscalls};
use proto::internal::network_service_server::NetworkServiceServer;
use rpc::serve;
use serde::{Deserialize, Serialize};
use state::{RemoteState, Runtime, State};
use tokio::net::UnixListener;

use crate::address::announce::GratuitousArp;
use crate::controllers;
use crate::kernel::driver::Drivers;
use crate::kernel::linux::Netlink;
use crate::preview::service::{ParentOnly, Preview};
use crate::world::World;

/// Settings of the process.
#[derive(Debug, Serialize, Deserialize)]
struct Settings {
    /// The node runs as a container, so links and clock are its host's business.
    container: bool,
    /// Where machined asks for plans.
    socket: PathBuf,
}

/// Where machined asks for plans, in a node.
const SOCKET: &str = "/system/run/networkd/networkd.sock";

/// The whole program.
pub fn main() -> ExitCode {
    daemon::main("networkd", Settings { container: false, socket: SOCKET.into() }, run)
}

async fn run(boot: Boot<Settings>) -> Result<()> {
    let container = boot.settings.container;
    let drivers = Drivers::open().context("ask drivers of links")?;
    let kernel = Netlink::open(Arc::new(drivers)).context("open a netlink socket")?;
    let world = World::new(Arc::new(kernel));

    let store: Arc<dyn State> = Arc::new(RemoteState::new(boot.store.clone()));
    let mut runtime = Runtime::new(store.clone());
    controllers::register(&mut runtime, &world, Arc::new(GratuitousArp), container);

    let listener = listen(&boot.settings.socket);
    let parent = std::os::unix::process::parent_id().cast_signed();
    boot.restrict(&reach(parent), Syscalls::default())?;
    let mut tasks = runtime.start();
    tasks.spawn(world.clone().follow());
    if let Some(listener) = listener {
        let preview = NetworkServiceServer::new(Preview::new(world, store, container));
        let policy = Arc::new(ParentOnly(parent));
        tasks.spawn(serve::unix(listener, policy, preview, serve::Options::default(), serve::Drain::new()));
    }
    boot.ready.set_ready();
    boot.shutdown.requested().await;
    // Addresses and routes stay: a networkd that comes back finds them as its predecessor left them.
    tasks.shutdown().await;
    Ok(())
}

/// The network matters more than looking ahead: without its socket networkd does everything else.
fn listen(socket: &Path) -> Option<UnixListener> {
    serve::bind_unix(socket, 0o600)
        .inspect_err(|error| tracing::warn!("plans cannot be asked for at {}: {error}", socket.display()))
        .ok()
}

/// Files that are needed after start: hardware numbers of links, how to look up API servers by name, and what
/// tells the process that may ask for plans from others.
fn reach(parent: i32) -> Files {
    let mut read: Vec<PathBuf> =
        ["/sys/class/net", "/sys/devices", "/etc", "/system/etc"].map(Into::into).into();
    read.push(format!("/proc/{parent}/stat").into());
    Files { read, ..Files::default() }
}
