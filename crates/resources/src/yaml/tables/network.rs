//! The network, except links and packet filters.

use super::network_link;
use super::runtime;
use crate::enums;
use crate::yaml::field::{Field, Kind::*, Message};

pub(crate) static ADDRESS_SPEC_SPEC: Message = Message(&[
    Field::new(1, "address", Prefix),
    Field::new(2, "linkName", Text),
    Field::new(3, "family", Enum(&enums::FAMILY)),
    Field::new(4, "scope", Enum(&enums::SCOPE)),
    Field::new(5, "flags", Flags(&enums::ADDRESS_FLAG)),
    Field::new(6, "announceWithARP", Bool).optional(),
    Field::new(8, "priority", Uint).optional(),
    Field::new(7, "layer", Enum(&enums::CONFIG_LAYER)),
]);

pub(crate) static ADDRESS_STATUS_SPEC: Message = Message(&[
    Field::new(1, "address", Prefix),
    Field::new(2, "local", Ip).optional(),
    Field::new(3, "broadcast", Ip).optional(),
    Field::new(4, "anycast", Ip).optional(),
    Field::new(5, "multicast", Ip).optional(),
    Field::new(6, "linkIndex", Uint),
    Field::new(7, "linkName", Text),
    Field::new(8, "family", Enum(&enums::FAMILY)),
    Field::new(9, "scope", Enum(&enums::SCOPE)),
    Field::new(10, "flags", Flags(&enums::ADDRESS_FLAG)),
    Field::new(11, "priority", Uint),
]);

pub(crate) static BGPBFD_CONFIG_SPEC: Message = Message(&[
    Field::new(1, "transmitInterval", Duration).optional(),
    Field::new(2, "receiveInterval", Duration).optional(),
    Field::new(3, "detectMultiplier", Uint).optional(),
]);

pub(crate) static BGP_INSTANCE_CONFIG_SPEC: Message = Message(&[
    Field::new(1, "localASN", Uint),
    Field::new(2, "routerID", Ip).optional(),
    Field::new(3, "routeSource", Ip).optional(),
    Field::new(4, "advertiseLinks", Text).list().optional(),
    Field::new(5, "multipath", Bool).optional(),
    Field::new(6, "maxPaths", Uint).optional(),
    Field::new(7, "neighbors", Nested(&BGP_NEIGHBOR_CONFIG_SPEC)).list().optional(),
    Field::new(8, "vrf", Text).optional(),
    Field::new(9, "vrfTable", Enum(&enums::ROUTING_TABLE)).optional(),
    Field::new(10, "importRoutes", Nested(&BGP_IMPORT_ROUTE_SPEC)).list().optional(),
    Field::new(11, "installRoutes", Bool),
]);

pub(crate) static BGP_NEIGHBOR_CONFIG_SPEC: Message = Message(&[
    Field::new(1, "address", Ip).optional(),
    Field::new(2, "link", Text).optional(),
    Field::new(3, "peerASN", Uint).optional(),
    Field::new(4, "holdTime", Duration).optional(),
    Field::new(5, "bfd", Nested(&BGPBFD_CONFIG_SPEC)).optional(),
    Field::new(6, "localASN", Uint).optional(),
    Field::new(7, "passive", Bool).optional(),
]);

pub(crate) static BGP_PEER_STATUS_SPEC: Message = Message(&[
    Field::new(1, "peer", Text),
    Field::new(2, "localASN", Uint),
    Field::new(3, "peerASN", Uint),
    Field::new(4, "state", Enum(&enums::BGP_SESSION_STATE)),
    Field::new(5, "routerID", Ip).optional(),
    Field::new(6, "since", Timestamp).optional(),
    Field::new(7, "received", Uint),
    Field::new(8, "advertised", Uint),
    Field::new(9, "accepted", Uint),
    Field::new(10, "bfdState", Text).optional(),
    Field::new(11, "instance", Text),
]);

pub(crate) static CLIENT_IDENTIFIER_SPEC: Message = Message(&[
    Field::new(1, "clientIdentifier", Enum(&enums::CLIENT_IDENTIFIER)),
    Field::new(2, "duidRawHex", Text).optional(),
]);

pub(crate) static DHCP4_OPERATOR_SPEC: Message = Message(&[
    Field::new(1, "routeMetric", Uint),
    Field::new(2, "skipHostnameRequest", Bool).optional(),
    Field::new(3, "clientIdentifier", Nested(&CLIENT_IDENTIFIER_SPEC)).optional(),
    Field::new(4, "skipRoutes", Bool).optional(),
]);

pub(crate) static DHCP6_OPERATOR_SPEC: Message = Message(&[
    Field::new(2, "routeMetric", Uint),
    Field::new(3, "skipHostnameRequest", Bool).optional(),
    Field::new(4, "clientIdentifier", Nested(&CLIENT_IDENTIFIER_SPEC)).optional(),
]);

pub(crate) static DNS_RESOLVE_CACHE_SPEC: Message = Message(&[Field::new(1, "status", Text)]);

pub(crate) static HTTP_PROBE_SPEC: Message =
    Message(&[Field::new(1, "url", Url), Field::new(2, "timeout", Duration)]);

pub(crate) static HARDWARE_ADDR_SPEC: Message =
    Message(&[Field::new(1, "name", Text), Field::new(2, "hardwareAddr", Mac)]);

pub(crate) static HOST_DNS_CONFIG_SPEC: Message = Message(&[
    Field::new(1, "enabled", Bool),
    Field::new(2, "listenAddresses", IpPort).list().optional(),
    Field::new(3, "serviceHostDNSAddress", Ip).optional(),
    Field::new(4, "resolveMemberNames", Bool).optional(),
    Field::new(5, "serviceHostDNSAddressV6", Ip).optional(),
]);

pub(crate) static HOSTNAME_SPEC_SPEC: Message = Message(&[
    Field::new(1, "hostname", Text),
    Field::new(2, "domainname", Text),
    Field::new(3, "layer", Enum(&enums::CONFIG_LAYER)),
]);

pub(crate) static HOSTNAME_STATUS_SPEC: Message =
    Message(&[Field::new(1, "hostname", Text), Field::new(2, "domainname", Text)]);

pub(crate) static NAME_SERVER_SPEC: Message = Message(&[
    Field::new(1, "addr", Ip),
    Field::new(2, "protocol", Enum(&enums::DNS_PROTOCOL)),
    Field::new(3, "tlsServerName", Text),
]);

pub(crate) static NODE_ADDRESS_FILTER_SPEC: Message = Message(&[
    Field::new(1, "includeSubnets", Prefix).list(),
    Field::new(2, "excludeSubnets", Prefix).list(),
]);

pub(crate) static NODE_ADDRESS_SORT_ALGORITHM_SPEC: Message =
    Message(&[Field::new(1, "algorithm", Enum(&enums::ADDRESS_SORT_ALGORITHM))]);

pub(crate) static NODE_ADDRESS_SPEC: Message = Message(&[
    Field::new(1, "addresses", Prefix).list(),
    Field::new(2, "sortAlgorithm", Enum(&enums::ADDRESS_SORT_ALGORITHM)),
]);

pub(crate) static OPERATOR_SPEC_SPEC: Message = Message(&[
    Field::new(1, "operator", Enum(&enums::OPERATOR)),
    Field::new(2, "linkName", Text),
    Field::new(3, "requireUp", Bool),
    Field::new(4, "dhcp4", Nested(&DHCP4_OPERATOR_SPEC)).optional(),
    Field::new(5, "dhcp6", Nested(&DHCP6_OPERATOR_SPEC)).optional(),
    Field::new(6, "vip", Nested(&VIP_OPERATOR_SPEC)).optional(),
    Field::new(7, "layer", Enum(&enums::CONFIG_LAYER)),
]);

pub(crate) static PLATFORM_CONFIG_SPEC: Message = Message(&[
    Field::new(1, "addresses", Nested(&ADDRESS_SPEC_SPEC)).list(),
    Field::new(2, "links", Nested(&network_link::LINK_SPEC_SPEC)).list(),
    Field::new(3, "routes", Nested(&ROUTE_SPEC_SPEC)).list(),
    Field::new(4, "hostnames", Nested(&HOSTNAME_SPEC_SPEC)).list(),
    Field::new(5, "resolvers", Nested(&RESOLVER_SPEC_SPEC)).list(),
    Field::new(6, "timeServers", Nested(&TIME_SERVER_SPEC_SPEC)).list(),
    Field::new(7, "operators", Nested(&OPERATOR_SPEC_SPEC)).list(),
    Field::new(8, "externalIPs", Ip).list(),
    Field::new(9, "probes", Nested(&PROBE_SPEC_SPEC)).list().optional(),
    Field::new(10, "metadata", Nested(&runtime::PLATFORM_METADATA_SPEC)).optional(),
]);

pub(crate) static PROBE_SPEC_SPEC: Message = Message(&[
    Field::new(1, "interval", Duration),
    Field::new(2, "failureThreshold", Int),
    Field::new(3, "tcp", Nested(&TCP_PROBE_SPEC)).optional(),
    Field::new(4, "layer", Enum(&enums::CONFIG_LAYER)),
    Field::new(5, "http", Nested(&HTTP_PROBE_SPEC)).optional(),
]);

pub(crate) static PROBE_STATUS_SPEC: Message =
    Message(&[Field::new(1, "success", Bool), Field::new(2, "lastError", Text)]);

pub(crate) static RESOLVER_SPEC_SPEC: Message = Message(&[
    Field::new(1, "dnsServers", Ip).list(),
    Field::new(4, "nameServers", Nested(&NAME_SERVER_SPEC)).list().optional(),
    Field::new(2, "layer", Enum(&enums::CONFIG_LAYER)),
    Field::new(3, "searchDomains", Text).list().optional(),
    Field::new(5, "searchDomainsOverridden", Bool).optional(),
]);

pub(crate) static RESOLVER_STATUS_SPEC: Message = Message(&[
    Field::new(1, "dnsServers", Ip).list(),
    Field::new(4, "nameServers", Nested(&NAME_SERVER_SPEC)).list().optional(),
    Field::new(2, "searchDomains", Text).list(),
]);

pub(crate) static ROUTE_NEXT_HOP: Message = Message(&[
    Field::new(1, "gateway", Ip),
    Field::new(2, "outLinkName", Text).optional(),
    Field::new(3, "weight", Uint).optional(),
]);

pub(crate) static ROUTE_SPEC_SPEC: Message = Message(&[
    Field::new(1, "family", Enum(&enums::FAMILY)),
    Field::new(2, "dst", Prefix),
    Field::new(3, "src", Ip),
    Field::new(4, "gateway", Ip),
    Field::new(5, "outLinkName", Text).optional(),
    Field::new(6, "table", Enum(&enums::ROUTING_TABLE)),
    Field::new(7, "priority", Uint).optional(),
    Field::new(8, "scope", Enum(&enums::SCOPE)),
    Field::new(9, "type", Enum(&enums::ROUTE_TYPE)),
    Field::new(10, "flags", Flags(&enums::ROUTE_FLAG)),
    Field::new(11, "protocol", Enum(&enums::ROUTE_PROTOCOL)),
    Field::new(12, "layer", Enum(&enums::CONFIG_LAYER)),
    Field::new(13, "mtu", Uint).optional(),
    Field::new(14, "nextHops", Nested(&ROUTE_NEXT_HOP)).list().optional(),
]);

pub(crate) static ROUTE_STATUS_SPEC: Message = Message(&[
    Field::new(1, "family", Enum(&enums::FAMILY)),
    Field::new(2, "dst", Prefix),
    Field::new(3, "src", Ip),
    Field::new(4, "gateway", Ip),
    Field::new(5, "outLinkIndex", Uint).optional(),
    Field::new(6, "outLinkName", Text).optional(),
    Field::new(7, "table", Enum(&enums::ROUTING_TABLE)),
    Field::new(8, "priority", Uint),
    Field::new(9, "scope", Enum(&enums::SCOPE)),
    Field::new(10, "type", Enum(&enums::ROUTE_TYPE)),
    Field::new(11, "flags", Flags(&enums::ROUTE_FLAG)),
    Field::new(12, "protocol", Enum(&enums::ROUTE_PROTOCOL)),
    Field::new(13, "mtu", Uint).optional(),
    Field::new(14, "nextHops", Nested(&ROUTE_NEXT_HOP)).list().optional(),
]);

pub(crate) static ROUTING_RULE_SPEC_SPEC: Message = Message(&[
    Field::new(1, "family", Enum(&enums::FAMILY)),
    Field::new(2, "src", Prefix),
    Field::new(3, "dst", Prefix),
    Field::new(4, "table", Enum(&enums::ROUTING_TABLE)),
    Field::new(5, "priority", Uint),
    Field::new(6, "action", Enum(&enums::ROUTING_RULE_ACTION)),
    Field::new(7, "iifName", Text).optional(),
    Field::new(8, "oifName", Text).optional(),
    Field::new(9, "fwMark", Uint).optional(),
    Field::new(10, "fwMask", Uint).optional(),
    Field::new(11, "layer", Enum(&enums::CONFIG_LAYER)),
]);

pub(crate) static ROUTING_RULE_STATUS_SPEC: Message = Message(&[
    Field::new(1, "family", Enum(&enums::FAMILY)),
    Field::new(2, "src", Prefix),
    Field::new(3, "dst", Prefix),
    Field::new(4, "table", Enum(&enums::ROUTING_TABLE)),
    Field::new(5, "priority", Uint),
    Field::new(6, "action", Enum(&enums::ROUTING_RULE_ACTION)),
    Field::new(7, "iifName", Text).optional(),
    Field::new(8, "oifName", Text).optional(),
    Field::new(9, "fwMark", Uint).optional(),
    Field::new(10, "fwMask", Uint).optional(),
]);

pub(crate) static STATIC_HOST_SPEC: Message = Message(&[Field::new(1, "addresses", Ip).list()]);

pub(crate) static STATUS_SPEC: Message = Message(&[
    Field::new(1, "addressReady", Bool),
    Field::new(2, "connectivityReady", Bool),
    Field::new(3, "hostnameReady", Bool),
    Field::new(4, "etcFilesReady", Bool),
]);

pub(crate) static TCP_PROBE_SPEC: Message =
    Message(&[Field::new(1, "endpoint", Text), Field::new(2, "timeout", Duration)]);

pub(crate) static TIME_SERVER_SPEC_SPEC: Message = Message(&[
    Field::new(1, "timeServers", Text).list(),
    Field::new(3, "useNTS", Bool).optional(),
    Field::new(2, "layer", Enum(&enums::CONFIG_LAYER)),
]);

pub(crate) static TIME_SERVER_STATUS_SPEC: Message =
    Message(&[Field::new(1, "timeServers", Text).list(), Field::new(2, "useNTS", Bool)]);

pub(crate) static VIP_EQUINIX_METAL_SPEC: Message = Message(&[
    Field::new(1, "projectID", Text),
    Field::new(2, "deviceID", Text),
    Field::new(3, "apiToken", Text),
]);

pub(crate) static VIPH_CLOUD_SPEC: Message = Message(&[
    Field::new(1, "deviceID", Int),
    Field::new(2, "networkID", Int),
    Field::new(3, "apiToken", Text),
]);

pub(crate) static VIP_OPERATOR_SPEC: Message = Message(&[
    Field::new(1, "ip", Ip),
    Field::new(2, "gratuitousARP", Bool),
    Field::new(3, "equinixMetal", Nested(&VIP_EQUINIX_METAL_SPEC)).optional(),
    Field::new(4, "hcloud", Nested(&VIPH_CLOUD_SPEC)).optional(),
]);

pub(crate) static BGP_IMPORT_ROUTE_SPEC: Message =
    Message(&[Field::new(1, "bgpInstance", Text), Field::new(2, "prefixes", Prefix).list()]);
