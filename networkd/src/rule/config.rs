//! Routing rules: what the machine configuration wishes for.

use config::access::RoutingAction;
use ipnet::IpNet;
use proto::resource::enums::{NethelpersFamily, NethelpersRoutingRuleAction, NetworkConfigLayer};
use proto::resource::network::RoutingRuleSpecSpec;

use crate::inputs::Inputs;
use crate::net;

/// The rules of the machine configuration; one without addresses is for both families.
pub fn machine(inputs: &Inputs) -> Vec<RoutingRuleSpecSpec> {
    let mut specs = Vec::new();
    for rule in inputs.machine.iter().flat_map(|m| &m.rules) {
        let action = match rule.action {
            RoutingAction::Unicast => NethelpersRoutingRuleAction::RoutingRuleActionUnicast,
            RoutingAction::Blackhole => NethelpersRoutingRuleAction::RoutingRuleActionBlackhole,
            RoutingAction::Unreachable => NethelpersRoutingRuleAction::RoutingRuleActionUnreachable,
            RoutingAction::Prohibit => NethelpersRoutingRuleAction::RoutingRuleActionProhibit,
        };
        let address: Option<IpNet> = rule.src.or(rule.dst);
        let families = match address {
            Some(net) => vec![net::family(net.addr())],
            None => vec![NethelpersFamily::FamilyInet4 as i32, NethelpersFamily::FamilyInet6 as i32],
        };
        specs.extend(families.into_iter().map(|family| RoutingRuleSpecSpec {
            family,
            src: rule.src.map(|n| net::net_prefix(n.trunc())),
            dst: rule.dst.map(|n| net::net_prefix(n.trunc())),
            table: rule.table.try_into().unwrap_or_default(),
            priority: rule.priority,
            action: action as i32,
            iif_name: rule.iif_name.clone(),
            oif_name: rule.oif_name.clone(),
            fw_mark: rule.fw_mark,
            fw_mask: rule.fw_mask,
            config_layer: NetworkConfigLayer::ConfigMachineConfiguration as i32,
        }));
    }
    specs
}
