//! networkd: addresses, links, routes, resolvers and time of a node, from the store to the kernel and back.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result};
use daemon::{Boot, Files, Syscalls};
use networkd::address::announce::GratuitousArp;
use networkd::controllers;
use networkd::kernel::driver::Drivers;
use networkd::kernel::linux::Netlink;
use networkd::world::World;
use serde::{Deserialize, Serialize};
use state::{RemoteState, Runtime, State};

/// Settings of the process.
#[derive(Debug, Serialize, Deserialize)]
struct Settings {
    /// The node runs as a container, so links and clock are its host's business; found out where not set.
    container: Option<bool>,
}

/// This file in the root image says that the node is a container (contract os.md 4).
const IN_CONTAINER: &str = "/usr/etc/in-container";

fn main() -> ExitCode {
    daemon::main("networkd", Settings { container: None }, run)
}

async fn run(boot: Boot<Settings>) -> Result<()> {
    let container = boot.settings.container.unwrap_or_else(is_container);
    let drivers = Drivers::open().context("ask drivers of links")?;
    let kernel = Netlink::open(Arc::new(drivers)).context("open a netlink socket")?;
    let world = World::new(Arc::new(kernel));

    let store: Arc<dyn State> = Arc::new(RemoteState::new(boot.store.clone()));
    let mut runtime = Runtime::new(store);
    controllers::register(&mut runtime, &world, Arc::new(GratuitousArp), container);

    boot.restrict(&reach(), Syscalls::default())?;
    let mut tasks = runtime.start();
    tasks.spawn(world.follow());
    boot.ready.set_ready();
    boot.shutdown.requested().await;
    // Addresses and routes stay: a networkd that comes back finds them as its predecessor left them.
    tasks.shutdown().await;
    Ok(())
}

/// The platform says so, or the root image does.
fn is_container() -> bool {
    std::env::var("PLATFORM").is_ok_and(|p| p == "container") || std::path::Path::new(IN_CONTAINER).exists()
}

/// Files that are needed after start: hardware numbers of links, and how to look up API servers by name.
fn reach() -> Files {
    let read = ["/sys/class/net", "/sys/devices", "/etc", "/system/etc", "/proc/sys/net"];
    Files { read: read.map(Into::into).into(), ..Files::default() }
}
