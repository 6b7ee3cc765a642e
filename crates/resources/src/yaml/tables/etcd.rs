//! etcd on this node.

use crate::yaml::field::{Field, Kind::*, Message};

pub(crate) static ARG_VALUES: Message = Message(&[Field::new(1, "values", Text).list()]);

pub(crate) static CONFIG_SPEC: Message = Message(&[
    Field::new(1, "advertiseValidSubnets", Text).list().optional(),
    Field::new(2, "advertiseExcludeSubnets", Text).list(),
    Field::new(5, "listenValidSubnets", Text).list().optional(),
    Field::new(6, "listenExcludeSubnets", Text).list(),
    Field::new(3, "image", Text),
    Field::new(7, "extraArgs", Map(&Nested(&ARG_VALUES))),
]);

pub(crate) static MEMBER_SPEC: Message = Message(&[Field::new(1, "memberID", Text)]);

pub(crate) static PKI_STATUS_SPEC: Message =
    Message(&[Field::new(1, "ready", Bool), Field::new(2, "version", Text)]);

pub(crate) static SPEC_SPEC: Message = Message(&[
    Field::new(1, "name", Text),
    Field::new(2, "advertisedAddresses", Ip).list(),
    Field::new(5, "listenPeerAddresses", Ip).list(),
    Field::new(6, "listenClientAddresses", Ip).list(),
    Field::new(3, "image", Text),
    Field::new(7, "extraArgs", Map(&Nested(&ARG_VALUES))),
]);
