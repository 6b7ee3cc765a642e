//! Issues server certificates to nodes, who have shown the machine token before (contract api.md 2.2). The key of
//! the CA stays in machined, which signs on request and decides usage and lifetime.

use pki::SigningRequest;
use proto::internal::IssueRequest;
use proto::internal::issuer_service_client::IssuerServiceClient;
use proto::security::security_service_server::SecurityService;
use proto::security::{CertificateRequest, CertificateResponse};
use tonic::transport::Channel;
use tonic::{Code, Request, Response, Status};

use crate::admission::peer;

/// The service.
pub struct Certificates {
    issuer: IssuerServiceClient<Channel>,
}

impl Certificates {
    /// Signs over `machined`, the store connection.
    #[must_use]
    pub fn new(machined: Channel) -> Certificates {
        Certificates { issuer: IssuerServiceClient::new(machined) }
    }
}

#[tonic::async_trait]
impl SecurityService for Certificates {
    async fn certificate(
        &self,
        request: Request<CertificateRequest>,
    ) -> Result<Response<CertificateResponse>, Status> {
        let from = peer(&request).map(|peer| peer.ip().to_canonical().to_string()).unwrap_or_default();
        let csr = request.into_inner().csr;
        check(&csr)?;
        let issued = self.issuer.clone().issue(IssueRequest { csr, peer_address: from.clone() }).await;
        match issued {
            Ok(issued) => {
                let issued = issued.into_inner();
                tracing::info!(peer = from, "issued a certificate");
                Ok(Response::new(CertificateResponse { ca: issued.ca, crt: issued.crt }))
            }
            Err(status) => {
                tracing::warn!(
                    peer = from,
                    error = rpc::status::go_text(&status),
                    "no certificate was issued"
                );
                match status.code() {
                    Code::InvalidArgument => Err(Status::invalid_argument(status.message())),
                    Code::PermissionDenied => Err(Status::permission_denied(status.message())),
                    _ => Err(Status::internal(format!("failed to sign the request: {}", status.message()))),
                }
            }
        }
    }
}

/// Looks at a request before machined has to.
fn check(csr: &[u8]) -> Result<(), Status> {
    let text = std::str::from_utf8(csr).map_err(|_| Status::invalid_argument("the request is not PEM"))?;
    SigningRequest::from_pem(text).map(drop).map_err(|error| Status::invalid_argument(error.to_string()))
}
