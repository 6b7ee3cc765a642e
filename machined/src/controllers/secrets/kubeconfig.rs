//! kubeconfig files.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proto::common::PemEncodedCertificateAndKey;

/// What a kubeconfig is made from.
pub struct Kubeconfig<'a> {
    /// Name of the cluster.
    pub cluster: &'a str,
    /// Name of user and context, as `user@cluster`.
    pub user: &'a str,
    /// URL of the API server.
    pub server: &'a str,
    /// Accepted authorities, PEM.
    pub ca: &'a [u8],
    /// The user's certificate.
    pub client: &'a PemEncodedCertificateAndKey,
}

impl Kubeconfig<'_> {
    /// The file.
    pub fn render(&self) -> String {
        let Self { cluster, user, server, .. } = self;
        let [ca, crt, key] = [self.ca, &self.client.crt, &self.client.key].map(|pem| STANDARD.encode(pem));
        format!(
            "apiVersion: v1\nkind: Config\nclusters:\n- name: {cluster}\n  cluster:\n    server: {server}\n    \
             certificate-authority-data: {ca}\nusers:\n- name: {user}@{cluster}\n  user:\n    \
             client-certificate-data: {crt}\n    client-key-data: {key}\ncontexts:\n- context:\n    \
             cluster: {cluster}\n    namespace: default\n    user: {user}@{cluster}\n  name: {user}@{cluster}\n\
             current-context: {user}@{cluster}\n"
        )
    }
}
