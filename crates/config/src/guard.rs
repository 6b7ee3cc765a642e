//! Signs that a configuration is about to reach the wrong machine. The client refuses unless it
//! is told to go on; the API, whose older clients cannot say so, warns.

use std::fmt;
use std::net::IpAddr;

use crate::access::Operator;
use crate::container::Config;
use crate::documents::v1alpha1::MachineType;

/// What is known about the machine that is meant.
#[derive(Debug, Clone, Default)]
pub struct NodeFacts {
    /// Its host name.
    pub hostname: Option<String>,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// The address over which it was reached.
    pub reached_at: Option<IpAddr>,
    /// The names and addresses that clients find it by; its certificate has to hold for them.
    pub reached_as: Vec<String>,
}

impl NodeFacts {
    /// Whether a host, by name or address, is this machine.
    fn is(&self, host: &str) -> bool {
        match host.parse::<IpAddr>() {
            Ok(address) => self.addresses.contains(&address),
            Err(_) => self.hostname.as_deref() == Some(host),
        }
    }
}

/// A sign that this is the wrong machine, or the wrong configuration for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guard {
    /// The machine would become something else.
    MachineType {
        /// What it is.
        from: MachineType,
        /// What it would become.
        to: MachineType,
    },
    /// The configuration is another cluster's.
    Cluster {
        /// The cluster that the machine belongs to, as far as it has a name.
        from: String,
        /// The cluster of the configuration.
        to: String,
    },
    /// The machine would give up the address over which it was reached.
    AddressLost {
        /// The address.
        address: IpAddr,
    },
    /// The certificate of the machine's API would no longer hold for a name that clients use.
    NameLost {
        /// The name, or an address that is not the machine's own.
        name: String,
    },
    /// A worker would look for the Kubernetes API at itself.
    EndpointIsWorker {
        /// The host of the endpoint.
        host: String,
    },
}

impl Guard {
    /// A stable name for scripts.
    pub fn name(&self) -> &'static str {
        match self {
            Self::MachineType { .. } => "machine-type-change",
            Self::Cluster { .. } => "cluster-change",
            Self::AddressLost { .. } => "address-lost",
            Self::NameLost { .. } => "name-lost",
            Self::EndpointIsWorker { .. } => "endpoint-is-worker",
        }
    }
}

impl fmt::Display for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MachineType { from, to } => {
                write!(f, "the machine is a {from}, the configuration is for a {to}")?;
                if *to == MachineType::Worker {
                    f.write_str(
                        ": it would leave the control plane, and the cluster with it if it is the only one",
                    )?;
                }
                Ok(())
            }
            Self::Cluster { from, to } => {
                write!(f, "the machine belongs to the cluster {from:?}, the configuration to {to:?}")
            }
            Self::AddressLost { address } => {
                write!(f, "the machine was reached at {address}, which the configuration takes away from it")
            }
            Self::NameLost { name } => {
                write!(
                    f,
                    "clients find the machine as {name}, which the configuration takes out of \
                     machine.certSANs: they would refuse its certificate"
                )
            }
            Self::EndpointIsWorker { host } => {
                write!(f, "the machine would be a worker, but the cluster's endpoint {host} is this machine")
            }
        }
    }
}

/// Every sign that the new configuration is not meant for the machine with the current one.
pub fn guards(current: &Config, new: &Config, facts: &NodeFacts) -> Vec<Guard> {
    // A partial configuration adds to what is there and changes no identity.
    if !new.is_complete() {
        return Vec::new();
    }
    let single = [
        machine_type(current, new),
        cluster(current, new),
        address(current, new, facts),
        endpoint(new, facts),
    ];
    single.into_iter().flatten().chain(names(current, new, facts)).collect()
}

fn machine_type(current: &Config, new: &Config) -> Option<Guard> {
    // A control plane that has bootstrapped by itself is one like all others.
    let plain = |ty: MachineType| if ty == MachineType::Init { MachineType::ControlPlane } else { ty };
    let (from, to) = (plain(current.machine_type()?), plain(new.machine_type()?));
    (from != to).then_some(Guard::MachineType { from, to })
}

fn cluster(current: &Config, new: &Config) -> Option<Guard> {
    let ids = current.cluster_id().zip(new.cluster_id());
    let other_id = ids.is_some_and(|(from, to)| from != to);
    // While an authority is rotated, one of the accepted ones stays the same.
    let accepted =
        |config: &Config| config.node_api().map(|api| api.authorities.accepted).unwrap_or_default();
    let (from, to) = (accepted(current), accepted(new));
    let other_authority = !from.is_empty() && !to.is_empty() && !to.iter().any(|pem| from.contains(pem));
    let name = |config: &Config| {
        config
            .cluster_name()
            .or_else(|| config.cluster_endpoint().map(|url| url.to_string()))
            .unwrap_or_default()
    };
    (other_id || other_authority).then(|| Guard::Cluster { from: name(current), to: name(new) })
}

/// The addresses that a configuration gives to the machine itself.
fn own_addresses(config: &Config) -> Vec<IpAddr> {
    let links = config.links().into_iter().flat_map(|link| link.addresses);
    let shared = config.operators().into_iter().filter_map(|operator| match operator {
        Operator::Vip(vip) => Some(vip.address),
        _ => None,
    });
    links.map(|address| address.address.addr()).chain(shared).collect()
}

fn address(current: &Config, new: &Config, facts: &NodeFacts) -> Option<Guard> {
    let address = facts.reached_at?;
    let lost = own_addresses(current).contains(&address) && !own_addresses(new).contains(&address);
    lost.then_some(Guard::AddressLost { address })
}

/// The names that only `machine.certSANs` makes the certificate hold for.
fn names(current: &Config, new: &Config, facts: &NodeFacts) -> Vec<Guard> {
    let further = |config: &Config| config.node_api().map(|api| api.cert_sans).unwrap_or_default();
    let (from, to) = (further(current), further(new));
    let lost = |name: &&String| from.contains(name) && !to.contains(name) && !facts.is(name);
    facts.reached_as.iter().filter(lost).map(|name| Guard::NameLost { name: name.clone() }).collect()
}

fn endpoint(new: &Config, facts: &NodeFacts) -> Option<Guard> {
    let endpoint = new.cluster_endpoint()?;
    let host = endpoint.host()?;
    (facts.is(host) && new.machine_type() == Some(MachineType::Worker))
        .then(|| Guard::EndpointIsWorker { host: host.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Config {
        Config::decode("c.yaml", text.as_bytes()).unwrap_or_else(|report| panic!("{report}"))
    }

    fn names(current: &str, new: &str, facts: &NodeFacts) -> Vec<&'static str> {
        guards(&config(current), &config(new), facts).iter().map(Guard::name).collect()
    }

    #[test]
    fn a_control_plane_does_not_become_a_worker_by_accident() {
        let none = NodeFacts::default();
        let (control_plane, worker) = ("machine: {type: controlplane}\n", "machine: {type: worker}\n");
        assert_eq!(names(control_plane, worker, &none), ["machine-type-change"]);
        assert_eq!(names("machine: {type: init}\n", control_plane, &none), [""; 0]);
        assert_eq!(names(control_plane, "apiVersion: v1alpha1\nkind: OOMConfig\n", &none), [""; 0]);
    }

    #[test]
    fn another_clusters_configuration_is_noticed_but_rotation_is_not() {
        let none = NodeFacts::default();
        let text = |id: &str, first: &str, second: &str| {
            format!(
                "machine: {{ca: {{crt: {first}}}, acceptedCAs: [{{crt: {second}}}]}}\ncluster: {{id: {id}}}\n"
            )
        };
        let (a, b, c) = ("YQ==", "Yg==", "Yw==");
        assert_eq!(names(&text("one", a, b), &text("two", a, b), &none), ["cluster-change"]);
        assert_eq!(names(&text("one", a, a), &text("one", b, c), &none), ["cluster-change"]);
        assert_eq!(names(&text("one", a, b), &text("one", b, c), &none), [""; 0]);
    }

    #[test]
    fn the_address_that_a_machine_was_reached_at_stays() {
        let text = |address: &str| {
            format!(
                "machine: {{network: {{interfaces: [{{interface: eth0, addresses: [{address}/24]}}]}}}}\n"
            )
        };
        let facts = NodeFacts { reached_at: "10.0.0.2".parse().ok(), ..NodeFacts::default() };
        assert_eq!(names(&text("10.0.0.2"), &text("10.0.0.3"), &facts), ["address-lost"]);
        assert_eq!(names(&text("10.0.0.2"), &text("10.0.0.2"), &facts), [""; 0]);
        assert_eq!(names("machine: {}\n", &text("10.0.0.3"), &facts), [""; 0]);
    }

    #[test]
    fn the_names_that_clients_use_stay_in_the_certificate() {
        let text = |sans: &str| format!("machine: {{certSANs: [{sans}]}}\n");
        let facts = NodeFacts {
            hostname: Some("one".to_owned()),
            addresses: vec!["10.0.0.2".parse().unwrap()],
            reached_as: ["talos.example.org", "10.0.0.2", "one", "203.0.113.9"].map(str::to_owned).to_vec(),
            ..NodeFacts::default()
        };
        let all = text("talos.example.org, 10.0.0.2, one, 203.0.113.9, other.example.org");
        assert_eq!(guards(&config(&all), &config(&all), &facts), []);
        let lost = guards(&config(&all), &config("machine: {}\n"), &facts);
        let name = |name: &str| Guard::NameLost { name: name.to_owned() };
        assert_eq!(lost, [name("talos.example.org"), name("203.0.113.9")]);
        assert_eq!(names("machine: {}\n", "machine: {}\n", &facts), [""; 0]);
    }

    #[test]
    fn a_worker_is_not_its_own_endpoint() {
        let facts = NodeFacts { addresses: vec!["10.0.0.2".parse().unwrap()], ..NodeFacts::default() };
        let text = |ty: &str| {
            format!(
                "machine: {{type: {ty}}}\ncluster: {{controlPlane: {{endpoint: 'https://10.0.0.2:6443'}}}}\n"
            )
        };
        assert_eq!(names(&text("worker"), &text("worker"), &facts), ["endpoint-is-worker"]);
        assert_eq!(names(&text("controlplane"), &text("controlplane"), &facts), [""; 0]);
    }
}
