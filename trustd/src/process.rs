//! The process: its settings, what it gives up, what it runs.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use daemon::{Boot, Files, Syscalls};
use rpc::tls::listen::parse_address;
use serde::{Deserialize, Serialize};

/// What differs between runs; everything else comes from the store.
#[derive(Serialize, Deserialize)]
struct Settings {
    /// Where to listen (contract api.md 1.1).
    listen: String,
}

/// The whole program.
pub fn main() -> ExitCode {
    daemon::main("trustd", Settings { listen: ":50001".into() }, work)
}

async fn work(boot: Boot<Settings>) -> anyhow::Result<()> {
    let listen = &boot.settings.listen;
    let address = parse_address(listen)
        .with_context(|| format!("--listen {listen} is not an address and a port, as in :50001"))?;
    let files =
        Files { bind_tcp: Some(vec![address.port()]), connect_tcp: Some(Vec::new()), ..Files::default() };
    boot.restrict(&files, Syscalls::default())?;
    let ready = boot.ready.clone();
    let report = move |waiting: Option<String>| match waiting {
        None => ready.set_ready(),
        Some(why) => ready.set_waiting(why),
    };
    crate::run(boot.store.clone(), address, Arc::new(report), boot.shutdown.requested()).await;
    Ok(())
}
