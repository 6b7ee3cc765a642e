//! The connection.

use std::time::Duration;

use rpc::tls::dial::Target;
use rpc::tls::{CaPool, ClientTls, Identity, client::Trust};
use tonic::transport::Channel;

use crate::{Error, Result};

/// Port for clients (contract os.md 6.1).
pub const PORT: u16 = 2379;

/// Longest wait for the answer to a short call.
pub(crate) const SHORT: Duration = Duration::from_secs(10);

/// Whom to trust and who we are, PEM.
#[derive(Clone)]
pub struct Credentials {
    /// Authority of the cluster.
    pub ca: Vec<u8>,
    /// Client certificate.
    pub certificate: Vec<u8>,
    /// Its key.
    pub key: Vec<u8>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

/// A client of a cluster. Clones share the connection, which is made at the first call.
#[derive(Clone)]
pub struct Client {
    pub(crate) channel: Channel,
}

impl Client {
    /// A client of the members at these addresses or names.
    ///
    /// # Errors
    /// When the certificates cannot be used.
    pub fn new<H: Into<String>>(
        hosts: impl IntoIterator<Item = H>,
        credentials: &Credentials,
    ) -> Result<Self> {
        let unusable = |error: rpc::tls::TlsError| Error::Tls(error.to_string());
        let identity = Identity::from_pem(&credentials.certificate, &credentials.key).map_err(unusable)?;
        let trust = Trust::Cas(CaPool::from_pem([credentials.ca.as_slice()]).map_err(unusable)?);
        let tls = ClientTls { identity: Some(identity), trust }.config().map_err(unusable)?;
        let targets = hosts.into_iter().map(|host| Target { host: host.into(), port: PORT }).collect();
        Ok(Self { channel: rpc::client::tls_channel(targets, tls) })
    }
}

/// Waits for an answer, but not for ever.
pub(crate) async fn within<T>(
    what: &'static str,
    limit: Duration,
    call: impl Future<Output = Result<tonic::Response<T>, tonic::Status>>,
) -> Result<T> {
    match tokio::time::timeout(limit, call).await {
        Ok(Ok(response)) => Ok(response.into_inner()),
        Ok(Err(status)) => Err(Error::Call { what, status: Box::new(status) }),
        Err(_) => Err(Error::Timeout { what, seconds: limit.as_secs() }),
    }
}
