//! Enforces the authorization table in front of a server, from the roles that metadata names and the
//! ceiling of the peer.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::future::Either;
use http::{Extensions, Request, Response};
use tonic::Status;
use tonic::body::Body;
use tower::Service;

use crate::authz;
use crate::meta;
use crate::peer::Caller;
use crate::role::RoleSet;

/// Answers `not authorized` to what the caller may not call, and hands everything else on with the
/// caller's roles in the request's extensions.
///
/// A caller has the roles that its metadata names, as far as its connection's ceiling allows them
/// (contract api.md 1.4). A connection without a [`Caller`] has none.
#[derive(Clone)]
pub struct Authorize<S> {
    inner: S,
    maintenance: Arc<dyn Fn() -> bool + Send + Sync>,
}

impl<S> Authorize<S> {
    /// Puts the table in front of `inner`; `maintenance` says whether the node has no configuration,
    /// and is asked at each call.
    pub fn new(inner: S, maintenance: impl Fn() -> bool + Send + Sync + 'static) -> Authorize<S> {
        Authorize { inner, maintenance: Arc::new(maintenance) }
    }
}

/// The roles of a request that went through [`Authorize`]; empty for any other.
#[must_use]
pub fn roles(extensions: &Extensions) -> RoleSet {
    extensions.get::<Granted>().map(|granted| granted.0).unwrap_or_default()
}

#[derive(Clone, Copy)]
struct Granted(RoleSet);

impl<S> Service<Request<Body>> for Authorize<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Either<Ready<Result<Response<Body>, Infallible>>, S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let ceiling = request.extensions().get::<Caller>().and_then(|caller| caller.ceiling);
        let granted = meta::roles(request.headers()).intersection(ceiling.unwrap_or_default());
        if !authz::allowed(request.uri().path(), granted, (self.maintenance)()) {
            return Either::Left(ready(Ok(Status::permission_denied(authz::DENIED).into_http())));
        }
        request.extensions_mut().insert(Granted(granted));
        Either::Right(self.inner.call(request))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::role::Role;
    use http::HeaderValue;
    use tower::{ServiceExt as _, service_fn};

    async fn call(path: &str, said: &[Role], ceiling: Option<RoleSet>, maintenance: bool) -> Option<RoleSet> {
        let inner = service_fn(|request: Request<Body>| {
            let mut response = Response::new(Body::empty());
            response.extensions_mut().insert(roles(request.extensions()));
            ready(Ok::<_, Infallible>(response))
        });
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = path.parse().unwrap();
        for role in said {
            request.headers_mut().append(meta::TALOS_ROLE, HeaderValue::from_static(role.name()));
        }
        request.extensions_mut().insert(Caller { peer: None, ceiling });
        let response = Authorize::new(inner, move || maintenance).oneshot(request).await.unwrap();
        match response.headers().get("grpc-status") {
            None => Some(*response.extensions().get::<RoleSet>().unwrap()),
            Some(code) => {
                assert_eq!(code, "7");
                assert_eq!(response.headers().get("grpc-message").unwrap(), "not%20authorized");
                None
            }
        }
    }

    const VERSION: &str = "/machine.MachineService/Version";

    #[tokio::test]
    async fn the_handler_sees_the_roles_that_the_ceiling_leaves() {
        let ceiling = RoleSet::of(&[Role::Reader]);
        let seen = call(VERSION, &[Role::Admin, Role::Reader], Some(ceiling), false).await;
        assert_eq!(seen, Some(ceiling));
    }

    #[tokio::test]
    async fn a_ceiling_refuses_what_the_metadata_claims() {
        let ceiling = RoleSet::of(&[Role::Reader, Role::MetaWriter]);
        assert_eq!(call("/machine.MachineService/Reset", &[Role::Admin], Some(ceiling), false).await, None);
    }

    #[tokio::test]
    async fn an_unknown_peer_and_a_call_without_roles_are_refused() {
        assert_eq!(call(VERSION, &[Role::Admin], None, false).await, None);
        assert_eq!(call(VERSION, &[], Some(RoleSet::ALL), false).await, None);
        assert_eq!(call(VERSION, &[], Some(RoleSet::ALL), true).await, None);
    }

    #[tokio::test]
    async fn a_reader_configures_a_node_in_maintenance_only() {
        let apply = "/machine.MachineService/ApplyConfiguration";
        let reader = RoleSet::of(&[Role::Reader]);
        assert_eq!(call(apply, &[Role::Reader], Some(RoleSet::ALL), true).await, Some(reader));
        assert_eq!(call(apply, &[Role::Reader], Some(RoleSet::ALL), false).await, None);
    }
}
