//! The gateway of a node: knows who calls, decides which nodes a call is for, and passes it on without
//! looking inside.
//!
//! | module | what for |
//! | --- | --- |
//! | [`director`] | metadata → here, one node, many nodes, or an error; pure |
//! | [`caller`] | certificate or address → the roles that a call is passed on with; pure |
//! | [`frame`], [`stitch`] | messages on the wire: sizes, and putting replies together; pure |
//! | [`gateway`] | what calls share, and the headers they go on with |
//! | [`link`] | connections to machined and to other nodes |
//! | [`listener`] | lets clients in |
//! | [`connection`], [`forward`], [`fanout`], [`reply`] | one client's connection; one call to one place; one call to many; answers of our own |

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod caller;
pub mod connection;
pub mod director;
pub mod fanout;
pub mod forward;
pub mod frame;
pub mod gateway;
pub mod link;
pub mod listener;
pub mod reply;
pub mod stitch;
