//! What the platform says about the network, as layered wishes.
//!
//! machined publishes the platform's configuration as `PlatformConfigs/active`; its lists hold specs already,
//! which only need their layer.

use proto::resource::enums::NetworkConfigLayer;
use proto::resource::network::{AddressSpecSpec, PlatformConfigSpec};

use crate::wishes::Wishes;

/// Identifier of the platform configuration in force.
pub const ACTIVE: &str = "active";

/// A platform may leave the family to the address.
fn with_family(mut spec: AddressSpecSpec) -> AddressSpecSpec {
    if let Some(prefix) = crate::net::prefix(&spec.address) {
        spec.family = crate::net::family(prefix.addr());
    }
    spec
}

/// The platform's wishes.
pub fn wishes(platform: &PlatformConfigSpec) -> Wishes {
    const LAYER: i32 = NetworkConfigLayer::ConfigPlatform as i32;
    macro_rules! layered {
        ($list:expr) => {
            $list.iter().cloned().map(|mut s| {
                s.config_layer = LAYER;
                s
            })
        };
    }
    Wishes {
        links: layered!(platform.links).collect(),
        addresses: layered!(platform.addresses).map(with_family).collect(),
        routes: layered!(platform.routes).map(|r| crate::route::plan::normalized(&r)).collect(),
        rules: Vec::new(),
        hostnames: layered!(platform.hostnames).collect(),
        resolvers: layered!(platform.resolvers).collect(),
        time_servers: layered!(platform.time_servers).collect(),
        operators: layered!(platform.operators).collect(),
        probes: layered!(platform.probes).collect(),
    }
}
