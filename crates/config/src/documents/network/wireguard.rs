//! WireGuard and KubeSpan.

use std::net::SocketAddr;

use ipnet::IpNet;

use super::CommonLinkConfig;
use crate::schema::Effect;
use crate::value::{Duration, Secret};

record! {
    /// A peer of a WireGuard link.
    WireguardPeer {
        /// The public key of the peer.
        "publicKey" public_key: String => required;
        /// A key that both sides share.
        "presharedKey" preshared_key: Secret;
        /// Where the peer is reached.
        "endpoint" endpoint: Option<SocketAddr>;
        /// How often a packet keeps the way to the peer open.
        "persistentKeepaliveInterval" persistent_keepalive_interval: Option<Duration>;
        /// Which addresses are behind the peer.
        "allowedIPs" allowed_ips: Vec<IpNet>;
    }

    /// A WireGuard link.
    WireguardConfig {
        /// The name of the link to create.
        "name" name: String => required;
        /// The private key.
        "privateKey" private_key: Secret => required;
        /// The UDP port; any when left out.
        "listenPort" listen_port: Option<u16>;
        /// The mark of packets that the link sends.
        "firewallMark" firewall_mark: Option<u32>;
        /// The peers.
        "peers" peers: Vec<WireguardPeer>;
        .. link: CommonLinkConfig;
    }

    /// What KubeSpan leaves out.
    KubeSpanFiltersConfig {
        /// Which own addresses are announced as endpoints; `!` in front excludes.
        "endpoints" endpoints: Vec<String>;
        /// Networks that are not announced to peers.
        "excludeAdvertisedNetworks" exclude_advertised_networks: Vec<IpNet>;
    }

    /// An encrypted mesh of all nodes of the cluster.
    KubeSpanConfig {
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
        "filters" filters: KubeSpanFiltersConfig;
    }

    /// Further endpoints at which this node's mesh is reached.
    KubeSpanEndpointsConfig {
        /// The endpoints, each an address with a port.
        "extraAnnouncedEndpoints" extra_announced_endpoints: Vec<SocketAddr> => effect(Effect::Live);
    }
}
