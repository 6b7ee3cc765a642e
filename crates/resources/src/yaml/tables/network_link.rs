//! Links of the network.

use crate::enums;
use crate::yaml::field::{Field, Kind::*, Message};

pub(crate) static BOND_MASTER_SPEC: Message = Message(&[
    Field::new(1, "mode", Enum(&enums::BOND_MODE)),
    Field::new(2, "xmitHashPolicy", Enum(&enums::BOND_XMIT_HASH_POLICY)),
    Field::new(3, "lacpRate", Enum(&enums::LACP_RATE)),
    Field::new(4, "arpValidate", Enum(&enums::ARP_VALIDATE)),
    Field::new(5, "arpAllTargets", Enum(&enums::ARP_ALL_TARGETS)),
    Field::new(6, "primary", Uint).optional(),
    Field::new(7, "primaryReselect", Enum(&enums::PRIMARY_RESELECT)),
    Field::new(8, "failOverMac", Enum(&enums::FAIL_OVER_MAC)),
    Field::new(9, "adSelect", Enum(&enums::AD_SELECT)).optional(),
    Field::new(10, "miimon", Uint).optional(),
    Field::new(11, "updelay", Uint).optional(),
    Field::new(12, "downdelay", Uint).optional(),
    Field::new(13, "arpInterval", Uint).optional(),
    Field::new(14, "resendIgmp", Uint).optional(),
    Field::new(15, "minLinks", Uint).optional(),
    Field::new(16, "lpInterval", Uint).optional(),
    Field::new(17, "packetsPerSlave", Uint).optional(),
    Field::new(18, "numPeerNotif", Uint).optional(),
    Field::new(19, "tlbLogicalLb", Uint).optional(),
    Field::new(20, "allSlavesActive", Uint).optional(),
    Field::new(21, "useCarrier", Bool).optional(),
    Field::new(22, "adActorSysPrio", Uint).optional(),
    Field::new(23, "adUserPortKey", Uint).optional(),
    Field::new(24, "peerNotifyDelay", Uint).optional(),
    Field::new(25, "arpIpTargets", Ip).list().optional(),
    Field::new(26, "nsIp6Targets", Ip).list().optional(),
    Field::new(27, "adLacpActive", Enum(&enums::ADLACP_ACTIVE)).optional(),
    Field::new(28, "missedMax", Uint).optional(),
]);

pub(crate) static BOND_SLAVE: Message =
    Message(&[Field::new(1, "masterName", Text).optional(), Field::new(2, "slaveIndex", Int).optional()]);

pub(crate) static BRIDGE_MASTER_SPEC: Message = Message(&[
    Field::new(1, "stp", Nested(&STP_SPEC)).optional(),
    Field::new(2, "vlan", Nested(&BRIDGE_VLAN_SPEC)).optional(),
]);

pub(crate) static BRIDGE_SLAVE: Message = Message(&[Field::new(1, "masterName", Text).optional()]);

pub(crate) static BRIDGE_VLAN_SPEC: Message = Message(&[Field::new(1, "filteringEnabled", Bool)]);

pub(crate) static LINK_ALIAS_SPEC_SPEC: Message = Message(&[Field::new(1, "alias", Text)]);

pub(crate) static LINK_REFRESH_SPEC: Message = Message(&[Field::new(1, "generation", Int)]);

pub(crate) static LINK_SPEC_SPEC: Message = Message(&[
    Field::new(1, "name", Text),
    Field::new(2, "logical", Bool),
    Field::new(3, "up", Bool),
    Field::new(4, "mtu", Uint),
    Field::new(5, "kind", Text),
    Field::new(6, "type", Enum(&enums::LINK_TYPE)),
    Field::new(15, "hardwareAddr", Mac).optional(),
    Field::new(7, "parentName", Text).optional(),
    Field::new(8, "", Nested(&BOND_SLAVE)).inline(),
    Field::new(9, "bridgeSlave", Nested(&BRIDGE_SLAVE)).optional(),
    Field::new(18, "vrfSlave", Nested(&VRF_SLAVE)).optional(),
    Field::new(10, "vlan", Nested(&VLAN_SPEC)).optional(),
    Field::new(11, "bondMaster", Nested(&BOND_MASTER_SPEC)).optional(),
    Field::new(12, "bridgeMaster", Nested(&BRIDGE_MASTER_SPEC)).optional(),
    Field::new(17, "vrfMaster", Nested(&VRF_MASTER_SPEC)).optional(),
    Field::new(13, "wireguard", Nested(&WIREGUARD_SPEC)).optional(),
    Field::new(19, "veth", Nested(&VETH_SPEC)).optional(),
    Field::new(14, "layer", Enum(&enums::CONFIG_LAYER)),
    Field::new(16, "multicast", Bool).optional(),
]);

pub(crate) static LINK_STATUS_SPEC: Message = Message(&[
    Field::new(31, "alias", Text).optional(),
    Field::new(32, "altNames", Text).list().optional(),
    Field::new(1, "index", Uint),
    Field::new(2, "type", Enum(&enums::LINK_TYPE)),
    Field::new(3, "linkIndex", Uint),
    Field::new(4, "flags", Flags(&enums::LINK_FLAG)),
    Field::new(5, "hardwareAddr", Mac),
    Field::new(30, "permanentAddr", Mac),
    Field::new(6, "broadcastAddr", Mac),
    Field::new(7, "mtu", Uint),
    Field::new(8, "queueDisc", Text),
    Field::new(9, "masterIndex", Uint).optional(),
    Field::new(10, "operationalState", Enum(&enums::OPERATIONAL_STATE)),
    Field::new(11, "kind", Text),
    Field::new(12, "slaveKind", Text),
    Field::new(13, "busPath", Text).optional(),
    Field::new(14, "pciID", Text).optional(),
    Field::new(15, "driver", Text).optional(),
    Field::new(16, "driverVersion", Text).optional(),
    Field::new(17, "firmwareVersion", Text).optional(),
    Field::new(18, "productID", Text).optional(),
    Field::new(19, "vendorID", Text).optional(),
    Field::new(20, "product", Text).optional(),
    Field::new(21, "vendor", Text).optional(),
    Field::new(22, "linkState", Bool),
    Field::new(23, "speedMbit", Int).optional(),
    Field::new(24, "port", Enum(&enums::PORT)),
    Field::new(25, "duplex", Enum(&enums::DUPLEX)),
    Field::new(26, "vlan", Nested(&VLAN_SPEC)).optional(),
    Field::new(27, "bridgeMaster", Nested(&BRIDGE_MASTER_SPEC)).optional(),
    Field::new(28, "bondMaster", Nested(&BOND_MASTER_SPEC)).optional(),
    Field::new(33, "vrfMaster", Nested(&VRF_MASTER_SPEC)).optional(),
    Field::new(29, "wireguard", Nested(&WIREGUARD_SPEC)).optional(),
    Field::new(34, "veth", Nested(&VETH_SPEC)).optional(),
]);

pub(crate) static STP_SPEC: Message = Message(&[Field::new(1, "enabled", Bool)]);

pub(crate) static VLAN_SPEC: Message =
    Message(&[Field::new(1, "vlanID", Uint), Field::new(2, "vlanProtocol", Enum(&enums::VLAN_PROTOCOL))]);

pub(crate) static VRF_MASTER_SPEC: Message = Message(&[Field::new(1, "table", Enum(&enums::ROUTING_TABLE))]);

pub(crate) static VRF_SLAVE: Message = Message(&[Field::new(1, "masterName", Text).optional()]);

pub(crate) static WIREGUARD_PEER: Message = Message(&[
    Field::new(1, "publicKey", Text),
    Field::new(2, "presharedKey", Text),
    Field::new(3, "endpoint", Text),
    Field::new(4, "persistentKeepaliveInterval", Duration),
    Field::new(5, "allowedIPs", Prefix).list(),
]);

pub(crate) static WIREGUARD_SPEC: Message = Message(&[
    Field::new(1, "privateKey", Text).optional(),
    Field::new(2, "publicKey", Text).optional(),
    Field::new(3, "listenPort", Int),
    Field::new(4, "firewallMark", Int),
    Field::new(5, "peers", Nested(&WIREGUARD_PEER)).list(),
]);

pub(crate) static VETH_SPEC: Message = Message(&[Field::new(1, "peerName", Text).optional()]);
