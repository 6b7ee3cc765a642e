//! Where an API server is, how it is known, and who we are to it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::{Error, Result};

/// Server and credentials. Keys are never printed.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Access {
    /// URL of the server.
    pub server: String,
    /// Authorities of the server's certificate, PEM; any certificate is accepted where there are none.
    pub ca: Option<Vec<u8>>,
    /// Who we are.
    pub client: Credentials,
    /// Name in the server's certificate, where it is not that of the URL.
    pub server_name: Option<String>,
}

/// What a client shows.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Credentials {
    /// Certificate and key, PEM.
    Certificate(Vec<u8>, Vec<u8>),
    /// A bearer token.
    Token(String),
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Access").field("server", &self.server).finish_non_exhaustive()
    }
}

impl Access {
    /// Reads a kubeconfig with one cluster and one user whose data is inline: the form that this node
    /// makes itself.
    ///
    /// # Errors
    /// When a field is missing or is not base64.
    pub fn from_kubeconfig(text: &str) -> Result<Self> {
        let field = |key: &str| -> Result<&str> {
            let line = text.lines().find_map(|line| line.trim().strip_prefix(key)?.strip_prefix(':'));
            line.map(str::trim).ok_or_else(|| Error::Broken(format!("the kubeconfig has no {key}")))
        };
        let data = |key: &str| -> Result<Vec<u8>> {
            let decoded = STANDARD.decode(field(key)?);
            decoded.map_err(|_| Error::Broken(format!("{key} of the kubeconfig is not base64")))
        };
        Ok(Self {
            server: field("server")?.to_owned(),
            ca: Some(data("certificate-authority-data")?),
            client: Credentials::Certificate(data("client-certificate-data")?, data("client-key-data")?),
            server_name: None,
        })
    }

    /// Host and port of the server; 443 is the default.
    pub(crate) fn host(&self) -> Result<(String, u16)> {
        let invalid = || {
            Error::Broken(format!(
                "{:?} is not the address of a Kubernetes API: use https://host:port",
                self.server
            ))
        };
        let uri: http::Uri = self.server.parse().map_err(|_| invalid())?;
        let host = uri.host().ok_or_else(invalid)?.trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok((host, uri.port_u16().unwrap_or(443)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_kubeconfig_is_read_back() {
        let text = "clusters:\n- name: c\n  cluster:\n    server: https://[::1]:6443\n    \
                    certificate-authority-data: Y2E=\nusers:\n- user:\n    client-certificate-data: Y3J0\n    \
                    client-key-data: a2V5\n";
        let access = Access::from_kubeconfig(text).unwrap();
        assert_eq!(access.ca.as_deref(), Some(&b"ca"[..]));
        assert!(access.client == Credentials::Certificate(b"crt".to_vec(), b"key".to_vec()));
        assert_eq!(access.host().unwrap(), ("::1".to_owned(), 6443));
        assert!(!format!("{access:?}").contains("key"));
        assert!(Access::from_kubeconfig("server: x").is_err());
    }
}
