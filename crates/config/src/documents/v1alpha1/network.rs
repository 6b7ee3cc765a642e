//! The network's section.

use crate::value::{Duration, Secret};

record! {
    /// Which link, by its hardware. All that is set must match.
    NetworkDeviceSelector {
        /// A pattern of its path on the bus.
        "busPath" bus_path: String;
        /// A pattern of its hardware address.
        "hardwareAddr" hardware_addr: String;
        /// A pattern of the hardware address that it was made with.
        "permanentAddr" permanent_addr: String;
        /// A pattern of its vendor and product.
        "pciID" pci_id: String;
        /// A pattern of its driver.
        "driver" driver: String;
        /// Whether it is hardware.
        "physical" physical: Option<bool>;
    }

    /// A route.
    RouteSection {
        /// Where the route leads; left out, it is the default route.
        "network" network: String;
        /// The next hop.
        "gateway" gateway: String;
        /// The source address of packets that take the route.
        "source" source: String;
        /// The metric; lower is preferred.
        "metric" metric: Option<u32>;
        /// The largest packet.
        "mtu" mtu: Option<u32>;
    }

    /// Settings of DHCP.
    DHCPOptions {
        /// The metric of routes that the server gives.
        "routeMetric" route_metric: Option<u32>;
        /// Whether IPv4 is asked for; it is when left out.
        "ipv4" ipv4: Option<bool>;
        /// Whether IPv6 is asked for.
        "ipv6" ipv6: Option<bool>;
        /// The client's identifier for IPv6.
        "duidv6" duidv6: String;
    }

    /// A shared address at Equinix Metal.
    VIPEquinixMetal {
        /// The token for its API.
        "apiToken" api_token: Secret;
    }

    /// A shared address at Hetzner Cloud.
    VIPHCloud {
        /// The token for its API.
        "apiToken" api_token: Secret;
    }

    /// An address that one node of the control plane holds at a time.
    VIPSection {
        /// The address.
        "ip" ip: String;
        /// Where Equinix Metal moves it.
        "equinixMetal" equinix_metal: Option<VIPEquinixMetal> => presence;
        /// Where Hetzner Cloud moves it.
        "hcloud" hcloud: Option<VIPHCloud> => presence;
    }

    /// A VLAN on top of the link.
    VlanSection {
        /// Its addresses.
        "addresses" addresses: Vec<String>;
        /// Its only address.
        "cidr" cidr: String => deprecated;
        /// Its routes.
        "routes" routes: Vec<RouteSection>;
        /// Whether DHCP runs.
        "dhcp" dhcp: Option<bool>;
        /// The number of the VLAN.
        "vlanId" vlan_id: Option<u16>;
        /// The largest packet.
        "mtu" mtu: Option<u32>;
        /// A shared address.
        "vip" vip: Option<VIPSection> => presence;
        /// Settings of DHCP.
        "dhcpOptions" dhcp_options: Option<DHCPOptions>;
    }

    /// Several links that act as one.
    BondSection {
        /// Its links.
        "interfaces" interfaces: Vec<String>;
        /// Its links, by their hardware.
        "deviceSelectors" device_selectors: Vec<NetworkDeviceSelector>;
        /// Not supported.
        "arpIPTarget" arp_ip_target: Vec<String>;
        /// How packets are spread over the links.
        "mode" mode: String;
        /// What is hashed to choose a link.
        "xmitHashPolicy" xmit_hash_policy: String;
        /// How often LACP packets are asked for.
        "lacpRate" lacp_rate: String;
        /// Not supported.
        "adActorSystem" ad_actor_system: String;
        /// Which links' ARP answers count.
        "arpValidate" arp_validate: String;
        /// Whether one or all ARP targets must answer.
        "arpAllTargets" arp_all_targets: String;
        /// The preferred link.
        "primary" primary: String;
        /// When the primary link is taken again.
        "primaryReselect" primary_reselect: String;
        /// Which hardware address the bond has after a fail-over.
        "failOverMac" fail_over_mac: String;
        /// How an aggregator is selected.
        "adSelect" ad_select: String;
        /// Milliseconds between checks of the links.
        "miimon" miimon: Option<u32>;
        /// Milliseconds to wait before a link that came up is used.
        "updelay" updelay: Option<u32>;
        /// Milliseconds to wait before a link that went down is left.
        "downdelay" downdelay: Option<u32>;
        /// Milliseconds between ARP checks.
        "arpInterval" arp_interval: Option<u32>;
        /// How many IGMP reports follow a fail-over.
        "resendIgmp" resend_igmp: Option<u32>;
        /// How many links must be up for the bond to be up.
        "minLinks" min_links: Option<u32>;
        /// Seconds between learning packets.
        "lpInterval" lp_interval: Option<u32>;
        /// Packets that leave through one link before the next is taken.
        "packetsPerSlave" packets_per_slave: Option<u32>;
        /// How many notifications follow a fail-over.
        "numPeerNotif" num_peer_notif: Option<u8>;
        /// Whether flows are moved between links by their load.
        "tlbDynamicLb" tlb_dynamic_lb: Option<u8>;
        /// Whether duplicates on backup links are delivered.
        "allSlavesActive" all_slaves_active: Option<u8>;
        /// Whether the carrier as the driver reports it decides; it does when left out.
        "useCarrier" use_carrier: Option<bool>;
        /// The LACP system priority.
        "adActorSysPrio" ad_actor_sys_prio: Option<u16>;
        /// The upper 10 bits of the port key.
        "adUserPortKey" ad_user_port_key: Option<u16>;
        /// Milliseconds between notifications after a fail-over.
        "peerNotifyDelay" peer_notify_delay: Option<u32>;
    }

    /// The spanning tree protocol of a bridge.
    STPSection {
        /// Whether it runs; it does when left out.
        "enabled" enabled: Option<bool>;
    }

    /// VLANs of a bridge.
    BridgeVLANSection {
        /// Whether the bridge tells VLANs apart.
        "vlanFiltering" vlan_filtering: Option<bool>;
    }

    /// A bridge between links.
    BridgeSection {
        /// Its links.
        "interfaces" interfaces: Vec<String>;
        /// The spanning tree protocol.
        "stp" stp: Option<STPSection>;
        /// VLANs.
        "vlan" vlan: Option<BridgeVLANSection>;
    }

    /// The bridge that a link belongs to.
    BridgePortSection {
        /// The bridge.
        "master" master: String;
    }

    /// A peer of a WireGuard link.
    WireguardPeerSection {
        /// The public key of the peer.
        "publicKey" public_key: String;
        /// Where the peer is reached: host and port.
        "endpoint" endpoint: String;
        /// How often a packet keeps the way to the peer open.
        "persistentKeepaliveInterval" persistent_keepalive_interval: Option<Duration>;
        /// Which addresses are behind the peer.
        "allowedIPs" allowed_ips: Vec<String>;
    }

    /// A WireGuard link.
    WireguardSection {
        /// The private key.
        "privateKey" private_key: Secret;
        /// The UDP port.
        "listenPort" listen_port: Option<u16>;
        /// The mark of packets that the link sends.
        "firewallMark" firewall_mark: Option<u32>;
        /// The peers.
        "peers" peers: Vec<WireguardPeerSection>;
    }

    /// A link.
    Device {
        /// Its name.
        "interface" interface: String;
        /// Which link, by its hardware; not together with `interface`.
        "deviceSelector" device_selector: Option<NetworkDeviceSelector> => presence;
        /// Its addresses.
        "addresses" addresses: Vec<String>;
        /// Its only address.
        "cidr" cidr: String => deprecated;
        /// Its routes.
        "routes" routes: Vec<RouteSection>;
        /// Several links that act as one.
        "bond" bond: Option<BondSection> => presence;
        /// A bridge between links.
        "bridge" bridge: Option<BridgeSection> => presence;
        /// The bridge that the link belongs to.
        "bridgePort" bridge_port: Option<BridgePortSection>;
        /// VLANs on top of the link.
        "vlans" vlans: Vec<VlanSection> => merged_by(&["vlanId"]);
        /// The largest packet.
        "mtu" mtu: Option<u32>;
        /// Whether DHCP runs.
        "dhcp" dhcp: Option<bool>;
        /// Whether the link is left alone.
        "ignore" ignore: Option<bool>;
        /// Whether a link that leads nowhere is created.
        "dummy" dummy: Option<bool>;
        /// Settings of DHCP.
        "dhcpOptions" dhcp_options: Option<DHCPOptions>;
        /// A WireGuard link.
        "wireguard" wireguard: Option<WireguardSection> => presence;
        /// A shared address.
        "vip" vip: Option<VIPSection> => presence;
    }

    /// Names of an address, as in /etc/hosts.
    ExtraHost {
        /// The address.
        "ip" ip: String;
        /// Its names.
        "aliases" aliases: Vec<String>;
    }

    /// What KubeSpan leaves out.
    KubeSpanFilters {
        /// Which own addresses are announced as endpoints; `!` in front excludes.
        "endpoints" endpoints: Vec<String>;
        /// Networks that are not announced to peers.
        "excludeAdvertisedNetworks" exclude_advertised_networks: Vec<String>;
    }

    /// An encrypted mesh of all nodes of the cluster.
    KubeSpanSection {
        /// Whether the mesh is on.
        "enabled" enabled: Option<bool>;
        /// Whether pod networks go through the mesh.
        "advertiseKubernetesNetworks" advertise_kubernetes_networks: Option<bool>;
        /// Whether traffic to a peer that is down goes outside the mesh.
        "allowDownPeerBypass" allow_down_peer_bypass: Option<bool>;
        /// Whether endpoints that peers were seen at are shared.
        "harvestExtraEndpoints" harvest_extra_endpoints: Option<bool>;
        /// The largest packet on the mesh's link; 1420 when left out.
        "mtu" mtu: Option<u32>;
        /// What is left out.
        "filters" filters: Option<KubeSpanFilters>;
    }

    /// The network.
    NetworkSection {
        /// The host name.
        "hostname" hostname: String
            => example("node-1");
        /// The links.
        "interfaces" interfaces: Vec<Device> => merged_by(&["interface", "deviceSelector"])
            example("- interface: enp1s0\n  addresses:\n    - 192.0.2.10/24\n  routes:\n    - network: 0.0.0.0/0\n      gateway: 192.0.2.1");
        /// Name servers, by address.
        "nameservers" nameservers: Vec<String>
            => example("- 192.0.2.53");
        /// Domains that are tried for short names.
        "searchDomains" search_domains: Vec<String>
            => example("- example.org");
        /// Names of addresses, as in /etc/hosts.
        "extraHostEntries" extra_host_entries: Vec<ExtraHost>
            => example("- ip: 192.0.2.20\n  aliases:\n    - registry.example.org");
        /// An encrypted mesh of all nodes of the cluster.
        "kubespan" kubespan: Option<KubeSpanSection>
            => example("enabled: true");
        /// Whether the node's own domain is not tried for short names.
        "disableSearchDomain" disable_search_domain: Option<bool>;
    }
}
