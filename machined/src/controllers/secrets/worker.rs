//! A worker's certificate: a request of its own, signed by whichever control plane answers.

use std::net::IpAddr;
use std::time::Duration;

use anyhow::Context as _;
use pki::{Certificate, Name, PrivateKey, SigningRequest};
use proto::common::{PemEncodedCertificate, PemEncodedCertificateAndKey};
use proto::resource::k8s::EndpointSpec;
use proto::resource::secrets::{ApiCertsSpec, CertSanSpec, OsRootSpec};
use proto::security::CertificateRequest;
use proto::security::security_service_client::SecurityServiceClient;
use rpc::tls::client::Trust;
use rpc::tls::dial::Target;
use rpc::tls::{CaPool, ClientTls};
use state::Context;
use tonic::Request;
use tonic::metadata::MetadataValue;

use super::cert_sans::sans;
use super::material::bundle;

/// Port of trustd (contract api.md 1.1).
const TRUSTD_PORT: u16 = 50001;

/// One attempt at one control plane (contract api.md 2.2).
const ATTEMPT: Duration = Duration::from_secs(10);

/// What a control plane gave us.
pub struct Refreshed {
    /// The certificate and our key.
    pub server: PemEncodedCertificateAndKey,
    /// The authorities that are accepted now.
    pub accepted: Vec<PemEncodedCertificate>,
}

/// Asks the control planes, one after the other, until one signs.
pub async fn refresh(
    ctx: &Context,
    root: &OsRootSpec,
    known: Option<&ApiCertsSpec>,
    names: &CertSanSpec,
) -> anyhow::Result<Refreshed> {
    let endpoints = endpoints(ctx).await?;
    anyhow::ensure!(!endpoints.is_empty(), "no control plane is known yet to ask for a certificate");
    // What a control plane told us last is newer than the configuration, while an authority is rotated.
    let told =
        known.filter(|k| !k.skip_verifying_client_cert).map(|k| &k.accepted_c_as).filter(|a| !a.is_empty());
    let accepted = told.unwrap_or(&root.accepted_c_as);
    let algorithm = accepted
        .last()
        .and_then(|pem| Certificate::from_pem(std::str::from_utf8(&pem.crt).ok()?).ok())
        .map_or(pki::Algorithm::Ed25519, |ca| ca.public_key().algorithm());
    let key = PrivateKey::generate(algorithm)?;
    let request = SigningRequest::create(&key, &Name::common(&names.fqdn), &sans(names))?;
    let pool =
        CaPool::from_pem([bundle(accepted).as_slice()]).context("the accepted authorities are not usable")?;
    let tls = ClientTls { identity: None, trust: Trust::Cas(pool) }.config()?;
    let mut failures = Vec::new();
    for endpoint in endpoints {
        let target = Target { host: endpoint.clone(), port: TRUSTD_PORT };
        let channel = rpc::client::tls_channel(vec![target], tls.clone());
        let attempt = sign(channel, &root.token, request.to_pem());
        match tokio::time::timeout(ATTEMPT, attempt).await {
            Ok(Ok((crt, ca))) => {
                let server = PemEncodedCertificateAndKey { crt, key: key.to_pem()?.as_bytes().to_vec() };
                return Ok(Refreshed { server, accepted: split(&ca)? });
            }
            Ok(Err(error)) => failures.push(format!("{endpoint}: {error:#}")),
            Err(_) => failures.push(format!("{endpoint}: no answer within {} s", ATTEMPT.as_secs())),
        }
    }
    anyhow::bail!("no control plane signed this worker's certificate: {}", failures.join("; "))
}

async fn endpoints(ctx: &Context) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for resource in ctx.list::<EndpointSpec>().await? {
        let addresses = resource.spec.addresses.iter().filter_map(|ip| IpAddr::try_from(ip).ok());
        for host in addresses.map(|a| a.to_string()).chain(resource.spec.hosts.iter().cloned()) {
            if !found.contains(&host) {
                found.push(host);
            }
        }
    }
    Ok(found)
}

async fn sign(
    channel: tonic::transport::Channel,
    token: &str,
    csr: String,
) -> anyhow::Result<(Vec<u8>, Vec<u8>)> {
    let mut request = Request::new(CertificateRequest { csr: csr.into_bytes() });
    let token = MetadataValue::try_from(token).context("the machine token is not valid metadata")?;
    request.metadata_mut().insert("token", token);
    let answer = SecurityServiceClient::new(channel).certificate(request).await?.into_inner();
    Ok((answer.crt, answer.ca))
}

fn split(bundle: &[u8]) -> anyhow::Result<Vec<PemEncodedCertificate>> {
    let certificates = Certificate::bundle_from_pem(std::str::from_utf8(bundle)?)?;
    anyhow::ensure!(!certificates.is_empty(), "the control plane sent no authority");
    Ok(certificates.iter().map(|c| PemEncodedCertificate { crt: c.to_pem().into_bytes() }).collect())
}
