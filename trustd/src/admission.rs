//! Whose calls are looked at: those who know the machine token, and not too often. Only their headers are read before
//! that is known.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, RwLock};
use std::task::{Context, Poll};
use std::time::Instant;

use futures::future::Either;
use http::{HeaderMap, Request, Response};
use rpc::gate::Place;
use rpc::meta;
use rpc::places::{Standing, network};
use rpc::tls::listen::Who;
use subtle::ConstantTimeEq as _;
use tonic::Status;
use tonic::body::Body;
use tower::Service;

use crate::rate::{self, Limiter, Rate};

/// The machine token of the cluster. Never printed.
#[derive(Default)]
pub struct Token(RwLock<String>);

impl Token {
    /// Uses this token from now on. The empty one lets nobody in.
    pub fn set(&self, token: &str) {
        token.clone_into(&mut sys::sync::write(&self.0));
    }

    /// Checks the token in the metadata, in a time that does not depend on how much of it is right.
    ///
    /// # Errors
    /// Unauthenticated, with the texts of contract api.md 2.2.
    pub fn check(&self, headers: &HeaderMap) -> Result<(), Status> {
        let given = headers.get(meta::TOKEN).ok_or_else(|| Status::unauthenticated("missing token"))?;
        let token = sys::sync::read(&self.0);
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
    pub fn pass(&self, from: IpAddr) -> Result<(), Status> {
        let mut limiter = sys::sync::lock(&self.limiter);
        if limiter.allow(self.start.elapsed(), from) {
            return Ok(());
        }
        Err(Status::resource_exhausted("rate limit exceeded; try again later"))
    }
}

/// Who calls: the listener gives it to each connection's requests.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Where the call comes from.
    pub from: SocketAddr,
    /// The connection's place; none in tests without a listener.
    pub place: Option<Place<Who>>,
}

/// Where a call comes from.
pub fn peer<T>(request: &tonic::Request<T>) -> Option<SocketAddr> {
    request.extensions().get::<Caller>().map(|caller| caller.from)
}

/// In front of both services: asks for the token before the body of a request is looked at.
#[derive(Clone)]
pub struct Admit<S> {
    inner: S,
    token: Arc<Token>,
    certificates: Arc<Gate>,
    others: Arc<Gate>,
}

impl<S> Admit<S> {
    /// Puts token and rates in front of `inner`.
    pub fn new(inner: S, token: Arc<Token>) -> Admit<S> {
        let gate = |rate| Arc::new(Gate::new(rate));
        Admit { inner, token, certificates: gate(rate::CERTIFICATES), others: gate(rate::DISCOVERY) }
    }

    fn check(&self, request: &Request<Body>) -> Result<(), Status> {
        let caller = request.extensions().get::<Caller>();
        let from = caller.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |caller| caller.from.ip());
        let certificates = request.uri().path().starts_with("/securityapi.SecurityService/");
        if certificates { &self.certificates } else { &self.others }.pass(from)?;
        self.token.check(request.headers())?;
        if let Some(place) = caller.and_then(|caller| caller.place.as_ref()) {
            // One of the cluster from now on, whom strangers do not keep out.
            let known = place.promote(Who::Member(network(from)), Standing::Known);
            known.map_err(|error| Status::resource_exhausted(error.to_string()))?;
        }
        Ok(())
    }
}

impl<S> Service<Request<Body>> for Admit<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Either<Ready<Result<Response<Body>, Infallible>>, S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        match self.check(&request) {
            Ok(()) => Either::Right(self.inner.call(request)),
            Err(status) => Either::Left(ready(Ok(status.into_http()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic::Code;

    fn with(token: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Some(token) = token {
            headers.insert(meta::TOKEN, token.parse().unwrap());
        }
        headers
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
