//! Links made on top of others: bridges, VLANs, pairs, VRFs.

use super::{CommonLinkConfig, RoutingTable};
use crate::value::HardwareAddr;

choice! {
    /// The tag protocol of a VLAN.
    VlanMode { Dot1q = "802.1q", Dot1ad = "802.1ad" }
}

record! {
    /// The spanning tree protocol of a bridge.
    BridgeSTPConfig {
        /// Whether it runs.
        "enabled" enabled: Option<bool>;
    }

    /// VLANs of a bridge.
    BridgeVLANConfig {
        /// Whether the bridge tells VLANs apart.
        "filtering" filtering: Option<bool>;
    }

    /// A bridge between links.
    BridgeConfig {
        /// The name of the bridge to create.
        "name" name: String => required;
        /// The hardware address to give to the bridge.
        "hardwareAddr" hardware_addr: Option<HardwareAddr>;
        /// The links of the bridge, by name or alias.
        "links" links: Vec<String> => advised;
        /// The spanning tree protocol.
        "stp" stp: BridgeSTPConfig;
        /// VLANs.
        "vlan" vlan: BridgeVLANConfig;
        .. link: CommonLinkConfig;
    }

    /// A VLAN on top of a link.
    VLANConfig {
        /// The name of the link to create.
        "name" name: String => required;
        /// The number of the VLAN.
        "vlanID" vlan_id: Option<u16> => required;
        /// The tag protocol; 802.1q when left out.
        "vlanMode" mode: Option<VlanMode>;
        /// The link that carries the VLAN, by name or alias.
        "parent" parent: String => required;
        .. link: CommonLinkConfig;
    }

    /// The other end of a pair.
    VethPeerConfig {
        /// The name of the other end.
        "name" name: String => required;
        .. link: CommonLinkConfig;
    }

    /// A pair of links of which each receives what the other sends.
    VethConfig {
        /// The name of one end.
        "name" name: String => required;
        /// The other end.
        "peer" peer: VethPeerConfig => required;
        .. link: CommonLinkConfig;
    }

    /// A routing domain of its own, with a table and links.
    VRFConfig {
        /// The name of the link to create.
        "name" name: String => required;
        /// The hardware address to give to the link.
        "hardwareAddr" hardware_addr: Option<HardwareAddr>;
        /// The links of the domain, by name or alias.
        "links" links: Vec<String> => advised;
        /// The routing table of the domain.
        "table" table: Option<RoutingTable> => required;
        .. link: CommonLinkConfig;
    }
}
