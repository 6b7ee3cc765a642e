//! Links: field by field, from the lowest layer to the highest; a field that a layer leaves empty is kept.

use proto::resource::network::LinkSpecSpec;

use crate::layer::{Layered, Merged};

impl Layered for LinkSpecSpec {
    fn layer(&self) -> i32 {
        self.config_layer
    }

    fn key(&self) -> String {
        self.name.clone()
    }

    fn merged(wishes: Vec<Self>) -> Self {
        wishes.into_iter().reduce(over).unwrap_or_default()
    }
}

impl Merged for LinkSpecSpec {
    const CONTROLLER: &'static str = "network.LinkMergeController";
}

/// `high` laid over `low`.
fn over(low: LinkSpecSpec, high: LinkSpecSpec) -> LinkSpecSpec {
    let text = |high: String, low: String| if high.is_empty() { low } else { high };
    // The hardware type's zero is a real type (netrom), but none that a node has: it stands for "not said".
    let number = |high: i32, low: i32| if high == 0 { low } else { high };
    LinkSpecSpec {
        name: high.name,
        logical: high.logical || low.logical,
        up: high.up || low.up,
        mtu: if high.mtu == 0 { low.mtu } else { high.mtu },
        kind: text(high.kind, low.kind),
        r#type: number(high.r#type, low.r#type),
        parent_name: text(high.parent_name, low.parent_name),
        bond_slave: high.bond_slave.or(low.bond_slave),
        bridge_slave: high.bridge_slave.or(low.bridge_slave),
        vlan: high.vlan.or(low.vlan),
        bond_master: high.bond_master.or(low.bond_master),
        bridge_master: high.bridge_master.or(low.bridge_master),
        wireguard: high.wireguard.or(low.wireguard),
        config_layer: high.config_layer,
        hardware_address: if high.hardware_address.is_empty() {
            low.hardware_address
        } else {
            high.hardware_address
        },
        multicast: high.multicast || low.multicast,
        vrf_master: high.vrf_master.or(low.vrf_master),
        vrf_slave: high.vrf_slave.or(low.vrf_slave),
        veth: high.veth.or(low.veth),
    }
}
