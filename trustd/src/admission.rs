//! Whose calls are looked at: those who know the machine token, and not too often.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::Instant;

use rpc::meta;
use subtle::ConstantTimeEq as _;
use tonic::{Request, Status};

use crate::rate::{Limiter, Rate};

/// The machine token of the cluster. Never printed.
#[derive(Default)]
pub struct Token(RwLock<String>);

impl Token {
    /// Uses this token from now on. The empty one lets nobody in.
    pub fn set(&self, token: &str) {
        token.clone_into(&mut self.0.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// Checks the token in the metadata, in a time that does not depend on how much of it is right.
    ///
    /// # Errors
    /// Unauthenticated, with the texts of contract api.md 2.2.
    pub fn check<T>(&self, request: &Request<T>) -> Result<(), Status> {
        let given = request.metadata().get(meta::TOKEN);
        let given = given.ok_or_else(|| Status::unauthenticated("missing token"))?;
        let token = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let same: bool = given.as_bytes().ct_eq(token.as_bytes()).into();
        if same && !token.is_empty() { Ok(()) } else { Err(Status::unauthenticated("invalid token")) }
    }
}

/// Limits how often an address may call.
pub struct Gate {
    limiter: Mutex<Limiter>,
    start: Instant,
}

impl Gate {
    /// A gate that lets this many through.
    #[must_use]
    pub fn new(rate: Rate) -> Gate {
        Gate { limiter: Mutex::new(Limiter::new(rate)), start: Instant::now() }
    }

    /// Counts a call, before anything else is looked at: whoever guesses tokens is counted too.
    ///
    /// # Errors
    /// ResourceExhausted, when the address calls too often.
    pub fn pass<T>(&self, request: &Request<T>) -> Result<(), Status> {
        let from = peer(request).map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
        let mut limiter = self.limiter.lock().unwrap_or_else(PoisonError::into_inner);
        if limiter.allow(self.start.elapsed(), from) {
            return Ok(());
        }
        Err(Status::resource_exhausted("rate limit exceeded; try again later"))
    }
}

/// Where a call comes from: the extension that the listener gives to each connection's requests.
pub fn peer<T>(request: &Request<T>) -> Option<SocketAddr> {
    request.extensions().get::<SocketAddr>().copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic::Code;

    fn with(token: Option<&str>) -> Request<()> {
        let mut request = Request::new(());
        if let Some(token) = token {
            request.metadata_mut().insert(meta::TOKEN, token.parse().unwrap());
        }
        request
    }

    #[test]
    fn only_the_whole_token_is_right() {
        let token = Token::default();
        let text = |given| {
            token.check(&with(given)).err().map(|status: Status| {
                assert_eq!(status.code(), Code::Unauthenticated);
                status.message().to_owned()
            })
        };
        assert_eq!(text(Some("")).as_deref(), Some("invalid token"), "no token is set yet");
        token.set("abcdef.0123456789abcdef");
        assert_eq!(text(None).as_deref(), Some("missing token"));
        for wrong in ["", "abcdef", "abcdef.0123456789abcdeF", "abcdef.0123456789abcdef0"] {
            assert_eq!(text(Some(wrong)).as_deref(), Some("invalid token"), "{wrong}");
        }
        assert_eq!(text(Some("abcdef.0123456789abcdef")), None);
        token.set("new");
        assert_eq!(text(Some("abcdef.0123456789abcdef")).as_deref(), Some("invalid token"));
    }
}
