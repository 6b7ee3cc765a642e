//! Proxies on the way to an endpoint: HTTP CONNECT and SOCKS5, from the context or the environment.

use std::io;
use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ipnet::IpNet;
use rpc::tls::dial::Target;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A proxy.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    kind: Kind,
    host: String,
    port: u16,
    /// User and password.
    credentials: Option<(String, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Http,
    Socks,
}

impl std::fmt::Debug for Proxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}({}:{})", self.kind, self.host, self.port)
    }
}

/// Which proxy is for which endpoint.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    proxy: Option<Proxy>,
    /// From the environment, which also says for whom it is not.
    excepted: Vec<String>,
    only_remote: bool,
}

impl Proxies {
    /// Those of a context's `proxy-url` (`direct` for none), else those of the environment.
    ///
    /// # Errors
    /// If the address is not of the form `http://host:port` or `socks5://host:port`.
    pub fn new(context: Option<&str>, env: impl Fn(&str) -> Option<String>) -> anyhow::Result<Self> {
        match context.filter(|url| !url.is_empty()) {
            Some("direct") => return Ok(Self::default()),
            Some(url) => return Ok(Self { proxy: Some(Proxy::parse(url)?), ..Self::default() }),
            None => {}
        }
        let either = |name: &str| {
            env(name).or_else(|| env(&name.to_lowercase())).filter(|value| !value.trim().is_empty())
        };
        let Some(url) = either("HTTPS_PROXY") else { return Ok(Self::default()) };
        let excepted = either("NO_PROXY").unwrap_or_default();
        let excepted = excepted.split(',').map(|e| e.trim().to_lowercase()).filter(|e| !e.is_empty());
        Ok(Self { proxy: Some(Proxy::parse(&url)?), excepted: excepted.collect(), only_remote: true })
    }

    /// The proxy on the way to a host.
    pub fn for_host(&self, host: &str) -> Option<&Proxy> {
        let proxy = self.proxy.as_ref()?;
        let host = host.to_lowercase();
        let address: Option<IpAddr> = host.parse().ok();
        let local = host == "localhost" || address.is_some_and(|a| a.is_loopback());
        let excepted = self.excepted.iter().any(|rule| matches(rule, &host, address));
        (!(self.only_remote && local || excepted)).then_some(proxy)
    }
}

/// Whether a rule of NO_PROXY is about a host: `*`, an address, a network, a name and all below it.
fn matches(rule: &str, host: &str, address: Option<IpAddr>) -> bool {
    if rule == "*" {
        return true;
    }
    if let Some(address) = address {
        return match rule.parse::<IpNet>() {
            Ok(network) => network.contains(&address),
            Err(_) => rule.parse() == Ok(address),
        };
    }
    let name = rule.trim_start_matches("*.").trim_start_matches('.');
    host == name && !rule.starts_with('.') || host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.'))
}

impl Proxy {
    /// Reads `http://[user:password@]host[:port]` or `socks5://…`.
    ///
    /// # Errors
    /// If it has another form.
    pub fn parse(url: &str) -> anyhow::Result<Self> {
        let wrong = || anyhow::anyhow!("the proxy has to be http://host:port or socks5://host:port");
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
        let (kind, port) = match scheme {
            "http" => (Kind::Http, 80),
            "socks5" | "socks5h" => (Kind::Socks, 1080),
            _ => return Err(wrong()),
        };
        let (credentials, place) = match rest.rsplit_once('@') {
            Some((credentials, place)) => (Some(credentials), place),
            None => (None, rest),
        };
        let place = place.trim_end_matches('/');
        let with_port = if place.ends_with(']') || !place.contains(':') {
            format!("{place}:{port}")
        } else {
            place.into()
        };
        let target = Target::parse(&with_port).ok_or_else(wrong)?;
        let credentials = credentials.map(|text| {
            let (user, password) = text.split_once(':').unwrap_or((text, ""));
            (user.to_owned(), password.to_owned())
        });
        Ok(Self { kind, host: target.host, port: target.port, credentials })
    }

    /// Connects to `target` through the proxy.
    ///
    /// # Errors
    /// If the proxy does not answer or refuses.
    pub async fn connect(&self, target: &Target) -> io::Result<TcpStream> {
        let named =
            |error: io::Error| io::Error::other(format!("proxy {}:{}: {error}", self.host, self.port));
        let mut stream = TcpStream::connect((self.host.as_str(), self.port)).await.map_err(named)?;
        match self.kind {
            Kind::Http => self.http(&mut stream, target).await,
            Kind::Socks => self.socks(&mut stream, target).await,
        }
        .map_err(named)?;
        Ok(stream)
    }

    async fn http(&self, stream: &mut TcpStream, target: &Target) -> io::Result<()> {
        let mut request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n");
        if let Some((user, password)) = &self.credentials {
            let basic = STANDARD.encode(format!("{user}:{password}"));
            request.push_str(&format!("Proxy-Authorization: Basic {basic}\r\n"));
        }
        request.push_str("\r\n");
        stream.write_all(request.as_bytes()).await?;
        // Byte by byte: what follows the empty line is the node's.
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            if head.len() > 8 << 10 {
                return Err(io::Error::other("its answer is no answer to CONNECT"));
            }
            head.push(stream.read_u8().await?);
        }
        let text = String::from_utf8_lossy(&head);
        let status = text.lines().next().unwrap_or_default();
        match status.split(' ').nth(1) {
            Some(code) if code.starts_with('2') => Ok(()),
            _ => Err(io::Error::other(format!("it answers {status:?}"))),
        }
    }

    /// RFC 1928 and, for user and password, RFC 1929.
    async fn socks(&self, stream: &mut TcpStream, target: &Target) -> io::Result<()> {
        let refused = |what: &str| io::Error::other(format!("it refuses {what}"));
        let method = if self.credentials.is_some() { 2 } else { 0 };
        stream.write_all(&[5, 1, method]).await?;
        let mut answer = [0u8; 2];
        stream.read_exact(&mut answer).await?;
        if answer != [5, method] {
            return Err(refused("the way to authenticate"));
        }
        if let Some((user, password)) = &self.credentials {
            let mut message = vec![1];
            for text in [user, password] {
                message.push(u8::try_from(text.len()).map_err(|_| refused("so long a name or password"))?);
                message.extend_from_slice(text.as_bytes());
            }
            stream.write_all(&message).await?;
            stream.read_exact(&mut answer).await?;
            if answer.last() != Some(&0) {
                return Err(refused("user and password"));
            }
        }
        let mut message = vec![5, 1, 0];
        match target.host.parse::<IpAddr>() {
            Ok(IpAddr::V4(address)) => {
                message.push(1);
                message.extend_from_slice(&address.octets());
            }
            Ok(IpAddr::V6(address)) => {
                message.push(4);
                message.extend_from_slice(&address.octets());
            }
            Err(_) => {
                message.push(3);
                message.push(u8::try_from(target.host.len()).map_err(|_| refused("so long a name"))?);
                message.extend_from_slice(target.host.as_bytes());
            }
        }
        message.extend_from_slice(&target.port.to_be_bytes());
        stream.write_all(&message).await?;
        let mut head = [0u8; 4];
        stream.read_exact(&mut head).await?;
        let [_, code, _, kind] = head;
        if code != 0 {
            return Err(refused(&format!("the connection (code {code})")));
        }
        let length = match kind {
            1 => 4,
            4 => 16,
            _ => usize::from(stream.read_u8().await?),
        };
        let mut bound = vec![0u8; length + 2];
        stream.read_exact(&mut bound).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &'static [(&str, &str)]) -> impl Fn(&str) -> Option<String> {
        move |name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    }

    #[test]
    fn the_context_decides_before_the_environment() {
        let env = environment(&[("HTTPS_PROXY", "http://env:3128")]);
        let proxies = Proxies::new(Some("socks5://ctx"), &env).unwrap();
        assert_eq!(format!("{:?}", proxies.for_host("10.5.0.2").unwrap()), "Socks(ctx:1080)");
        assert!(Proxies::new(Some("direct"), &env).unwrap().for_host("10.5.0.2").is_none());
        let from_env = Proxies::new(None, &env).unwrap();
        assert_eq!(format!("{:?}", from_env.for_host("10.5.0.2").unwrap()), "Http(env:3128)");
        assert!(from_env.for_host("127.0.0.1").is_none());
        assert!(Proxies::new(None, environment(&[])).unwrap().for_host("10.5.0.2").is_none());
        assert!(Proxies::new(Some("ftp://x"), &env).is_err());
    }

    #[test]
    fn hosts_are_excepted_by_name_suffix_address_and_network() {
        let env = environment(&[
            ("https_proxy", "p:1"),
            ("no_proxy", "a.example, .b.example,10.5.0.0/24,192.0.2.7"),
        ]);
        let proxies = Proxies::new(None, env).unwrap();
        for (host, proxied) in [
            ("a.example", false),
            ("x.a.example", false),
            ("b.example", true),
            ("x.b.example", false),
            ("10.5.0.9", false),
            ("10.6.0.9", true),
            ("192.0.2.7", false),
            ("notа.example", true),
        ] {
            assert_eq!(proxies.for_host(host).is_some(), proxied, "{host}");
        }
    }

    #[test]
    fn passwords_do_not_reach_logs() {
        let proxy = Proxy::parse("http://user:secret@p:1").unwrap();
        assert!(!format!("{proxy:?}").contains("secret"));
    }
}
