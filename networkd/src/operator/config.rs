//! Operators: what the defaults and the machine configuration wish for.

use config::access::{DEFAULT_ROUTE_METRIC, Dhcp, Operator, VipProvider, vlan_name};
use config::documents::network::ClientIdentifier;
use proto::resource::enums::{NethelpersClientIdentifier, NetworkConfigLayer, NetworkOperator};
use proto::resource::network::{
    ClientIdentifierSpec, Dhcp4OperatorSpec, Dhcp6OperatorSpec, OperatorSpecSpec, VipEquinixMetalSpec,
    VipOperatorSpec,
};

use crate::inputs::Inputs;
use crate::{link, net};

const CONFIGURATION: i32 = NetworkConfigLayer::ConfigMachineConfiguration as i32;

/// DHCP runs on links that nobody configures (contract os.md 5.3). A container's links are its host's business.
pub fn runs_by_default(inputs: &Inputs) -> bool {
    !inputs.container && !inputs.machine.as_ref().is_some_and(|m| m.has_link_documents)
}

/// DHCP on every card that nobody configures.
pub fn defaults(inputs: &Inputs) -> Vec<OperatorSpecSpec> {
    if !runs_by_default(inputs) {
        return Vec::new();
    }
    let configured = link::config::machine(inputs);
    let cards = inputs.links.values().filter(|l| inputs.is_unconfigured_card(l, &configured));
    let spec = |name: &str| OperatorSpecSpec {
        operator: NetworkOperator::OperatorDhcp4 as i32,
        link_name: name.to_owned(),
        require_up: true,
        dhcp4: Some(Dhcp4OperatorSpec {
            route_metric: DEFAULT_ROUTE_METRIC,
            client_identifier: Some(identifier(ClientIdentifier::Mac, None)),
            ..Default::default()
        }),
        config_layer: NetworkConfigLayer::ConfigDefault as i32,
        ..Default::default()
    };
    cards.map(|l| spec(&l.name)).collect()
}

/// The operators of the machine configuration.
pub fn machine(inputs: &Inputs) -> Vec<OperatorSpecSpec> {
    let mut specs = Vec::new();
    for operator in inputs.machine.iter().flat_map(|m| &m.operators) {
        let (reference, vlan) = match operator {
            Operator::Dhcp4(d) | Operator::Dhcp6(d) => (&d.link, d.vlan),
            Operator::Vip(v) => (&v.link, v.vlan),
        };
        for found in inputs.resolve(reference) {
            let name = vlan.map_or_else(|| found.clone(), |id| vlan_name(&found, id));
            specs.push(spec(operator, name));
        }
    }
    specs
}

fn identifier(kind: ClientIdentifier, duid: Option<&str>) -> ClientIdentifierSpec {
    let kind = match kind {
        ClientIdentifier::None => NethelpersClientIdentifier::ClientIdentifierNone,
        ClientIdentifier::Mac => NethelpersClientIdentifier::ClientIdentifierMac,
        ClientIdentifier::Duid => NethelpersClientIdentifier::ClientIdentifierDuid,
    };
    ClientIdentifierSpec { client_identifier: kind as i32, duid_raw_hex: duid.unwrap_or_default().to_owned() }
}

fn spec(operator: &Operator, link_name: String) -> OperatorSpecSpec {
    let id = |d: &Dhcp| Some(identifier(d.client_identifier, d.duid.as_deref()));
    let mut spec =
        OperatorSpecSpec { link_name, require_up: true, config_layer: CONFIGURATION, ..Default::default() };
    match operator {
        Operator::Dhcp4(d) => {
            spec.operator = NetworkOperator::OperatorDhcp4 as i32;
            spec.dhcp4 = Some(Dhcp4OperatorSpec {
                route_metric: d.route_metric,
                skip_hostname_request: d.skip_hostname,
                client_identifier: id(d),
                skip_routes: d.skip_routes,
            });
        }
        Operator::Dhcp6(d) => {
            spec.operator = NetworkOperator::OperatorDhcp6 as i32;
            spec.dhcp6 = Some(Dhcp6OperatorSpec {
                route_metric: d.route_metric,
                skip_hostname_request: d.skip_hostname,
                client_identifier: id(d),
            });
        }
        Operator::Vip(v) => {
            spec.operator = NetworkOperator::OperatorVip as i32;
            let mut vip = VipOperatorSpec {
                ip: Some(net::net_ip(v.address)),
                gratuitous_arp: v.provider == VipProvider::Layer2,
                ..Default::default()
            };
            match &v.provider {
                VipProvider::Layer2 => {}
                VipProvider::EquinixMetal(token) => {
                    let api_token = token.expose().to_owned();
                    vip.equinix_metal = Some(VipEquinixMetalSpec { api_token, ..Default::default() });
                }
                VipProvider::HCloud(token) => {
                    let api_token = token.expose().to_owned();
                    let hcloud = proto::resource::network::ViphCloudSpec { api_token, ..Default::default() };
                    vip.h_cloud = Some(hcloud);
                }
            }
            spec.vip = Some(vip);
        }
    }
    spec
}
