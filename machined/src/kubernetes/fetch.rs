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

/// The body at a URL, http or https; certificates are checked with the system's authorities. `headers` may hold
/// credentials for the place that the URL names: where a redirect leads elsewhere they are left behind.
pub async fn fetch(url: &str, headers: &BTreeMap<String, String>) -> anyhow::Result<Vec<u8>> {
    let mut url: Uri = url.parse().with_context(|| format!("{url} is not a URL"))?;
    let none = BTreeMap::new();
    let mut headers = headers;
    for _ in 0..=REDIRECTS {
        let response = request(&url, headers).await?;
        let status = response.status();
        if status.is_redirection()
            && let Some(to) = response.headers().get(header::LOCATION)
        {
            let to = resolve(&url, to.to_str().context("a redirect leads nowhere")?)?;
            if !may_know_headers(&url, &to) {
                headers = &none;
            }
            url = to;
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

/// Whether what is told to one place may be told to another: to the same server, and to nobody in the clear that was
/// not told so before.
fn may_know_headers(from: &Uri, to: &Uri) -> bool {
    let host = |url: &Uri| url.host().unwrap_or_default().to_ascii_lowercase();
    let secure = |url: &Uri| url.scheme_str() == Some("https");
    let same_port = match (from.port_u16(), to.port_u16()) {
        // Each scheme's own port: the same server, over TLS.
        (None, None) => true,
        _ => port(from) == port(to),
    };
    host(from) == host(to) && same_port && (secure(to) || !secure(from))
}

fn port(url: &Uri) -> u16 {
    url.port_u16().unwrap_or(if url.scheme_str() == Some("https") { 443 } else { 80 })
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
            let stream = dial(&Target { host, port: port(url) }, tls).await?;
            let (mut sender, connection) =
                hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
            tokio::spawn(connection);
            Ok(sender.send_request(request.body(Empty::<Bytes>::new())?).await?)
        }
        Some("http") => {
            let stream = TcpStream::connect((host.as_str(), port(url))).await?;
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
    use std::sync::{Arc, Mutex};

    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    async fn listen() -> (TcpListener, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        (listener, base)
    }

    /// Answers each request by its path, and keeps what it was asked.
    fn serve(
        listener: TcpListener,
        answer: impl Fn(&str) -> String + Send + 'static,
    ) -> Arc<Mutex<Vec<String>>> {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let kept = asked.clone();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut buffer = [0; 1024];
                let count = stream.read(&mut buffer).await.unwrap();
                let request = String::from_utf8_lossy(&buffer[..count]).into_owned();
                let answer = answer(request.split(' ').nth(1).unwrap());
                kept.lock().unwrap().push(request);
                let text = format!("HTTP/1.1 {answer}\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
                stream.write_all(text.as_bytes()).await.unwrap();
            }
        });
        asked
    }

    #[tokio::test]
    async fn redirects_are_followed_and_failures_told() {
        let (listener, base) = listen().await;
        serve(listener, |path| match path {
            "/a" => "302 Found\r\nLocation: /b".to_owned(),
            "/b" => "200 OK".to_owned(),
            _ => "404 Not Found".to_owned(),
        });
        assert_eq!(fetch(&format!("{base}/a"), &BTreeMap::new()).await.unwrap(), b"ok");
        let missing = fetch(&format!("{base}/c"), &BTreeMap::new()).await.unwrap_err();
        assert!(missing.to_string().contains("404"), "{missing}");
    }

    #[tokio::test]
    async fn credentials_for_one_server_are_not_told_to_another_one_and_not_taken_up_again_afterwards() {
        let ((ours, base), (theirs, other)) = (listen().await, listen().await);
        let told = serve(ours, move |path| match path {
            "/first" => "302 Found\r\nLocation: /second".to_owned(),
            "/second" => format!("302 Found\r\nLocation: {other}/elsewhere"),
            _ => "200 OK".to_owned(),
        });
        let back = format!("{base}/back");
        let heard = serve(theirs, move |_| format!("302 Found\r\nLocation: {back}"));
        let headers = BTreeMap::from([("authorization".to_owned(), "Bearer marker".to_owned())]);
        assert_eq!(fetch(&format!("{base}/first"), &headers).await.unwrap(), b"ok");
        let knew = |asked: &Mutex<Vec<String>>| -> Vec<bool> {
            asked.lock().unwrap().iter().map(|request| request.contains("marker")).collect()
        };
        assert_eq!((knew(&told), knew(&heard)), (vec![true, true, false], vec![false]));
    }

    #[test]
    fn headers_go_to_the_same_server_and_never_from_tls_into_the_clear() {
        for (from, to, known) in [
            ("https://a/x", "https://a/y", true),
            ("https://a/x", "https://A:443/y", true),
            ("http://a/x", "http://a/y", true),
            ("http://a/x", "https://a/y", true),
            ("https://a/x", "http://a/y", false),
            ("https://a/x", "http://a:443/y", false),
            ("https://a/x", "https://b/x", false),
            ("https://a/x", "https://b.a/x", false),
            ("https://a/x", "https://a:8443/x", false),
            ("http://a:8080/x", "https://a/x", false),
        ] {
            assert_eq!(may_know_headers(&from.parse().unwrap(), &to.parse().unwrap()), known, "{from} {to}");
        }
    }
}
