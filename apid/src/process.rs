//! The process: its settings, what it gives up, what it runs.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use daemon::{Boot, Files, Syscalls};
use rpc::tls::dial::API_PORT;
use serde::{Deserialize, Serialize};
use state::RemoteState;

/// What differs between runs; everything else comes from the store.
#[derive(Serialize, Deserialize)]
struct Settings {
    /// Socket of this node's machined (contract api.md 1.1).
    machined: PathBuf,
}

/// Port of name servers, for answers that need TCP.
const DNS_PORT: u16 = 53;

/// The whole program.
pub fn main() -> ExitCode {
    let settings = Settings { machined: "/system/run/machined/machine.sock".into() };
    daemon::main("apid", settings, work)
}

async fn work(boot: Boot<Settings>) -> anyhow::Result<()> {
    let files = Files {
        // Name resolution reads hosts and resolv.conf, which are replaced while we run.
        read: vec!["/etc".into()],
        bind_tcp: Some(vec![API_PORT]),
        connect_tcp: Some(vec![API_PORT, DNS_PORT]),
        ..Files::default()
    };
    boot.restrict(&files, Syscalls::default())?;
    let ready = boot.ready.clone();
    let report = move |waiting: Option<String>| match waiting {
        None => ready.set_ready(),
        Some(why) => ready.set_waiting(why),
    };
    let store = Arc::new(RemoteState::new(boot.store.clone()));
    crate::run(store, &boot.settings.machined, Arc::new(report), boot.shutdown.requested()).await;
    Ok(())
}
