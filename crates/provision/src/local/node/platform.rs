//! What the platform tells a node about its network: the host passes it, networkd applies it.

use std::net::Ipv4Addr;

use proto::common::{NetIp, NetIpPrefix};
use proto::resource::enums::{
    NethelpersFamily, NethelpersLinkType, NethelpersRouteProtocol, NethelpersRouteType,
    NethelpersRoutingTable, NethelpersScope, NetworkConfigLayer,
};
use proto::resource::network::{
    AddressSpecSpec, HostnameSpecSpec, LinkSpecSpec, PlatformConfigSpec, ResolverSpecSpec, RouteSpecSpec,
};
use proto::resource::runtime::PlatformMetadataSpec;

use crate::local::error::{Error, Result};
use crate::local::network::NODE_LINK;
use crate::local::state::{ClusterInfo, NodeInfo};

/// Priority of the default route, as for routes that nobody gave one (contract os.md 5.2).
const ROUTE_PRIORITY: u32 = 1024;
/// `IFA_F_PERMANENT` of linux/if_addr.h.
const PERMANENT: u32 = 0x80;

/// The file `/system/platform/network.yaml` of a node: its spec as YAML.
pub(crate) fn network_yaml(cluster: &ClusterInfo, node: &NodeInfo) -> Result<String> {
    resources::yaml::spec_to_text(&network(cluster, node)).map_err(|error| Error::Node {
        node: node.name.clone(),
        reason: format!("write its platform network configuration: {error}"),
    })
}

fn network(cluster: &ClusterInfo, node: &NodeInfo) -> PlatformConfigSpec {
    let layer = NetworkConfigLayer::ConfigPlatform as i32;
    let ip = |address: Ipv4Addr| NetIp { ip: address.octets().to_vec() };
    let prefix = NetIpPrefix {
        ip: node.address.octets().to_vec(),
        prefix_length: i32::from(cluster.cidr.prefix_len()),
    };
    PlatformConfigSpec {
        addresses: vec![AddressSpecSpec {
            address: Some(prefix),
            link_name: NODE_LINK.into(),
            family: NethelpersFamily::FamilyInet4 as i32,
            scope: NethelpersScope::ScopeGlobal as i32,
            flags: PERMANENT,
            config_layer: layer,
            ..Default::default()
        }],
        links: vec![LinkSpecSpec {
            name: NODE_LINK.into(),
            up: true,
            mtu: cluster.mtu,
            r#type: NethelpersLinkType::LinkEther as i32,
            config_layer: layer,
            ..Default::default()
        }],
        routes: vec![RouteSpecSpec {
            family: NethelpersFamily::FamilyInet4 as i32,
            gateway: Some(ip(cluster.gateway)),
            out_link_name: NODE_LINK.into(),
            table: NethelpersRoutingTable::TableMain as i32,
            priority: ROUTE_PRIORITY,
            scope: NethelpersScope::ScopeGlobal as i32,
            r#type: NethelpersRouteType::TypeUnicast as i32,
            protocol: NethelpersRouteProtocol::ProtocolStatic as i32,
            config_layer: layer,
            ..Default::default()
        }],
        hostnames: vec![HostnameSpecSpec {
            hostname: node.name.clone(),
            config_layer: layer,
            ..Default::default()
        }],
        resolvers: vec![ResolverSpecSpec {
            dns_servers: vec![ip(cluster.gateway)],
            config_layer: layer,
            ..Default::default()
        }],
        metadata: Some(PlatformMetadataSpec {
            platform: "container".into(),
            hostname: node.name.clone(),
            instance_id: format!("{}/{}", cluster.name, node.name),
            ..Default::default()
        }),
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::local::state::tests::cluster;

    #[test]
    fn the_file_is_a_platform_config_that_reads_back_the_same() {
        let cluster = cluster(Path::new("/x"));
        let text = network_yaml(&cluster, &cluster.nodes[1]).unwrap();
        for part in
            ["address: 10.5.0.3/24", "gateway: 10.5.0.1", "hostname: demo-worker-1", "layer: platform"]
        {
            assert!(text.contains(part), "{part} is missing in:\n{text}");
        }
        let back: PlatformConfigSpec = resources::yaml::spec_from_text(&text).unwrap();
        assert_eq!(back, network(&cluster, &cluster.nodes[1]));
    }
}
