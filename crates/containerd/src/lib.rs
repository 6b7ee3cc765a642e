//! Client of containerd and of the Container Runtime Interface, over Unix sockets.
//!
//! * [`Client`] speaks containerd's own services in one namespace: images (list, pull with progress,
//!   import, remove), containers, tasks, figures. It connects when it is first used and again after
//!   containerd was restarted.
//! * [`Cri`] speaks the Kubernetes runtime interface: pods and their containers.
//!
//! The messages are generated from `proto/` (our own text, containerd's names and numbers) by
//! `cargo xtask codegen`, and committed.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests say bluntly what they expect"
    )
)]

mod archive;
mod client;
mod container;
mod cri;
mod error;
mod generated;
mod image;
mod manifest;
mod metrics;
mod progress;
mod pull;
mod redacted;
mod stream;
mod task;

pub use client::{Client, Version};
pub use container::{Container, NewContainer};
pub use cri::Cri;
pub use error::Error;
pub use image::Image;
pub use manifest::ImageInfo;
pub use metrics::Metrics;
pub use progress::{LayerProgress, LayerStatus};
pub use pull::{Credentials, Pull};
pub use task::{Exit, Task, TaskStatus};

/// Messages of `runtime.v1`.
pub use generated::runtime::v1 as runtime;

/// Result of a call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Snapshotter that all containers of a node use.
pub const SNAPSHOTTER: &str = "overlayfs";

/// Runtime of all containers of a node.
pub const RUNTIME: &str = "io.containerd.runc.v2";
