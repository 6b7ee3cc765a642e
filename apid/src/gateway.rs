//! What every call needs: where this node's machined is, how other nodes are reached, what this node is
//! called. All of it can change while connections are open.

use std::sync::{Arc, PoisonError, RwLock};

use http::header::{HOST, HeaderName, TE, USER_AGENT};
use http::uri::{Authority, Scheme};
use http::{HeaderMap, HeaderValue, Request, Uri, request};
use rpc::{RoleSet, meta};

use crate::director::Routing;
use crate::link::{Link, Pool};

/// Metadata as header names, made once: looking one up by its text parses it each time.
pub(crate) static NODE: HeaderName = HeaderName::from_static(meta::NODE);
pub(crate) static NODES: HeaderName = HeaderName::from_static(meta::NODES);
pub(crate) static PROXY_FROM: HeaderName = HeaderName::from_static(meta::PROXY_FROM);

/// Shared by all connections of a listener.
pub struct Gateway {
    local: Arc<Link>,
    now: RwLock<Arc<Now>>,
}

/// What is true at the moment.
#[derive(Default)]
pub struct Now {
    /// What the director needs.
    pub routing: Routing,
    /// Connections to other nodes; none without a client certificate.
    pub pool: Option<Arc<Pool>>,
}

impl Gateway {
    /// A gateway to the machined behind a socket, which reaches no other node yet.
    pub fn new(machined: Arc<Link>) -> Gateway {
        Gateway { local: machined, now: RwLock::default() }
    }

    /// The way to this node's machined.
    pub fn local(&self) -> Arc<Link> {
        Arc::clone(&self.local)
    }

    /// What is true at the moment; a call uses one view from beginning to end.
    pub fn now(&self) -> Arc<Now> {
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes what is true for the calls that come.
    pub fn set(&self, now: Now) {
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(now);
    }
}

/// What clients send that is not for machined: it is about the way to the node (contract api.md 3.1), and
/// each hop would pack and unpack it.
static ABOUT_THE_WAY: [HeaderName; 6] = [
    HeaderName::from_static(meta::NODE),
    HeaderName::from_static(meta::NODES),
    TE,
    USER_AGENT,
    HeaderName::from_static(meta::RUNTIME),
    HeaderName::from_static(meta::CONTEXT),
];

/// Readies a request for this node's machined: without targets, with the caller's roles and no others.
pub fn local_head(mut parts: request::Parts, roles: RoleSet) -> Request<()> {
    meta::set_roles(&mut parts.headers, roles);
    for_machined(&mut parts.headers);
    if parts.uri.authority().is_none() {
        parts.uri = with_authority(&parts.uri, Authority::from_static("localhost"));
    }
    Request::from_parts(parts, ())
}

/// Readies a request for other nodes' apid: like [`local_head`], and marked with where it came from, so
/// that it is not forwarded again. It is then sent to an [`address`].
pub fn remote_head(mut parts: request::Parts, roles: RoleSet) -> Request<()> {
    let caller = parts.uri.authority().and_then(|name| HeaderValue::from_str(name.as_str()).ok());
    let headers = &mut parts.headers;
    meta::set_roles(headers, roles);
    headers.remove(&NODE);
    headers.remove(&NODES);
    headers.remove(HOST);
    headers.insert(PROXY_FROM.clone(), caller.unwrap_or(HeaderValue::from_static("unknown")));
    Request::from_parts(parts, ())
}

/// Leaves out what machined does not need.
pub fn for_machined(headers: &mut HeaderMap) {
    for name in &ABOUT_THE_WAY {
        headers.remove(name);
    }
}

/// Addresses a request to a node.
pub fn address(head: &mut Request<()>, to: &Authority) {
    *head.uri_mut() = with_authority(head.uri(), to.clone());
}

fn with_authority(uri: &Uri, authority: Authority) -> Uri {
    let mut parts = http::uri::Parts::default();
    parts.scheme = Some(Scheme::HTTP);
    parts.authority = Some(authority);
    parts.path_and_query = uri.path_and_query().cloned();
    // Complete by construction; the path came from a request.
    Uri::from_parts(parts).unwrap_or_else(|_| uri.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rpc::Role;

    fn parts(uri: &str, headers: &[(&'static str, &'static str)]) -> request::Parts {
        let mut request = Request::builder().uri(uri).method("POST");
        for (key, value) in headers {
            request = request.header(*key, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    const INCOMING: [(&str, &str); 5] = [
        ("node", "10.5.0.2"),
        ("nodes", "10.5.0.3"),
        ("talos-role", "os:admin"),
        ("talos-role", "os:operator"),
        ("x-mine", "kept"),
    ];

    #[test]
    fn machined_sees_the_callers_roles_and_no_targets() {
        let head = local_head(parts("http://n1:50000/a.B/C", &INCOMING), RoleSet::of(&[Role::Reader]));
        assert_eq!(meta::roles(head.headers()), RoleSet::of(&[Role::Reader]));
        assert_eq!(head.headers().get_all("talos-role").iter().count(), 1);
        assert!(!head.headers().contains_key("node") && !head.headers().contains_key("nodes"));
        assert_eq!(head.headers()["x-mine"], "kept");
        assert!(!head.headers().contains_key("proxyfrom"));
    }

    #[test]
    fn an_empty_role_set_is_sent_as_empty() {
        let head = local_head(parts("/a.B/C", &INCOMING), RoleSet::EMPTY);
        let values: Vec<_> = head.headers().get_all("talos-role").iter().collect();
        assert_eq!(values, [""]);
        assert_eq!(head.uri(), "http://localhost/a.B/C");
    }

    #[test]
    fn another_node_sees_where_the_call_came_from() {
        let to = Authority::from_static("[fd00::2]:50000");
        let mut head = remote_head(parts("https://n1:50000/a.B/C", &INCOMING), RoleSet::ALL);
        address(&mut head, &to);
        assert_eq!(head.headers()["proxyfrom"], "n1:50000");
        assert_eq!(head.uri(), "http://[fd00::2]:50000/a.B/C");
        assert_eq!(meta::roles(head.headers()), RoleSet::ALL);
        let head = remote_head(parts("/a.B/C", &[]), RoleSet::EMPTY);
        assert_eq!(head.headers()["proxyfrom"], "unknown");
    }
}
