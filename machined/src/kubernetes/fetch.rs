//! Fetches what the configuration names by URL.

use std::collections::BTreeMap;

use anyhow::{Context, bail};
use bytes::Bytes;
use http::{Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rpc::tls::client::Trust;
use rpc::tls::dial::{Target, dial};
use rpc::tls::{CaPool, ClientTls};
use tokio::net::TcpStream;

/// Largest answer.
const BODY: usize = 16 << 20;

/// Other places that are followed.
const REDIRECTS: usize = 5;

/// The body at a URL, http or https; certificates are checked with the system's authorities.
pub async fn fetch(url: &str, headers: &BTreeMap<String, String>) -> anyhow::Result<Vec<u8>> {
    let mut url: Uri = url.parse().with_context(|| format!("{url} is not a URL"))?;
    for _ in 0..=REDIRECTS {
        let response = request(&url, headers).await?;
        let status = response.status();
        if status.is_redirection()
            && let Some(to) = response.headers().get(header::LOCATION)
        {
            url = resolve(&url, to.to_str().context("a redirect leads nowhere")?)?;
            continue;
        }
        if status != StatusCode::OK {
            bail!("{url} answered {status}");
        }
        let body = Limited::new(response.into_body(), BODY).collect().await;
        return Ok(body.map_err(|error| anyhow::anyhow!("{error}"))?.to_bytes().to_vec());
    }
    bail!("{url} leads from one place to the next")
}

fn resolve(base: &Uri, to: &str) -> anyhow::Result<Uri> {
    if !to.starts_with('/') {
        return to.parse().with_context(|| format!("a redirect to {to} leads nowhere"));
    }
    let mut parts = base.clone().into_parts();
    parts.path_and_query = Some(to.parse().with_context(|| format!("a redirect to {to} leads nowhere"))?);
    Ok(Uri::from_parts(parts)?)
}

async fn request(url: &Uri, headers: &BTreeMap<String, String>) -> anyhow::Result<Response<Incoming>> {
    let host = url.host().with_context(|| format!("{url} names no host"))?;
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let mut request = Request::get(url.clone()).header(header::USER_AGENT, "machined");
    for (name, value) in headers {
        request = request.header(name, value);
    }
    match url.scheme_str() {
        Some("https") => {
            let tls = ClientTls { identity: None, trust: Trust::Cas(CaPool::system()?) }.config()?;
            let stream = dial(&Target { host, port: url.port_u16().unwrap_or(443) }, tls).await?;
            let (mut sender, connection) =
                hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
            tokio::spawn(connection);
            Ok(sender.send_request(request.body(Empty::<Bytes>::new())?).await?)
        }
        Some("http") => {
            let port = url.port_u16().unwrap_or(80);
            let stream = TcpStream::connect((host.as_str(), port)).await?;
            let (mut sender, connection) =
                hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
            tokio::spawn(connection);
            let path = url.path_and_query().map_or("/", |p| p.as_str()).to_owned();
            let authority = url.authority().map(ToString::to_string).unwrap_or_default();
            let request = request.uri(path).header(header::HOST, authority);
            Ok(sender.send_request(request.body(Empty::<Bytes>::new())?).await?)
        }
        _ => bail!("{url} is neither http nor https"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test]
    async fn redirects_are_followed_and_failures_told() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut buffer = [0; 1024];
                let count = stream.read(&mut buffer).await.unwrap();
                let answer = match &buffer[..count] {
                    r if r.starts_with(b"GET /a ") => "302 Found\r\nLocation: /b",
                    r if r.starts_with(b"GET /b ") => "200 OK",
                    _ => "404 Not Found",
                };
                let text = format!("HTTP/1.1 {answer}\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
                stream.write_all(text.as_bytes()).await.unwrap();
            }
        });
        assert_eq!(fetch(&format!("{base}/a"), &BTreeMap::new()).await.unwrap(), b"ok");
        let missing = fetch(&format!("{base}/c"), &BTreeMap::new()).await.unwrap_err();
        assert!(missing.to_string().contains("404"), "{missing}");
    }
}
