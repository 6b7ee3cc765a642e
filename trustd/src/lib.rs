//! Gives nodes that know the machine token their certificates, and lets them find each other.
//!
//! | module | what for |
//! | --- | --- |
//! | [`certificate`] | certificates out of signing requests; machined signs |
//! | [`discovery::registry`] | who the nodes of a cluster are, for how long; pure |
//! | [`discovery::service`] | the registry as a service |
//! | [`admission`], [`rate`] | the token in constant time, and how often one may ask; rates are pure |
//! | [`configure`] | resources → listening, certificate, token |

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests say bluntly what they expect"
    )
)]

pub mod admission;
pub mod certificate;
pub mod configure;
pub mod discovery;
pub mod process;
pub mod rate;

use std::net::SocketAddr;
use std::sync::Arc;

use ::state::{RemoteState, Runtime};
use proto::discovery::cluster_server::ClusterServer;
use proto::security::security_service_server::SecurityServiceServer;
use rpc::intake::Intake;
use rpc::limits;
use rpc::route::Router;
use rpc::sizes::Size;
use tonic::transport::Channel;

use crate::admission::Admit;

/// Bytes of requests under way, of all callers: each is small, and answered at once.
const BYTES: usize = 8 * 1024 * 1024;

/// What is served.
pub type Service = Admit<Intake<Router>>;

/// Serves on `address` as the store says, until `stop` is ready; then lets the calls under way finish.
/// `machined` is the store connection: it holds the resources and signs certificates.
pub async fn run(
    machined: Channel,
    address: SocketAddr,
    report: configure::Report,
    stop: impl Future<Output = ()>,
) {
    let token = Arc::new(admission::Token::default());
    let certificates = certificate::Certificates::new(machined.clone());
    let discovery = discovery::service::Discovery::new();
    let clock = discovery.clone();
    let clock = tokio::spawn(async move { clock.keep_time().await });
    let router = Router::builder()
        .service(SecurityServiceServer::new(certificates).max_decoding_message_size(limits::SMALL_MESSAGE))
        .service(ClusterServer::new(discovery.clone()).max_decoding_message_size(limits::SMALL_MESSAGE))
        .build();
    let router = Intake::new(router, |_| Size::Message(limits::SMALL_MESSAGE), BYTES).plain();
    let service = Admit::new(router, Arc::clone(&token));
    let configure = configure::Configure::new(address, service, token, discovery, report);
    let running = configure.running();
    let mut runtime = Runtime::new(Arc::new(RemoteState::new(machined)));
    runtime.register(configure);
    let mut controllers = runtime.start();
    stop.await;
    controllers.shutdown().await;
    if let Some(drain) = running.stop().await {
        drain.finish().await;
    }
    clock.abort();
}
