//! The first client certificate of a worker's kubelet: asked of the cluster with the bootstrap token, before the
//! kubelet starts (contract os.md 6.3).
//!
//! A kubelet can ask by itself, and does where this fails. But it starts everything else at the same time, with
//! nothing to show: each of its parts is refused, and comes back after pauses that grow to half a minute. One that
//! starts with its certificate is Ready in a few seconds.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kubernetes::{Access, Client, Credentials};
use proto::resource::k8s::KubeletSpecSpec;
use proto::resource::secrets::KubeletSpec as KubeletSecrets;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use super::{files, identity};
use crate::controllers::secrets::bundle;
use crate::services::Reporter;

/// After that the kubelet starts without: a node may have pods of its own, and they need no cluster.
const LIMIT: Duration = Duration::from_secs(60);

/// First and longest pause between attempts, and between looks at a request.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_millis(500));

/// Collection of the requests.
const REQUESTS: &str = "/apis/certificates.k8s.io/v1/certificatesigningrequests";

/// Who signs client certificates of kubelets (Kubernetes: certificate signing requests).
const SIGNER: &str = "kubernetes.io/kube-apiserver-client-kubelet";

/// Gets a certificate for a node that is to join and has none. Never fails: the kubelet tries after it.
pub(super) async fn join(root: &Path, spec: &KubeletSpecSpec, secrets: &KubeletSecrets, report: &Reporter) {
    let possible = !secrets.bootstrap_token_id.is_empty() && secrets.endpoint.is_some();
    if !files::registers(spec) || !possible || files::has_identity(root, spec, secrets) {
        return;
    }
    report.preparing("Waiting for the cluster to give this node a certificate");
    let mut last = String::from("no answer");
    let reason = match timeout(LIMIT, obtain(root, spec, secrets, &mut last)).await {
        Ok(Ok(())) => return,
        Ok(Err(error)) => format!("{error:#}"),
        Err(_) => last,
    };
    tracing::warn!("the kubelet starts without a certificate and goes on asking for one: {reason}");
}

/// Asks until there is a certificate. What went wrong the last time is left in `last`.
async fn obtain(
    root: &Path,
    spec: &KubeletSpecSpec,
    secrets: &KubeletSecrets,
    last: &mut String,
) -> anyhow::Result<()> {
    let client = Client::new(&access(secrets))?;
    let key = pki::PrivateKey::generate(pki::Algorithm::EcdsaP256)?;
    let subject = identity::subject(&spec.expected_nodename);
    let request = object(&pki::SigningRequest::create(&key, &subject, &pki::Sans::new())?.to_pem());
    let mut pause = PAUSES.0;
    loop {
        let certificate = attempt(&client, &request, spec, secrets).await;
        let installed = certificate.and_then(|pem| identity::install(root, &pem, &key.to_pem()?));
        match installed {
            Ok(()) => return Ok(()),
            Err(error) => *last = format!("{error:#}"),
        }
        sleep(pause).await;
        pause = (pause * 2).min(PAUSES.1);
    }
}

/// Makes a request and waits for its certificate.
async fn attempt(
    client: &Client,
    request: &Value,
    spec: &KubeletSpecSpec,
    secrets: &KubeletSecrets,
) -> anyhow::Result<String> {
    let made = client.create(REQUESTS, request).await?;
    let name = made.pointer("/metadata/name").and_then(Value::as_str).context("the request has no name")?;
    let path = format!("{REQUESTS}/{name}");
    let mut pause = PAUSES.0;
    loop {
        if let Some(certificate) = answer(&client.get(&path).await?)? {
            if !files::is_ours(&certificate, &spec.expected_nodename, &secrets.accepted_c_as) {
                bail!("the certificate that the cluster gave is not for this node, or not from its CA");
            }
            return Ok(certificate);
        }
        sleep(pause).await;
        pause = (pause * 2).min(PAUSES.1);
    }
}

fn access(secrets: &KubeletSecrets) -> Access {
    let token = format!("{}.{}", secrets.bootstrap_token_id, secrets.bootstrap_token_secret);
    Access {
        server: secrets.endpoint.as_ref().map(ToString::to_string).unwrap_or_default(),
        ca: Some(bundle(&secrets.accepted_c_as)),
        client: Credentials::Token(token),
        server_name: Some(secrets.endpoint_tls_server_name.clone()).filter(|name| !name.is_empty()),
    }
}

fn object(request: &str) -> Value {
    json!({
        "apiVersion": "certificates.k8s.io/v1",
        "kind": "CertificateSigningRequest",
        "metadata": { "generateName": "node-csr-" },
        "spec": {
            "request": STANDARD.encode(request),
            "signerName": SIGNER,
            "usages": ["digital signature", "client auth"],
        },
    })
}

/// The certificate, once it is there.
fn answer(request: &Value) -> anyhow::Result<Option<String>> {
    let conditions = request.pointer("/status/conditions").and_then(Value::as_array);
    for condition in conditions.into_iter().flatten() {
        let text = |key: &str| condition.get(key).and_then(Value::as_str).unwrap_or_default();
        if ["Denied", "Failed"].contains(&text("type")) {
            bail!("the request for a certificate is {}: {}", text("type").to_lowercase(), text("message"));
        }
    }
    let Some(encoded) = request.pointer("/status/certificate").and_then(Value::as_str) else {
        return Ok(None);
    };
    let decoded = STANDARD.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    decoded.context("the certificate in the answer is not base64 of text").map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_a_certificate_a_refusal_or_nothing_yet() {
        assert_eq!(answer(&json!({ "status": {} })).unwrap(), None);
        let approved = json!({ "status": { "conditions": [{ "type": "Approved" }] } });
        assert_eq!(answer(&approved).unwrap(), None);
        let signed = json!({ "status": { "certificate": STANDARD.encode("pem") } });
        assert_eq!(answer(&signed).unwrap().as_deref(), Some("pem"));
        let denied = json!({ "status": { "conditions": [{ "type": "Denied", "message": "unknown node" }] } });
        assert_eq!(
            answer(&denied).unwrap_err().to_string(),
            "the request for a certificate is denied: unknown node"
        );
        assert!(answer(&json!({ "status": { "certificate": "!" } })).is_err());
    }

    #[test]
    fn the_token_is_in_no_text_for_people() {
        let secrets = KubeletSecrets {
            bootstrap_token_id: "abcdef".into(),
            bootstrap_token_secret: "0123456789abcdef".into(),
            ..KubeletSecrets::default()
        };
        assert!(!format!("{:?}", access(&secrets)).contains("0123456789abcdef"));
    }
}
