//! A small client of the Kubernetes API: just what health checks and draining need.

mod client;
pub mod drain;

pub use client::{ApiError, Kubernetes};
pub use health::{NodeObject, PodObject};
