//! Where Kubernetes API servers may be: pure (contract os.md 5.9).

use std::collections::BTreeMap;

use proto::resource::cluster::MemberSpec;
use proto::resource::k8s::KubePrismEndpoint;

use crate::net;

/// Name under which the API server of this node is reached.
pub const LOCALHOST: &str = "localhost";

/// What the candidates are made of.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    /// Host and port of the cluster endpoint.
    pub cluster: Option<(String, u16)>,
    /// Port of the API server on this node, on control planes.
    pub local_port: Option<u16>,
    /// Members by node name.
    pub members: BTreeMap<String, MemberSpec>,
}

/// The candidates: the cluster endpoint, this node, then every address of every control plane in order of their
/// names. One address may come twice.
pub fn endpoints(facts: &Facts) -> Vec<KubePrismEndpoint> {
    let mut list = Vec::new();
    let mut add = |host: String, port: u32| list.push(KubePrismEndpoint { host, port });
    if let Some((host, port)) = &facts.cluster {
        add(host.clone(), u32::from(*port));
    }
    if let Some(port) = facts.local_port {
        add(LOCALHOST.to_owned(), u32::from(port));
    }
    for member in facts.members.values() {
        let Some(control_plane) = &member.control_plane else { continue };
        let Ok(port) = u16::try_from(control_plane.api_server_port) else { continue };
        for address in member.addresses.iter().filter_map(|a| net::ip_from_bytes(&a.ip)) {
            add(address.to_string(), u32::from(port));
        }
    }
    list
}

#[cfg(test)]
mod tests {
    use proto::resource::cluster::ControlPlane;

    use super::*;

    fn member(address: &str, control_plane: bool) -> MemberSpec {
        MemberSpec {
            addresses: vec![net::net_ip(address.parse().unwrap())],
            control_plane: control_plane.then_some(ControlPlane { api_server_port: 6443 }),
            ..Default::default()
        }
    }

    #[test]
    fn a_control_plane_knows_the_endpoint_itself_and_the_members() {
        let facts = Facts {
            cluster: Some(("10.5.0.2".into(), 6443)),
            local_port: Some(6443),
            members: BTreeMap::from([
                ("peer-w1".into(), member("10.5.0.3", false)),
                ("peer-cp".into(), member("10.5.0.2", true)),
            ]),
        };
        let list: Vec<_> = endpoints(&facts).into_iter().map(|e| format!("{}:{}", e.host, e.port)).collect();
        assert_eq!(list, ["10.5.0.2:6443", "localhost:6443", "10.5.0.2:6443"]);
    }
}
