//! Credentials made on request: kubeconfig and client configuration (contract api.md 5.1).

use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures::stream::{self, StreamExt};
use proto::common::Data;
use proto::machine::{GenerateClientConfiguration, GenerateClientConfigurationRequest};
use rpc::role::Role;
use tonic::Status;

use super::logs::Chunks;
use super::{duration, plain};
use crate::configuration::Active;
use crate::controllers::secrets::issue;
use crate::machine::Machine;

/// Refuses calls that only a control plane can answer.
pub async fn control_plane_only(machine: &Machine, call: &str) -> Result<Active, Status> {
    let active =
        machine.active.complete(&*machine.state).await.map_err(|e| Status::internal(format!("{e:#}")))?;
    match active {
        None => Err(Status::unimplemented(format!("{call} is not available: the machine type is not set"))),
        Some(active) if active.config.is_control_plane() => Ok(active),
        Some(_) => Err(Status::unimplemented(format!("{call} is only available on control plane nodes"))),
    }
}

/// Handles `Kubeconfig`: a tar.gz with one file.
pub async fn kubeconfig(machine: &Machine) -> Result<Chunks, Status> {
    let active = control_plane_only(machine, "Kubeconfig").await?;
    let life = active.config.admin_kubeconfig_lifetime().to_std();
    let file = issue::admin_kubeconfig(&*machine.state, life, SystemTime::now())
        .await
        .map_err(|e| plain(format!("cannot issue a kubeconfig: {e:#}")))?;
    let Some(file) = file else {
        return Err(Status::failed_precondition("the Kubernetes CA is not ready yet"));
    };
    let archive = archive(file.as_bytes()).map_err(|e| plain(format!("cannot pack the kubeconfig: {e}")))?;
    Ok(stream::iter([Ok(Data { metadata: None, bytes: Bytes::from(archive) })]).boxed())
}

fn archive(content: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(0o600);
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    tar.append_data(&mut header, "kubeconfig", content)?;
    tar.into_inner()?.finish()
}

/// Handles `GenerateClientConfiguration`.
pub async fn client_configuration(
    machine: &Machine,
    request: GenerateClientConfigurationRequest,
) -> Result<GenerateClientConfiguration, Status> {
    let active = control_plane_only(machine, "GenerateClientConfiguration").await?;
    let unknown = Role::unknown(request.roles.iter().map(String::as_str));
    if !unknown.is_empty() {
        // A certificate that is good for nothing, or lacks what was meant, is found out much later.
        return Err(Status::invalid_argument(format!("unknown roles: {}", unknown.join(", "))));
    }
    let life = duration(request.crt_ttl);
    let Some(life) = life else {
        return Err(Status::invalid_argument("crt_ttl has to be longer than nothing"));
    };
    let client = issue::client(&*machine.state, &request.roles, life, SystemTime::now())
        .await
        .map_err(|e| plain(format!("cannot issue a client certificate: {e:#}")))?;
    let cluster = active.config.cluster_name().unwrap_or_default();
    let context = match request.roles.as_slice() {
        [role] => format!("{}@{cluster}", role.strip_prefix("os:").unwrap_or(role)),
        _ => cluster,
    };
    let [ca, crt, key] = [&client.ca, &client.crt, &client.key].map(|pem| STANDARD.encode(pem));
    let talosconfig = format!(
        "context: {context}\ncontexts:\n    {context}:\n        endpoints: []\n        ca: {ca}\n        crt: {crt}\n        key: {key}\n"
    );
    Ok(GenerateClientConfiguration {
        metadata: None,
        ca: client.ca,
        crt: client.crt,
        key: client.key,
        talosconfig: talosconfig.into_bytes(),
    })
}
