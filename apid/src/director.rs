//! Decides where a call goes, from its metadata alone (contract api.md 3.1). Pure.

use std::collections::BTreeSet;
use std::net::IpAddr;

use http::HeaderMap;
use rpc::meta;
use rpc::status::WireStatus;
use tonic::Code;

use crate::gateway::{NODE, NODES, PROXY_FROM};

/// Nodes that one call may be spread to. Each costs a connection, and the list is the caller's.
pub const MAX_TARGETS: usize = 2048;

/// Services whose replies are made to be put together.
const MANY: [&str; 5] = [
    "/machine.MachineService/",
    "/cluster.ClusterService/",
    "/inspect.InspectService/",
    "/storage.StorageService/",
    "/time.TimeService/",
];

/// What this node can do, and what it is called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Routing {
    /// Every call is answered here, whatever the metadata says: maintenance mode.
    pub disabled: bool,
    /// There is a client certificate to call other nodes with; workers have none.
    pub forwards: bool,
    /// Addresses and names of this node.
    pub own: OwnNames,
}

/// Addresses and names by which clients may call this node.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnNames {
    addresses: BTreeSet<IpAddr>,
    names: BTreeSet<String>,
}

impl OwnNames {
    /// Names are compared without regard to case, as DNS does.
    pub fn new<S: AsRef<str>>(
        addresses: impl IntoIterator<Item = IpAddr>,
        names: impl IntoIterator<Item = S>,
    ) -> OwnNames {
        let names = names.into_iter().map(|name| name.as_ref().to_ascii_lowercase());
        OwnNames {
            addresses: addresses.into_iter().collect(),
            names: names.filter(|name| !name.is_empty()).collect(),
        }
    }

    /// Whether this is the node that has an address. Names are for others to resolve.
    fn has_address(&self, target: &str) -> bool {
        target.parse().is_ok_and(|address| self.addresses.contains(&address))
    }

    fn contains(&self, target: &str) -> bool {
        match target.parse::<IpAddr>() {
            Ok(address) => self.addresses.contains(&address),
            Err(_) => self.names.contains(&target.to_ascii_lowercase()),
        }
    }
}

/// Where a call goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// To this node's machined.
    Local,
    /// To one other node, whose reply passes through untouched.
    One(String),
    /// To several nodes, whose replies are put together.
    Many(Vec<Target>),
}

/// One of several nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its name or address, as the client gave it.
    pub name: String,
    /// Whether it is this node.
    pub own: bool,
}

/// Why a call goes nowhere.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// `node` was given several times.
    #[error("metadata {key:?} must be given once, not {0} times", key = meta::NODE)]
    SeveralNodes(usize),
    /// Somebody asks a worker for another node.
    #[error("no request forwarding")]
    NoForwarding,
    /// `nodes` was given for a service whose replies cannot be put together.
    #[error("one-to-many proxying is not supported for {0}; call each node with metadata {key:?}", key = meta::NODE)]
    OneToManyUnsupported(String),
    /// `nodes` lists more than anybody has.
    #[error("metadata {key:?} lists {0} nodes, more than {MAX_TARGETS}", key = meta::NODES)]
    TooManyNodes(usize),
    /// A target is empty, has a port, or is no name at all.
    #[error("invalid target")]
    InvalidTarget,
}

impl From<Refusal> for WireStatus {
    fn from(refusal: Refusal) -> WireStatus {
        let code = match refusal {
            Refusal::SeveralNodes(_) | Refusal::OneToManyUnsupported(_) | Refusal::TooManyNodes(_) => {
                Code::InvalidArgument
            }
            Refusal::NoForwarding => Code::PermissionDenied,
            Refusal::InvalidTarget => Code::Internal,
        };
        WireStatus::new(code, refusal.to_string())
    }
}

/// Where the call of `method` (`/package.Service/Method`) with these headers goes. The order of the
/// questions is the contract's: it decides which error a client sees.
///
/// # Errors
/// When the metadata asks for what is not possible.
pub fn decide(method: &str, headers: &HeaderMap, routing: &Routing) -> Result<Decision, Refusal> {
    let node = headers.get(&NODE);
    if routing.disabled || (node.is_none() && !headers.contains_key(&NODES)) {
        return Ok(Decision::Local);
    }
    if headers.contains_key(&PROXY_FROM) {
        return Ok(Decision::Local);
    }
    let key = if node.is_some() { &NODE } else { &NODES };
    // What is not text is no valid target, and is found below.
    let mut targets = headers.get_all(key).iter().map(|value| value.to_str().unwrap_or_default());
    let first = targets.next().unwrap_or_default();
    let more: Vec<&str> = targets.collect();
    if node.is_some() && !more.is_empty() {
        return Err(Refusal::SeveralNodes(more.len() + 1));
    }
    if !routing.forwards {
        let here = more.is_empty() && routing.own.contains(first);
        return if here { Ok(Decision::Local) } else { Err(Refusal::NoForwarding) };
    }
    // A call to this node needs no way over the network and back: the answer is the same (api.md 3.1 goes round).
    let own = |name: &str| routing.own.has_address(name);
    if node.is_some() {
        return if own(first) { Ok(Decision::Local) } else { target(first).map(Decision::One) };
    }
    if !MANY.iter().any(|prefix| method.starts_with(prefix)) {
        return Err(Refusal::OneToManyUnsupported(method.to_owned()));
    }
    if more.len() >= MAX_TARGETS {
        return Err(Refusal::TooManyNodes(more.len() + 1));
    }
    let mut named = BTreeSet::new();
    // Whoever is named twice is asked once.
    let each = std::iter::once(first).chain(more).filter(|text| named.insert(*text));
    let target = |text| target(text).map(|name| Target { own: own(text), name });
    each.map(target).collect::<Result<_, _>>().map(Decision::Many)
}

/// A name or address, without a port.
fn target(text: &str) -> Result<String, Refusal> {
    let address = text.parse::<IpAddr>().is_ok();
    let name = !text.is_empty() && text.len() < 256 && !text.contains([':', '/', '[', ']', ',', ' ', '\t']);
    if address || name { Ok(text.to_owned()) } else { Err(Refusal::InvalidTarget) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};
    use proptest::prelude::*;

    const VERSION: &str = "/machine.MachineService/Version";
    const STATE: &str = "/cosi.resource.State/Get";
    const OWN: &str = "10.5.0.3";

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (key, value) in pairs {
            headers.append(HeaderName::from_static(key), HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    fn own() -> OwnNames {
        OwnNames::new([OWN.parse().unwrap(), "fd00::3".parse().unwrap()], ["worker-1", "worker-1.local"])
    }

    fn control_plane() -> Routing {
        Routing { disabled: false, forwards: true, own: own() }
    }

    fn worker() -> Routing {
        Routing { forwards: false, ..control_plane() }
    }

    fn maintenance() -> Routing {
        Routing { disabled: true, ..worker() }
    }

    fn one(target: &str) -> Result<Decision, Refusal> {
        Ok(Decision::One(target.into()))
    }

    fn many(targets: &[&str]) -> Result<Decision, Refusal> {
        let target = |name: &&str| Target { name: (*name).to_owned(), own: *name == OWN };
        Ok(Decision::Many(targets.iter().map(target).collect()))
    }

    #[test]
    fn calls_go_where_the_metadata_says() {
        use Refusal::*;
        type Row<'a> = (&'a str, Routing, &'a [(&'static str, &'a str)], Result<Decision, Refusal>);
        let table: &[Row] = &[
            (VERSION, control_plane(), &[], Ok(Decision::Local)),
            (VERSION, control_plane(), &[("user-agent", "x")], Ok(Decision::Local)),
            (VERSION, control_plane(), &[("node", "10.5.0.2")], one("10.5.0.2")),
            (VERSION, control_plane(), &[("node", "fd00::2")], one("fd00::2")),
            (VERSION, control_plane(), &[("node", "worker-2.local")], one("worker-2.local")),
            // Itself, without a way over the network; its name may be another's to the resolver.
            (VERSION, control_plane(), &[("node", OWN)], Ok(Decision::Local)),
            (STATE, control_plane(), &[("node", "fd00:0::3")], Ok(Decision::Local)),
            (VERSION, control_plane(), &[("node", "worker-1")], one("worker-1")),
            (VERSION, control_plane(), &[("nodes", "a"), ("nodes", OWN)], many(&["a", OWN])),
            (VERSION, control_plane(), &[("nodes", "10.5.0.2")], many(&["10.5.0.2"])),
            (VERSION, control_plane(), &[("nodes", "a"), ("nodes", "b"), ("nodes", "a")], many(&["a", "b"])),
            (STATE, control_plane(), &[("node", "a")], one("a")),
            (STATE, control_plane(), &[("nodes", "a")], Err(OneToManyUnsupported(STATE.into()))),
            (VERSION, control_plane(), &[("node", "a"), ("node", "b")], Err(SeveralNodes(2))),
            (VERSION, control_plane(), &[("node", "a"), ("nodes", "b")], one("a")),
            // Already forwarded once: stays here, whatever else is asked.
            (VERSION, control_plane(), &[("node", "a"), ("proxyfrom", "x")], Ok(Decision::Local)),
            (STATE, control_plane(), &[("nodes", "a"), ("proxyfrom", "")], Ok(Decision::Local)),
            (VERSION, worker(), &[("node", "a"), ("node", "b"), ("proxyfrom", "x")], Ok(Decision::Local)),
            // Targets.
            (VERSION, control_plane(), &[("node", "")], Err(InvalidTarget)),
            (VERSION, control_plane(), &[("node", "10.5.0.2:50000")], Err(InvalidTarget)),
            (VERSION, control_plane(), &[("node", "name:1")], Err(InvalidTarget)),
            (VERSION, control_plane(), &[("node", "[fd00::2]:1")], Err(InvalidTarget)),
            (VERSION, control_plane(), &[("nodes", "a"), ("nodes", "b:1")], Err(InvalidTarget)),
            (VERSION, control_plane(), &[("nodes", "a,b")], Err(InvalidTarget)),
            // Workers answer for themselves only.
            (VERSION, worker(), &[("node", "10.5.0.3")], Ok(Decision::Local)),
            (VERSION, worker(), &[("node", "fd00:0::3")], Ok(Decision::Local)),
            (VERSION, worker(), &[("nodes", "Worker-1")], Ok(Decision::Local)),
            (STATE, worker(), &[("nodes", "worker-1.local")], Ok(Decision::Local)),
            (VERSION, worker(), &[("node", "10.5.0.2")], Err(NoForwarding)),
            (VERSION, worker(), &[("node", "")], Err(NoForwarding)),
            (VERSION, worker(), &[("nodes", "10.5.0.3"), ("nodes", "10.5.0.3")], Err(NoForwarding)),
            (VERSION, worker(), &[("node", "a"), ("node", "b")], Err(SeveralNodes(2))),
            // Maintenance answers everything itself.
            (VERSION, maintenance(), &[("node", "a"), ("node", "b")], Ok(Decision::Local)),
            (STATE, maintenance(), &[("nodes", "")], Ok(Decision::Local)),
        ];
        for (method, routing, pairs, expected) in table {
            assert_eq!(&decide(method, &headers(pairs), routing), expected, "{method} {pairs:?}");
        }
    }

    #[test]
    fn a_value_that_is_not_text_is_no_target() {
        let mut headers = HeaderMap::new();
        headers.insert("node", HeaderValue::from_bytes(b"\xff").unwrap());
        assert_eq!(decide(VERSION, &headers, &control_plane()), Err(Refusal::InvalidTarget));
    }

    #[test]
    fn the_list_of_nodes_is_bounded() {
        let mut headers = HeaderMap::new();
        for _ in 0..MAX_TARGETS {
            headers.append("nodes", HeaderValue::from_static("a"));
        }
        assert!(decide(VERSION, &headers, &control_plane()).is_ok());
        headers.append("nodes", HeaderValue::from_static("a"));
        let refusal = decide(VERSION, &headers, &control_plane()).unwrap_err();
        assert_eq!(refusal, Refusal::TooManyNodes(MAX_TARGETS + 1));
    }

    #[test]
    fn refusals_have_the_codes_of_the_contract() {
        let code = |refusal| WireStatus::from(refusal).code;
        assert_eq!(code(Refusal::SeveralNodes(2)), 3);
        assert_eq!(code(Refusal::OneToManyUnsupported(STATE.into())), 3);
        assert_eq!(code(Refusal::NoForwarding), 7);
        assert_eq!(
            WireStatus::from(Refusal::InvalidTarget).to_string(),
            "rpc error: code = Internal desc = invalid target"
        );
        let text = WireStatus::from(Refusal::OneToManyUnsupported(STATE.into())).message;
        assert!(text.contains(STATE) && text.contains("one-to-many"));
    }

    proptest! {
        #[test]
        fn a_worker_never_forwards(
            key in prop::sample::select(vec!["node", "nodes"]),
            targets in prop::collection::vec("[a-z0-9.:]{0,12}", 0..4),
        ) {
            let pairs: Vec<(&'static str, &str)> = targets.iter().map(|t| (key, t.as_str())).collect();
            let decision = decide(VERSION, &headers(&pairs), &worker());
            prop_assert!(matches!(decision, Ok(Decision::Local) | Err(_)), "{decision:?}");
        }
    }
}
