//! What every call needs: where this node's machined is, how other nodes are reached, what this node is
//! called. All of it can change while connections are open.

use std::path::PathBuf;
use std::sync::{Arc, RwLock};

use http::header::{HOST, HeaderName, TE, USER_AGENT};
use http::uri::{Authority, Scheme};
use http::{HeaderMap, HeaderValue, Uri, request};
use rpc::budget::{Budget, Limits};
use rpc::gate::Gate;
use rpc::places::Bounds;
use rpc::tls::listen::Who;
use rpc::{RoleSet, limits, meta};

use crate::director::Routing;
use crate::link::{Link, Pool};

/// Metadata as header names, made once: looking one up by its text parses it each time.
pub(crate) static NODE: HeaderName = HeaderName::from_static(meta::NODE);
pub(crate) static NODES: HeaderName = HeaderName::from_static(meta::NODES);
pub(crate) static PROXY_FROM: HeaderName = HeaderName::from_static(meta::PROXY_FROM);

/// Calls under way. A caller with more than his part is refused the next; administrators always find room.
pub const CALLS: Bounds =
    Bounds { all: 1024, for_administrators: 128, for_known: 256, stranger: 256, known: 256 };

/// Calls of one caller to one other node, which sees this node's apid as one caller for each set of roles.
const CALLS_TO_A_NODE: Bounds = Bounds { stranger: 64, known: 64, ..CALLS };

/// Bytes of requests to several nodes and of their answers.
const BYTES: Limits = Limits { all: 4 * limits::MESSAGE, caller: 2 * limits::MESSAGE };

/// Who makes a call: a client, and the roles that it has in this call. Another node's apid calls for many, whose roles
/// are all that tells them apart.
pub type By = (Who, RoleSet);

/// Shared by all connections of a listener.
pub struct Gateway {
    machined: PathBuf,
    now: RwLock<Arc<Now>>,
    /// Calls under way.
    pub calls: Gate<By>,
    /// Those to other nodes.
    pub calls_to: Gate<(By, String)>,
    /// What they hold in memory.
    pub bytes: Budget<Who>,
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
    pub fn new(machined: impl Into<PathBuf>) -> Gateway {
        Gateway {
            machined: machined.into(),
            now: RwLock::default(),
            calls: Gate::new(CALLS),
            calls_to: Gate::new(CALLS_TO_A_NODE),
            bytes: Budget::new(BYTES),
        }
    }

    /// A way to this node's machined, for one client: what clients do not read, give up or send by the thousands
    /// concerns their own connection and nobody else's.
    pub fn local(&self) -> Arc<Link> {
        Link::to_socket(&self.machined)
    }

    /// What is true at the moment; a call uses one view from beginning to end.
    pub fn now(&self) -> Arc<Now> {
        Arc::clone(&sys::sync::read(&self.now))
    }

    /// Changes what is true for the calls that come.
    pub fn set(&self, now: Now) {
        *sys::sync::write(&self.now) = Arc::new(now);
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

/// Readies the head of a request for this node's machined: without targets, with the caller's roles and no others.
pub fn for_local(head: &mut request::Parts, roles: RoleSet) {
    meta::set_roles(&mut head.headers, roles);
    for_machined(&mut head.headers);
    if head.uri.authority().is_none() {
        head.uri = with_authority(&head.uri, Authority::from_static("localhost"));
    }
}

/// Readies the head of a request for other nodes' apid: like [`for_local`], and marked with where it came from, so
/// that it is not forwarded again. It is then sent to an [`address`].
pub fn for_remote(head: &mut request::Parts, roles: RoleSet) {
    let caller = head.uri.authority().and_then(|name| HeaderValue::from_str(name.as_str()).ok());
    meta::set_roles(&mut head.headers, roles);
    head.headers.remove(&NODE);
    head.headers.remove(&NODES);
    head.headers.remove(HOST);
    // As many names as there may be leave room for one more.
    let caller = caller.unwrap_or(HeaderValue::from_static("unknown"));
    let _ = head.headers.try_insert(PROXY_FROM.clone(), caller);
}

/// Leaves out what machined does not need.
pub fn for_machined(headers: &mut HeaderMap) {
    for name in &ABOUT_THE_WAY {
        headers.remove(name);
    }
}

/// Addresses a request to a node.
pub fn address(head: &mut request::Parts, to: &Authority) {
    head.uri = with_authority(&head.uri, to.clone());
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
    use http::Request;
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
        let mut head = parts("http://n1:50000/a.B/C", &INCOMING);
        for_local(&mut head, RoleSet::of(&[Role::Reader]));
        assert_eq!(meta::roles(&head.headers), RoleSet::of(&[Role::Reader]));
        assert_eq!(head.headers.get_all("talos-role").iter().count(), 1);
        assert!(!head.headers.contains_key("node") && !head.headers.contains_key("nodes"));
        assert_eq!(head.headers["x-mine"], "kept");
        assert!(!head.headers.contains_key("proxyfrom"));
    }

    #[test]
    fn an_empty_role_set_is_sent_as_empty() {
        let mut head = parts("/a.B/C", &INCOMING);
        for_local(&mut head, RoleSet::EMPTY);
        let values: Vec<_> = head.headers.get_all("talos-role").iter().collect();
        assert_eq!(values, [""]);
        assert_eq!(head.uri, "http://localhost/a.B/C");
    }

    #[test]
    fn another_node_sees_where_the_call_came_from() {
        let to = Authority::from_static("[fd00::2]:50000");
        let mut head = parts("https://n1:50000/a.B/C", &INCOMING);
        for_remote(&mut head, RoleSet::ALL);
        address(&mut head, &to);
        assert_eq!(head.headers["proxyfrom"], "n1:50000");
        assert_eq!(head.uri, "http://[fd00::2]:50000/a.B/C");
        assert_eq!(meta::roles(&head.headers), RoleSet::ALL);
        let mut head = parts("/a.B/C", &[]);
        for_remote(&mut head, RoleSet::EMPTY);
        assert_eq!(head.headers["proxyfrom"], "unknown");
    }
}
