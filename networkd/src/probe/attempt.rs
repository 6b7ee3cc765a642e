//! One attempt of a probe.

use std::io;
use std::time::Duration;

use proto::resource::network::ProbeSpecSpec;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Time for an attempt that does not say.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Ports of URLs without one.
const HTTP: u16 = 80;
const HTTPS: u16 = 443;

/// Tries once.
pub async fn attempt(spec: &ProbeSpecSpec) -> Result<(), String> {
    let given = spec.tcp.as_ref().and_then(|t| t.timeout).or(spec.http.as_ref().and_then(|h| h.timeout));
    let limit = given.and_then(|d| Duration::try_from(d).ok()).filter(|d| !d.is_zero()).unwrap_or(TIMEOUT);
    let trying = async {
        match (&spec.tcp, &spec.http) {
            (Some(tcp), _) => TcpStream::connect(&tcp.endpoint).await.map(drop),
            (None, Some(http)) => {
                get(http.url.as_ref().map(|u| u.full_path.as_str()).unwrap_or_default()).await
            }
            (None, None) => Err(io::Error::new(io::ErrorKind::InvalidInput, "the probe says nothing to try")),
        }
    };
    match timeout(limit, trying).await {
        Ok(result) => result.map_err(|e| e.to_string()),
        Err(_) => Err(format!("no answer within {limit:?}")),
    }
}

/// Parts of a URL: encrypted or not, host and port to connect to, host as named, path.
fn parts(url: &str) -> Option<(bool, String, String, String)> {
    let (scheme, rest) = url.split_once("://")?;
    let encrypted = match scheme {
        "http" => false,
        "https" => true,
        _ => return None,
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let after_bracket = host.rsplit_once(']').map_or(host, |(_, after)| after);
    let port = if encrypted { HTTPS } else { HTTP };
    let target = if after_bracket.contains(':') { host.to_owned() } else { format!("{host}:{port}") };
    let path = path.split('#').next().unwrap_or_default();
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    Some((encrypted, target, host.to_owned(), path))
}

/// Asks for a URL; an answer that is no error is a success. Of an encrypted URL only the connection counts:
/// what a probe asks is whether the network leads there.
async fn get(url: &str) -> io::Result<()> {
    let invalid = || io::Error::new(io::ErrorKind::InvalidInput, "the URL is neither http nor https");
    let (encrypted, target, host, path) = parts(url).ok_or_else(invalid)?;
    let mut stream = TcpStream::connect(&target).await?;
    if encrypted {
        return Ok(());
    }
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: networkd\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut head = [0; 12];
    stream.read_exact(&mut head).await?;
    let head = String::from_utf8_lossy(&head);
    let code: u16 = head.rsplit(' ').next().and_then(|c| c.parse().ok()).unwrap_or_default();
    if head.starts_with("HTTP/1.") && (100..400).contains(&code) {
        return Ok(());
    }
    Err(io::Error::other(format!("the answer is {head:?}")))
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[test]
    fn urls_are_taken_apart() {
        let table = [
            ("http://a.example", Some((false, "a.example:80", "a.example", "/"))),
            ("https://a.example/x?y#z", Some((true, "a.example:443", "a.example", "/x?y"))),
            ("http://u@a.example:81?q", Some((false, "a.example:81", "a.example:81", "/?q"))),
            ("http://[fd00::1]/", Some((false, "[fd00::1]:80", "[fd00::1]", "/"))),
            ("ftp://a.example", None),
        ];
        for (url, want) in table {
            let got = parts(url);
            let got = got.as_ref().map(|(e, t, h, p)| (*e, t.as_str(), h.as_str(), p.as_str()));
            assert_eq!(got, want, "{url}");
        }
    }

    async fn server(answer: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let _ = stream.read(&mut [0; 512]).await;
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        format!("http://{addr}/")
    }

    #[tokio::test]
    async fn answers_decide_about_http() {
        let ok = server("HTTP/1.1 204 No Content\r\n\r\n").await;
        assert!(get(&ok).await.is_ok());
        let broken = server("HTTP/1.1 503 Service Unavailable\r\n\r\n").await;
        assert!(get(&broken).await.unwrap_err().to_string().contains("503"));
    }
}
