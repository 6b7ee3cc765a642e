//! The tunnel to a remote management service.

use crate::yaml::field::{Field, Kind::*, Message};

pub(crate) static CONFIG_SPEC: Message = Message(&[
    Field::new(1, "apiEndpoint", Text),
    Field::new(2, "host", Text),
    Field::new(3, "joinToken", Text),
    Field::new(4, "insecure", Bool),
    Field::new(5, "tunnel", Bool),
]);

pub(crate) static STATUS_SPEC: Message = Message(&[
    Field::new(1, "host", Text),
    Field::new(2, "connected", Bool),
    Field::new(3, "linkName", Text),
    Field::new(4, "grpcTunnel", Bool),
]);

pub(crate) static TUNNEL_SPEC: Message = Message(&[
    Field::new(1, "apiEndpoint", Text),
    Field::new(2, "linkName", Text),
    Field::new(3, "mtu", Int),
    Field::new(4, "nodeAddress", IpPort),
]);
