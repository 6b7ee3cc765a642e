//! The command line: drives one node or a fleet, offline or over the API.
//!
//! | module | what for |
//! | --- | --- |
//! | [`cli`] | the tree of commands, usage errors, exit status |
//! | [`commands`] | the commands, one file each |
//! | [`complete`] | what may stand where the cursor is |
//! | [`session`], [`connect`], [`node`] | who is called, over which connections |
//! | [`resource`], [`jsonpath`] | resources of nodes and how they are shown |
//! | [`health`], [`kubernetes`], [`kubeconfig`] | whether a cluster is healthy, its Kubernetes API |
//! | [`patches`], [`changes`], [`applying`] | configurations: patched, compared, sent to nodes |
//! | [`track`] | actions of nodes that go on after their answer |
//! | [`snapshot`] | copies of etcd's data |
//! | [`output`], [`failure`] | tables, figures for people, errors of several nodes as one |

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        reason = "tests say bluntly what they expect"
    )
)]

pub mod applying;
pub mod changes;
pub mod cli;
pub mod commands;
pub mod complete;
pub mod connect;
pub mod credentials;
pub mod drain;
pub mod events;
pub mod failure;
#[cfg(test)]
mod fake;
pub mod files;
pub mod global;
pub mod gomode;
pub mod health;
pub mod interrupt;
pub mod jsonpath;
pub mod kubeconfig;
pub mod node;
pub mod output;
pub mod patches;
pub mod prompt;
pub mod resource;
pub mod roles;
pub mod runtime_of;
pub mod session;
pub mod skew;
pub mod snapshot;
pub mod stream;
pub mod track;

pub use cli::run;
