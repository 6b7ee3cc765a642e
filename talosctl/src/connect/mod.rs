//! Connections to endpoints: in turn, through a proxy where one is set, kept alive (contract api.md 3.6).

mod proxy;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use hyper_util::rt::TokioIo;
use rpc::limits;
use rpc::tls::ClientStream;
use rpc::tls::dial::{self, DialError, Target};
use rustls::pki_types::ServerName;
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint};

pub use proxy::{Proxies, Proxy};

/// How often an idle or silent connection is asked whether it is alive, and how long the answer may
/// take (contract api.md 3.6): how soon the end of a node that was switched off is noticed.
const KEEPALIVE: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(5));

/// Where to connect to, and how.
#[derive(Debug, Clone)]
pub struct Connector {
    /// The TLS configuration.
    pub tls: Arc<rustls::ClientConfig>,
    /// Which proxy is for which endpoint.
    pub proxies: Proxies,
}

impl Connector {
    /// A channel to the first of several endpoints that answers. Each new connection begins with the one
    /// after that tried last. It connects at the first call and again whenever the connection is lost.
    pub fn channel(&self, targets: Vec<Target>) -> Channel {
        let (connector, next) = (self.clone(), Arc::new(AtomicUsize::new(0)));
        let targets: Arc<[Target]> = targets.into();
        let connect = move |_: http::Uri| {
            let (connector, next, targets) = (connector.clone(), Arc::clone(&next), Arc::clone(&targets));
            async move { connector.first(&targets, next.fetch_add(1, Ordering::Relaxed)).await.map(TokioIo::new) }
        };
        // The address is never resolved; it only gives requests their `:authority`.
        Endpoint::from_static("http://localhost")
            .http2_max_header_list_size(limits::HEADER_LIST)
            .initial_stream_window_size(limits::STREAM_WINDOW)
            .initial_connection_window_size(limits::CONNECTION_WINDOW)
            .http2_keep_alive_interval(KEEPALIVE.0)
            .keep_alive_timeout(KEEPALIVE.1)
            .keep_alive_while_idle(true)
            .connect_with_connector_lazy(tower::service_fn(connect))
    }

    async fn first(&self, targets: &[Target], start: usize) -> Result<ClientStream, DialError> {
        let mut last = DialError::lookup("");
        for offset in 0..targets.len() {
            let Some(target) = targets.get(start.wrapping_add(offset) % targets.len()) else { continue };
            match self.dial(target).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Connects to one endpoint and does the TLS handshake.
    ///
    /// # Errors
    /// When nobody answers, or the two sides do not accept each other.
    pub async fn dial(&self, target: &Target) -> Result<ClientStream, DialError> {
        let Some(proxy) = self.proxies.for_host(&target.host) else {
            return dial::dial(target, Arc::clone(&self.tls)).await;
        };
        let name = ServerName::try_from(target.host.clone()).map_err(|_| DialError::lookup(&target.host))?;
        let connect = async {
            let stream = proxy.connect(target).await?;
            dial::tune(&stream);
            TlsConnector::from(Arc::clone(&self.tls)).connect(name, stream).await
        };
        match tokio::time::timeout(limits::CONNECT, connect).await {
            Ok(result) => result.map(ClientStream::new).map_err(|error| DialError::handshake(&error)),
            Err(_) => Err(DialError::handshake(&io::ErrorKind::TimedOut.into())),
        }
    }
}

/// Endpoints of a client configuration, beginning at any of them so that callers spread.
///
/// # Errors
/// If one is neither host, host:port nor https://host.
pub fn targets(endpoints: &[String]) -> anyhow::Result<Vec<Target>> {
    let parse = |endpoint: &String| {
        Target::parse(endpoint)
            .with_context(|| format!("{endpoint:?} is not an endpoint: use host, host:port or https://host"))
    };
    let mut targets = endpoints.iter().map(parse).collect::<anyhow::Result<Vec<_>>>()?;
    let mut seed = [0u8; 1];
    if getrandom::fill(&mut seed).is_ok() && !targets.is_empty() {
        let length = targets.len();
        targets.rotate_left(usize::from(seed.first().copied().unwrap_or(0)) % length);
    }
    Ok(targets)
}
