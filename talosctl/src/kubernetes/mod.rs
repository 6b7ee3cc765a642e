//! A small client of the Kubernetes API: just what health checks and draining need.

mod client;
mod objects;

pub use client::{ApiError, Kubernetes};
pub use objects::{NodeObject, PodObject};
