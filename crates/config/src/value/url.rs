//! URLs as the configuration uses them: kept as written, parsed when asked.

use std::fmt;
use std::str::FromStr;

/// A URL, with the text that it was written as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    text: String,
    parsed: url::Url,
}

impl Url {
    /// The text as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The scheme, in lower case.
    pub fn scheme(&self) -> &str {
        self.parsed.scheme()
    }

    /// The host without brackets, if there is one.
    pub fn host(&self) -> Option<&str> {
        // The parser takes the host of `https:///a` to be `a`; no server is meant there.
        let (_, authority) = self.text.split_once("://")?;
        if authority.starts_with(['/', '\\', '?', '#']) {
            return None;
        }
        let host = self.parsed.host_str().filter(|host| !host.is_empty())?;
        Some(host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host))
    }

    /// The port, written or known for the scheme.
    pub fn port(&self) -> Option<u16> {
        self.parsed.port_or_known_default()
    }

    /// The port, only if it is written.
    pub fn explicit_port(&self) -> Option<u16> {
        // The parser drops a port that is the scheme's own.
        let authority = self.text.split_once("://")?.1;
        let authority = authority.split(['/', '?', '#']).next()?;
        let host_port = authority.rsplit('@').next()?;
        let after_host = host_port.rsplit(']').next()?;
        after_host.rsplit_once(':')?.1.parse().ok()
    }

    /// The path as written: empty when there is none.
    pub fn path(&self) -> &str {
        let Some((_, rest)) = self.text.split_once("://") else { return "" };
        let end = rest.find(['?', '#']).unwrap_or(rest.len());
        let rest = rest.get(..end).unwrap_or_default();
        rest.find('/').and_then(|at| rest.get(at..)).unwrap_or_default()
    }

    /// The query as written, without its question mark.
    pub fn query(&self) -> Option<&str> {
        self.parsed.query()
    }
}

impl FromStr for Url {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        // The parser takes blanks and line breaks away without a word; whoever reads the text later does not.
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(());
        }
        let parsed = url::Url::parse(text).map_err(|_| ())?;
        Ok(Self { text: text.to_owned(), parsed })
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_those_that_were_written() {
        let url: Url = "https://10.5.0.1:6443".parse().unwrap();
        assert_eq!((url.host(), url.port(), url.path()), (Some("10.5.0.1"), Some(6443), ""));
        let url: Url = "https://[fd00::1]:443/x?y=1".parse().unwrap();
        assert_eq!((url.host(), url.explicit_port(), url.path()), (Some("fd00::1"), Some(443), "/x"));
        let url: Url = "https://discovery.talos.dev/".parse().unwrap();
        assert_eq!((url.port(), url.explicit_port(), url.path()), (Some(443), None, "/"));
        assert_eq!("udp://127.0.0.1:12345/".parse::<Url>().unwrap().scheme(), "udp");
        assert!("10.5.0.1:6443".parse::<Url>().is_err());
        for blank in
            ["https://a:1 ", " https://a:1", "https://a:1\n", "https://a\t:1", "https://a b", "https://a/b c"]
        {
            assert!(blank.parse::<Url>().is_err(), "{blank:?}");
        }
        for text in ["https:///a", "https:////a", "https:a", "https:\\\\a", "tcp://", "tcp:///x"] {
            assert_eq!(
                text.parse::<Url>().ok().and_then(|url| url.host().map(str::to_owned)),
                None,
                "{text}"
            );
        }
    }
}
