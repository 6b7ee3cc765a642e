//! Connects to a node, and says what went wrong in the words that Go's clients use.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use nix::sys::socket::{setsockopt, sockopt};
use rustls::{AlertDescription, CertificateError, ClientConfig};
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::stream::ClientStream;
use crate::limits;

/// Port of the API on every node (contract api.md 1.1).
pub const API_PORT: u16 = 50000;

/// A node to dial: a name or address, and a port.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Target {
    /// A DNS name or an IP address without brackets; also what the server's certificate must name.
    pub host: String,
    /// TCP port.
    pub port: u16,
}

impl Target {
    /// Reads an endpoint of a client configuration: `host`, `host:port`, `[address]:port` or
    /// `https://host[:port]`; without a port it is [`API_PORT`], with `https` 443 (contract api.md 2.4).
    /// `None` when it is none of these.
    #[must_use]
    pub fn parse(endpoint: &str) -> Option<Target> {
        let (rest, default) = match endpoint.strip_prefix("https://") {
            Some(rest) => (rest.trim_end_matches('/'), 443),
            None => (endpoint, API_PORT),
        };
        if rest.parse::<Ipv6Addr>().is_ok() {
            return Some(Target { host: rest.to_owned(), port: default });
        }
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) if !rest.ends_with(']') => (host, port.parse().ok()?),
            _ => (rest, default),
        };
        let host = match host.strip_prefix('[') {
            Some(host) => host.strip_suffix(']').filter(|host| host.parse::<Ipv6Addr>().is_ok())?,
            None => host,
        };
        let odd = |c: char| c == '/' || c == '[' || c == ']' || c.is_whitespace();
        let colons = host.contains(':') && host.parse::<Ipv6Addr>().is_err();
        (!host.is_empty() && !colons && !host.contains(odd)).then(|| Target { host: host.to_owned(), port })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// A connection that did not come about. Prints as Go's gRPC prints it; the code is Unavailable.
#[derive(Debug, Clone)]
pub struct DialError(String);

impl fmt::Display for DialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for DialError {}

impl DialError {
    pub(crate) fn text(text: impl Into<String>) -> DialError {
        DialError(text.into())
    }

    fn dialing(what: impl fmt::Display) -> DialError {
        DialError(format!("connection error: desc = \"transport: Error while dialing: {what}\""))
    }

    /// A socket in the file system that nobody serves.
    #[must_use]
    pub fn unix(path: &Path, error: &io::Error) -> DialError {
        DialError::dialing(format_args!("dial unix {}: connect: {}", path.display(), io_text(error)))
    }

    /// A TCP connection that failed.
    #[must_use]
    pub fn tcp(address: &SocketAddr, error: &io::Error) -> DialError {
        if error.kind() == io::ErrorKind::TimedOut && error.raw_os_error().is_none() {
            return DialError::dialing(format_args!("dial tcp {address}: i/o timeout"));
        }
        DialError::dialing(format_args!("dial tcp {address}: connect: {}", io_text(error)))
    }

    /// A name that has no address.
    #[must_use]
    pub fn lookup(host: &str) -> DialError {
        DialError::dialing(format_args!("dial tcp: lookup {host}: no such host"))
    }

    /// A TLS handshake that failed.
    #[must_use]
    pub fn handshake(error: &io::Error) -> DialError {
        let text = tls_text(error);
        DialError(format!("connection error: desc = \"transport: authentication handshake failed: {text}\""))
    }
}

/// Connects and does the TLS handshake, within [`limits::CONNECT`] for each of the target's addresses.
///
/// # Errors
/// When the name has no address, nobody answers, or the two sides do not accept each other.
pub async fn dial(target: &Target, tls: Arc<ClientConfig>) -> Result<ClientStream, DialError> {
    dial_as(target, &target.host, tls).await
}

/// The same to a server whose certificate has another name than the one that is dialled.
///
/// # Errors
/// As [`dial`].
pub async fn dial_as(target: &Target, name: &str, tls: Arc<ClientConfig>) -> Result<ClientStream, DialError> {
    let name = ServerName::try_from(name.to_owned()).map_err(|_| DialError::lookup(name))?;
    let mut last = DialError::lookup(&target.host);
    for address in resolve(target).await {
        match tokio::time::timeout(limits::CONNECT, connect(address, name.clone(), Arc::clone(&tls))).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = error,
            Err(_) => last = DialError::tcp(&address, &io::ErrorKind::TimedOut.into()),
        }
    }
    Err(last)
}

async fn resolve(target: &Target) -> Vec<SocketAddr> {
    if let Ok(address) = target.host.parse::<IpAddr>() {
        return vec![SocketAddr::new(address, target.port)];
    }
    let found = tokio::net::lookup_host((target.host.as_str(), target.port)).await;
    found.map(Iterator::collect).unwrap_or_default()
}

async fn connect(
    address: SocketAddr,
    name: ServerName<'static>,
    tls: Arc<ClientConfig>,
) -> Result<ClientStream, DialError> {
    let stream = TcpStream::connect(address).await.map_err(|error| DialError::tcp(&address, &error))?;
    tune(&stream);
    let connected = TlsConnector::from(tls).connect(name, stream).await;
    connected.map(ClientStream::new).map_err(|error| DialError::handshake(&error))
}

/// Sends small answers at once, and lets the kernel find out that the other side is gone: a node that
/// was switched off ends its connections within half a minute, without timers of ours. Failures are
/// ignored, as nothing but the time to find out depends on it.
pub fn tune(stream: &TcpStream) {
    const IDLE: u32 = 10;
    const INTERVAL: u32 = 5;
    const PROBES: u32 = 3;
    const UNANSWERED: Duration = Duration::from_secs(25);
    let _ = stream.set_nodelay(true);
    let _ = setsockopt(stream, sockopt::KeepAlive, &true);
    let _ = setsockopt(stream, sockopt::TcpKeepIdle, &IDLE);
    let _ = setsockopt(stream, sockopt::TcpKeepInterval, &INTERVAL);
    let _ = setsockopt(stream, sockopt::TcpKeepCount, &PROBES);
    let _ = setsockopt(
        stream,
        sockopt::TcpUserTimeout,
        &u32::try_from(UNANSWERED.as_millis()).unwrap_or(u32::MAX),
    );
}

/// The text of an operating system error in lower case, as Go has it.
fn io_text(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(number) => {
            let text = nix::errno::Errno::from_raw(number).desc();
            let mut letters = text.chars();
            letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
        }
        None => error.to_string(),
    }
}

/// What is wrong with a connection over TLS, in the words of Go's.
#[must_use]
pub fn tls_text(error: &io::Error) -> String {
    let Some(error) = tls_error(error) else {
        return match error.kind() {
            io::ErrorKind::UnexpectedEof => "EOF".to_owned(),
            _ => io_text(error),
        };
    };
    match error {
        rustls::Error::AlertReceived(alert) => format!("remote error: tls: {}", alert_text(*alert)),
        rustls::Error::InvalidCertificate(reason) => {
            format!("tls: failed to verify certificate: x509: {}", certificate_text(reason))
        }
        rustls::Error::InvalidMessage(_) => "tls: first record does not look like a TLS handshake".to_owned(),
        other => format!("tls: {other}"),
    }
}

/// What TLS says, however many input or output errors are around it.
pub(super) fn tls_error(error: &io::Error) -> Option<&rustls::Error> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        // The source of an input or output error is what lies below the error within it.
        cause = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(within) => Some(within),
            None => error.source(),
        };
    }
    None
}

fn certificate_text(reason: &CertificateError) -> String {
    match reason {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "certificate signed by unknown authority".to_owned()
        }
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => {
            "certificate has expired or is not yet valid".to_owned()
        }
        CertificateError::ApplicationVerificationFailure => {
            "the server's public key has none of the given fingerprints".to_owned()
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "certificate specifies an incompatible key usage".to_owned()
        }
        other => other.to_string(),
    }
}

/// What an alert of the other side means, in the words of Go's TLS.
#[must_use]
pub fn alert_text(alert: AlertDescription) -> String {
    let text = match alert {
        AlertDescription::HandshakeFailure => "handshake failure",
        AlertDescription::BadCertificate => "bad certificate",
        AlertDescription::UnsupportedCertificate => "unsupported certificate",
        AlertDescription::CertificateRevoked => "revoked certificate",
        AlertDescription::CertificateExpired => "expired certificate",
        AlertDescription::CertificateUnknown => "unknown certificate",
        AlertDescription::UnknownCA => "unknown certificate authority",
        AlertDescription::AccessDenied => "access denied",
        AlertDescription::DecryptError => "error decrypting message",
        AlertDescription::ProtocolVersion => "protocol version not supported",
        AlertDescription::InternalError => "internal error",
        AlertDescription::CertificateRequired => "certificate required",
        AlertDescription::NoApplicationProtocol => "no application protocol",
        other => return format!("{other:?}"),
    };
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_is_found_below_other_errors() {
        let alert = rustls::Error::AlertReceived(AlertDescription::CertificateRequired);
        let wrapped = io::Error::other(io::Error::new(io::ErrorKind::InvalidData, alert));
        assert_eq!(tls_text(&wrapped), "remote error: tls: certificate required");
    }

    #[test]
    fn an_endpoint_is_a_host_with_or_without_port() {
        let table = [
            ("10.5.0.2", Some("10.5.0.2:50000")),
            ("10.5.0.2:443", Some("10.5.0.2:443")),
            ("fd00::1", Some("[fd00::1]:50000")),
            ("[fd00::1]", Some("[fd00::1]:50000")),
            ("[fd00::1]:6443", Some("[fd00::1]:6443")),
            ("node.example", Some("node.example:50000")),
            ("https://omni.example", Some("omni.example:443")),
            ("https://omni.example:8443/", Some("omni.example:8443")),
            ("", None),
            ("a b", None),
            ("host:", None),
            ("host:99999", None),
            ("a:b:c", None),
            ("a:b:1", None),
            ("[host]:1", None),
            ("http://a/", None),
        ];
        for (text, expected) in table {
            assert_eq!(Target::parse(text).map(|target| target.to_string()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn errors_of_dialling_print_as_go_prints_them() {
        let address: SocketAddr = "10.5.0.99:50000".parse().unwrap();
        let unreachable = io::Error::from_raw_os_error(nix::errno::Errno::EHOSTUNREACH as i32);
        assert_eq!(
            DialError::tcp(&address, &unreachable).to_string(),
            "connection error: desc = \"transport: Error while dialing: dial tcp 10.5.0.99:50000: connect: \
             no route to host\""
        );
        assert_eq!(
            DialError::tcp(&address, &io::ErrorKind::TimedOut.into()).to_string(),
            "connection error: desc = \"transport: Error while dialing: dial tcp 10.5.0.99:50000: i/o timeout\""
        );
        let refused = io::Error::other(rustls::Error::AlertReceived(AlertDescription::CertificateRequired));
        assert_eq!(
            DialError::handshake(&refused).to_string(),
            "connection error: desc = \"transport: authentication handshake failed: remote error: tls: \
             certificate required\""
        );
    }
}
