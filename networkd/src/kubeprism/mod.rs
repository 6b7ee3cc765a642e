//! KubePrism: one address on every node that leads to a Kubernetes API server that works (contract os.md 5.9).

pub mod balancer;
pub mod config;
pub mod controller;
pub mod endpoints;
pub mod upstreams;
