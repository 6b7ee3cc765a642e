//! Child processes: what to run ([`Command`]), how it starts, and the one place that waits for it.
//!
//! [`Reaper::start`] claims SIGCHLD for this process. Nothing else in a program that uses it may
//! wait for children: not `std::process::Child::wait`, not `tokio::process`. When the process is
//! PID 1 or a child subreaper, orphans are reaped silently as well; otherwise only children that
//! were started here are waited for, so that libraries and tests can have their own.

mod child;
mod child_setup;
mod command;
mod inherited;
mod reaper;
mod replace;
mod spawn;
mod table;
mod this;

pub use child::{Child, Control, Exit, Finished};
pub use command::{CapabilityPolicy, Command, Namespace, Rlimit, Stdio, User};
pub use inherited::take_inherited;
pub use reaper::{Reaper, SpawnPort};
pub use replace::replace;
pub use table::{ProcessInfo, brief, clock_ticks, info, processes, start_time};
pub use this::{is_root, kill};

pub use nix::sys::resource::Resource;
pub use nix::sys::signal::Signal;
