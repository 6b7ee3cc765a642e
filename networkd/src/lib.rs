//! networkd: from network configuration to the kernel, and back to statuses.
//!
//! Each noun (link, address, route, rule, resolver, hostname, timeserver, operator) goes through the same verbs,
//! a file each: `config` (sources into layered wishes) → `merge` (layers into what is wanted) → `plan` (a pure
//! comparison with what is) → `apply` (netlink) → `status` (what is, published). Beside them live what builds on
//! addresses: node addresses, readiness, probes, host DNS and KubePrism.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests say bluntly what they expect"
    )
)]

pub mod address;
pub mod apply;
pub mod arp;
pub mod configuration;
pub mod controllers;
pub mod dns;
pub mod hostname;
pub mod id;
pub mod inputs;
pub mod kernel;
pub mod kubeprism;
pub mod layer;
pub mod link;
pub mod machine;
pub mod net;
pub mod nodeaddress;
pub mod operator;
pub mod outcome;
pub mod platform;
pub mod preview;
pub mod probe;
pub mod process;
pub mod publish;
pub mod random;
pub mod readiness;
pub mod resolver;
pub mod route;
pub mod rule;
pub mod status;
pub mod timeserver;
pub mod timesync;
pub mod wishes;
pub mod world;
