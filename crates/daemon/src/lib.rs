//! Boot of a child daemon: settings, log, supervision, store, bounded shutdown.
//!
//! The parent starts a daemon with two socketpair ends: the store (gRPC, this side is the client)
//! and supervision (ttrpc, this side is the server), by agreement descriptors 3 and 4:
//! `apid --store-fd 3 --supervision-fd 4`. A daemon's `main` is:
//!
//! ```no_run
//! #[derive(serde::Serialize, serde::Deserialize)]
//! struct Settings {
//!     listen: String,
//! }
//!
//! fn main() -> std::process::ExitCode {
//!     daemon::main("apid", Settings { listen: "[::]:50000".into() }, |boot| async move {
//!         // RemoteState::new(boot.store.clone()), sockets, certificates …
//!         boot.restrict(&Default::default(), Default::default())?;
//!         boot.ready.set_ready();
//!         boot.shutdown.requested().await;
//!         Ok(())
//!     })
//! }
//! ```
//!
//! Settings come from three layers, later ones win: the defaults given to [`main`], environment
//! variables `APID_LISTEN=…`, arguments `--listen …`. Log lines go to standard error, one line an
//! event; the parent collects them.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests say bluntly what they expect"
    )
)]

mod boot;
pub mod logging;
mod peaks;
pub mod settings;
mod shutdown;
mod state;

pub use boot::{Boot, main, start};
pub use shutdown::Shutdown;
pub use state::{Health, Ready, Reloads};
pub use sys::sandbox::{Files, Syscalls};
