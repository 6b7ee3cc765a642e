//! The resource store: versioned records, watches, finalizers, and the controllers that live on them.
//!
//! * [`State`] is the one interface; [`MemoryState`] is the store that machined owns, [`RemoteState`] the
//!   same store seen through gRPC by a child process.
//! * [`ops`] adds typed access (`get::<S>`, `list::<S>`, `modify::<S>`) to any [`State`].
//! * [`controller`] runs controllers: level-triggered reconciliation on input changes, with backoff.
//! * [`service`] serves a [`State`] as `cosi.resource.State` (contract api.md 6) under a policy.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests say bluntly what they expect"
    )
)]

pub mod controller;
mod error;
mod event;
mod history;
mod memory;
pub mod ops;
mod query;
pub mod remote;
pub mod service;
mod traits;
mod wire_form;

pub use controller::{Context, Controller, Input, InputKind, Next, Output, OutputKind, Runtime};
pub use error::Error;
pub use event::{Bookmark, Event, EventKind};
pub use memory::MemoryState;
pub use query::{IdQuery, LabelQuery, LabelTerm, Operation, Query};
pub use remote::RemoteState;
pub use traits::{EventStream, Kind, Pointer, Start, State, Update, Watch};

/// Result of any store operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;
