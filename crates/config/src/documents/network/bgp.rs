//! BGP.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::value::Duration;

record! {
    /// Fast detection of a neighbour's failure.
    BGPBFDConfig {
        /// How often packets are sent.
        "transmitInterval" transmit_interval: Option<Duration>;
        /// How often packets are expected.
        "receiveInterval" receive_interval: Option<Duration>;
        /// How many missing packets are a failure.
        "detectMultiplier" detect_multiplier: Option<u8>;
    }

    /// Routes taken over from another instance.
    BGPImportRoute {
        /// The other instance.
        "bgpInstance" bgp_instance: String => required;
        /// Which of its routes.
        "prefixes" prefixes: Vec<IpNet> => required;
    }

    /// A neighbour.
    BGPNeighborConfig {
        /// Its address; not together with `link`.
        "address" address: Option<IpAddr>;
        /// The link on which it is found; not together with `address`.
        "link" link: String;
        /// Its number; any but the own when left out.
        "peerASN" peer_asn: Option<u32>;
        /// The own number towards it.
        "localASN" local_asn: Option<u32>;
        /// Whether it is waited for instead of called.
        "passive" passive: Option<bool>;
        /// How long silence is borne.
        "holdTime" hold_time: Option<Duration>;
        /// Fast detection of its failure.
        "bfd" bfd: Option<BGPBFDConfig> => presence;
    }

    /// A BGP speaker.
    BGPInstanceConfig {
        /// The name of the instance.
        "name" name: String => required;
        /// The routing domain that it serves.
        "vrf" vrf: String;
        /// Its autonomous system number.
        "localASN" local_asn: Option<u32> => required;
        /// Its identifier, in the form of an IPv4 address.
        "routerID" router_id: String;
        /// The source address of packets that take learned routes.
        "routeSource" route_source: String;
        /// What is announced: link names whose addresses are announced.
        "advertise" advertise: Vec<String> => replaced;
        /// Whether equal routes share their load.
        "multipath" multipath: Option<bool>;
        /// How many equal routes are used.
        "maxPaths" max_paths: Option<u8>;
        /// Whether learned routes are put into the kernel.
        "installRoutes" install_routes: Option<bool>;
        /// Routes taken over from other instances.
        "importRoutes" import_routes: Vec<BGPImportRoute> => replaced;
        /// The neighbours.
        "neighbors" neighbors: Vec<BGPNeighborConfig> => replaced;
    }
}
