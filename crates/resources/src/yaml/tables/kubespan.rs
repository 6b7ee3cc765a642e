//! The WireGuard mesh between nodes.

use crate::enums;
use crate::yaml::field::{Field, Kind::*, Message};

pub(crate) static CONFIG_SPEC: Message = Message(&[
    Field::new(1, "enabled", Bool),
    Field::new(2, "clusterId", Text),
    Field::new(3, "sharedSecret", Text),
    Field::new(4, "forceRouting", Bool),
    Field::new(5, "advertiseKubernetesNetworks", Bool),
    Field::new(6, "mtu", Uint).optional(),
    Field::new(7, "endpointFilters", Text).list().optional(),
    Field::new(8, "harvestExtraEndpoints", Bool),
    Field::new(9, "extraEndpoints", IpPort).list().optional(),
    Field::new(10, "excludeAdvertisedNetworks", Prefix).list().optional(),
]);

pub(crate) static ENDPOINT_SPEC: Message =
    Message(&[Field::new(1, "affiliateID", Text), Field::new(2, "endpoint", IpPort)]);

pub(crate) static IDENTITY_SPEC: Message = Message(&[
    Field::new(1, "address", Prefix),
    Field::new(2, "subnet", Prefix),
    Field::new(3, "privateKey", Text),
    Field::new(4, "publicKey", Text),
]);

pub(crate) static PEER_SPEC_SPEC: Message = Message(&[
    Field::new(1, "address", Ip),
    Field::new(2, "allowedIPs", Prefix).list(),
    Field::new(3, "endpoints", IpPort).list(),
    Field::new(4, "label", Text),
]);

pub(crate) static PEER_STATUS_SPEC: Message = Message(&[
    Field::new(1, "endpoint", IpPort),
    Field::new(2, "label", Text),
    Field::new(3, "state", Enum(&enums::PEER_STATE)),
    Field::new(4, "receiveBytes", Int),
    Field::new(5, "transmitBytes", Int),
    Field::new(6, "lastHandshakeTime", Timestamp),
    Field::new(7, "lastUsedEndpoint", IpPort),
    Field::new(8, "lastEndpointChange", Timestamp),
]);
