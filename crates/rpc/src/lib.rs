//! How the node's processes, other nodes and clients call each other.
//!
//! | module | what for |
//! | --- | --- |
//! | [`role`] | roles of a caller, from a certificate or from metadata |
//! | [`authz`] | which role may call which method: the whole table, pure |
//! | [`guard`] | a tower service that enforces the table in front of a server |
//! | [`meta`] | names of metadata keys; reading and writing roles in headers |
//! | [`status`] | gRPC errors as Go prints them, `google.rpc.Status`, errors of dialling |
//! | [`limits`], [`sizes`] | sizes, windows and times that all servers and clients share; how large requests are |
//! | [`places`], [`gate`] | who may hold one of a bounded number of places, pure; and letting in and out |
//! | [`budget`] | bytes that calls may hold in memory |
//! | [`intake`] | takes requests in whole and within bounds, before they are decoded |
//! | [`relay`] | passes bytes between two connections |
//! | [`peer`] | who is at the other end of a Unix socket |
//! | [`route`] | several services on one connection |
//! | [`serve`] | serves a tonic service on a Unix socket, an inherited socket or TLS, and drains it |
//! | [`catch`] | a tower service that answers Internal when a handler panics |
//! | [`client`] | tonic channels to a Unix socket, over an inherited socket, or to a node over TLS |
//! | [`tls`] | TLS 1.3 servers and clients: client verification, pins, reload without dropping |
//!
//! # Serving on a Unix socket with roles (machined)
//! ```no_run
//! # async fn example<S>(service: S, policy: std::sync::Arc<dyn rpc::peer::PeerPolicy>) -> std::io::Result<()>
//! # where S: rpc::serve::GrpcService {
//! use rpc::{guard::Authorize, serve};
//!
//! let listener = serve::bind_unix("/system/run/machined/machine.sock".as_ref(), 0o770)?;
//! let drain = serve::Drain::new();
//! let guarded = Authorize::new(service, || false);
//! serve::unix(listener, policy, guarded, serve::Options::default(), drain.clone()).await;
//! # Ok(()) }
//! ```
//! A handler finds the caller's roles with [`guard::roles`] and the peer with [`peer::Peer`] in the
//! request's extensions. `S` is a [`route::Router`] or a generated server. Each generated
//! server must be given `accept_compressed(Gzip)` and
//! `max_decoding_message_size(`[`limits::MESSAGE`]`)` by whoever makes it; [`intake`] in front of it sees to it that
//! nothing is decoded that is larger than its method needs.
//!
//! # The store over an inherited socket
//! machined: `serve::connection(stream, extension, service, Options::default(), drain)`;
//! the child: [`client::channel_from_stream`].

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests say bluntly what they expect"
    )
)]

pub mod authz;
pub mod budget;
pub mod catch;
pub mod client;
pub mod deadline;
mod exchange;
pub mod gate;
pub mod guard;
pub mod intake;
pub mod limits;
pub mod meta;
pub mod peer;
pub mod places;
pub mod relay;
pub mod role;
pub mod route;
pub mod serve;
pub mod sizes;
pub mod status;
pub mod tls;

pub use role::{Role, RoleSet};
