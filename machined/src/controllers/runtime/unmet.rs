//! What keeps a machine from being ready (contract api.md 9.2). Pure.

use std::collections::BTreeMap;

use proto::resource::network::StatusSpec as NetworkStatus;
use proto::resource::runtime::UnmetCondition;

/// A service as users see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Service {
    /// It says it is well, or nobody can tell.
    pub healthy: bool,
}

/// What readiness follows from.
#[derive(Debug, Clone, Default)]
pub struct Situation {
    /// The clock is right.
    pub time_synced: bool,
    /// Readiness of the network.
    pub network: Option<NetworkStatus>,
    /// Running services.
    pub running: BTreeMap<String, Service>,
    /// Services that have to run.
    pub required: Vec<&'static str>,
    /// Services that were started and are not up, with their states.
    pub not_up: Vec<(String, String)>,
    /// Static pods that are wanted, and whether each is ready; `None` when nothing is known of it.
    pub static_pods: Vec<(String, Option<bool>)>,
    /// The Kubernetes node, where the machine registers as one.
    pub node: Option<Node>,
}

/// The machine as a node of Kubernetes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Whether it is ready; `None` when nothing is known of it.
    pub ready: Option<bool>,
}

/// Everything that is missing, in the order of the contract.
pub fn unmet(situation: &Situation) -> Vec<UnmetCondition> {
    let reasons = [
        ("time", time(situation)),
        ("network", network(situation)),
        ("services", services(situation)),
        ("staticPods", static_pods(situation)),
        ("nodeReady", node(situation)),
    ];
    let named = |(name, reason): (&str, Option<String>)| {
        reason.map(|reason| UnmetCondition { name: name.to_owned(), reason })
    };
    reasons.into_iter().filter_map(named).collect()
}

fn time(situation: &Situation) -> Option<String> {
    (!situation.time_synced).then(|| "time is not synced".to_owned())
}

fn network(situation: &Situation) -> Option<String> {
    let Some(status) = &situation.network else { return Some("network is not ready yet".to_owned()) };
    let missing: Vec<&str> = [
        (status.address_ready, "address"),
        (status.connectivity_ready, "connectivity"),
        (status.hostname_ready, "hostname"),
        (status.etc_files_ready, "etc-files"),
    ]
    .into_iter()
    .filter_map(|(ready, name)| (!ready).then_some(name))
    .collect();
    (!missing.is_empty()).then(|| format!("waiting on: {}", missing.join(", ")))
}

fn services(situation: &Situation) -> Option<String> {
    let mut problems: BTreeMap<&str, String> = BTreeMap::new();
    for id in &situation.required {
        if !situation.running.contains_key(*id) {
            problems.insert(id, format!("{id} not running"));
        }
    }
    for (id, state) in &situation.not_up {
        problems.insert(id, format!("{id} is {state}"));
    }
    for (id, service) in &situation.running {
        if !service.healthy {
            problems.insert(id, format!("{id} not healthy"));
        }
    }
    let texts: Vec<String> = problems.into_values().collect();
    (!texts.is_empty()).then(|| texts.join(", "))
}

fn static_pods(situation: &Situation) -> Option<String> {
    let texts: Vec<String> = situation
        .static_pods
        .iter()
        .filter_map(|(pod, ready)| match ready {
            Some(true) => None,
            Some(false) => Some(format!("{pod} not ready")),
            None => Some(format!("{pod} not running")),
        })
        .collect();
    (!texts.is_empty()).then(|| texts.join(", "))
}

fn node(situation: &Situation) -> Option<String> {
    let node = situation.node.as_ref()?;
    match node.ready {
        Some(true) => None,
        Some(false) => Some(format!("node {:?} is not ready", node.name)),
        None => Some(format!("node {:?} status is not available yet", node.name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ready() -> Situation {
        let network = NetworkStatus {
            address_ready: true,
            connectivity_ready: true,
            hostname_ready: true,
            etc_files_ready: true,
        };
        Situation {
            time_synced: true,
            network: Some(network),
            running: BTreeMap::from([("apid".to_owned(), Service { healthy: true })]),
            required: vec!["apid"],
            node: Some(Node { name: "cp-1".into(), ready: Some(true) }),
            static_pods: vec![("kube-system/kube-scheduler-cp-1".into(), Some(true))],
            ..Situation::default()
        }
    }

    fn names(situation: &Situation) -> Vec<String> {
        unmet(situation).into_iter().map(|c| c.name).collect()
    }

    #[test]
    fn a_machine_that_has_everything_is_ready() {
        assert!(unmet(&ready()).is_empty());
    }

    #[test]
    fn everything_that_is_missing_is_told_in_order() {
        let nothing = Situation {
            required: vec!["apid"],
            node: Some(Node { name: "cp-1".into(), ready: None }),
            static_pods: vec![("a".into(), None)],
            ..Situation::default()
        };
        assert_eq!(names(&nothing), ["time", "network", "services", "staticPods", "nodeReady"]);
        assert_eq!(unmet(&nothing)[4].reason, "node \"cp-1\" status is not available yet");
    }

    #[test]
    fn a_service_that_is_down_or_unwell_is_named_once() {
        let mut situation = ready();
        situation.running.insert("etcd".into(), Service { healthy: false });
        situation.not_up = vec![("etcd".into(), "Running".into()), ("kubelet".into(), "Waiting".into())];
        assert_eq!(unmet(&situation)[0].reason, "etcd not healthy, kubelet is Waiting");
    }
}
