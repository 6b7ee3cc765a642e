//! Links, addresses, names, the packet filter.

use super::{DHCP4, HOST_DNS, HOSTNAME, LINKS, PROBES, RESOLVERS, STATIC_HOSTS};
use crate::effects::row::{Row, When, done, host, unbuilt};

/// What follows from a bond's option that is not set.
const BOND_OPTION: &str = "the kernel's own choice for this option stays";

pub(super) static ROWS: &[Row] = &[
    done(&["LinkConfig", "DummyLinkConfig", "BridgeConfig", "VLANConfig", "VethConfig", "VRFConfig"], "", LINKS),
    done(&["BondConfig"], "", LINKS),
    unbuilt(
        &["LinkConfig", "DummyLinkConfig", "BondConfig", "BridgeConfig", "VLANConfig", "VethConfig", "VRFConfig"],
        "multicast",
        "multicast is switched on where it is asked for, and never off",
    )
    .when(When::Only("", "false"))
    .by(LINKS),
    unbuilt(
        &["VethConfig"],
        "peer.multicast",
        "multicast is switched on where it is asked for, and never off",
    )
    .when(When::Only("", "false"))
    .by(LINKS),
    unbuilt(&["BondConfig"], "useCarrier", BOND_OPTION).when(When::Unless("", "true")),
    unbuilt(&["BondConfig"], "tlbLogicalLb", BOND_OPTION),
    unbuilt(&["WireguardConfig"], "", "the link is not made, and nothing is encrypted by it").grave(),
    unbuilt(&["LinkAliasConfig"], "", "no link gets the alias, and what is configured for the alias waits for ever"),
    unbuilt(&["EthernetConfig"], "", "features, rings, channels and wake-on-LAN of the card stay as they are"),
    done(&["DHCPv4Config"], "", DHCP4),
    unbuilt(&["DHCPv6Config"], "", "no server is asked, and the link gets no address from one"),
    done(&["HostnameConfig"], "", HOSTNAME),
    done(&["ResolverConfig"], "", RESOLVERS),
    done(&["ResolverConfig"], "hostDNS", HOST_DNS),
    unbuilt(
        &["ResolverConfig"],
        "nameservers[].protocol",
        "only name servers that speak plain DNS are asked; this one is left out, and names are not looked up encrypted",
    )
    .when(When::Unless("", "Do53"))
    .grave(),
    unbuilt(&["ResolverConfig"], "nameservers[].tlsServerName", "name servers are asked without encryption"),
    done(&["StaticHostConfig"], "", STATIC_HOSTS),
    host(&["TimeSyncConfig"], "", "the clock is that of the host").quiet(),
    done(&["TCPProbeConfig", "HTTPProbeConfig"], "", PROBES),
    unbuilt(
        &["KubeSpanConfig"],
        "",
        "there is no mesh: traffic between nodes is not encrypted and takes the usual way",
    )
    .when(When::Only("enabled", "true"))
    .grave(),
    unbuilt(&["KubeSpanEndpointsConfig"], "", "there is no mesh for which endpoints could be announced"),
    unbuilt(&["Layer2VIPConfig", "HCloudVIPConfig"], "", "no node takes the address, and nobody answers there"),
    done(&["BlackholeRouteConfig"], "", &["networkd::machine", "networkd::route::config", "networkd::route::apply"]),
    done(&["RoutingRuleConfig"], "", &["networkd::machine", "networkd::rule::config", "networkd::rule::apply"]),
    unbuilt(&["BGPInstanceConfig"], "", "there is no BGP session: no route is announced or learned"),
    unbuilt(
        &["NetworkDefaultActionConfig"],
        "",
        "packets are not filtered: every port stays open to whoever reaches the machine",
    )
    .when(When::Only("ingress", "block"))
    .grave(),
    unbuilt(
        &["NetworkRuleConfig"],
        "",
        "packets are not filtered: every port stays open to whoever reaches the machine",
    )
    .grave(),
];
