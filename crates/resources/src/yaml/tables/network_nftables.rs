//! Packet filters.

use crate::enums;
use crate::yaml::field::{Field, Kind::*, Message};

pub(crate) static NF_TABLES_ADDRESS_MATCH: Message = Message(&[
    Field::new(1, "includeSubnets", Prefix).list().optional(),
    Field::new(2, "excludeSubnets", Prefix).list().optional(),
    Field::new(3, "invert", Bool).optional(),
]);

pub(crate) static NF_TABLES_CHAIN_SPEC: Message = Message(&[
    Field::new(1, "type", Text),
    Field::new(2, "hook", Enum(&enums::NF_TABLES_CHAIN_HOOK)),
    Field::new(3, "priority", Enum(&enums::NF_TABLES_CHAIN_PRIORITY)),
    Field::new(5, "policy", Enum(&enums::NF_TABLES_VERDICT)),
    Field::new(4, "rules", Nested(&NF_TABLES_RULE)).list(),
]);

pub(crate) static NF_TABLES_CLAMP_MSS: Message = Message(&[Field::new(1, "mtu", Uint)]);

pub(crate) static NF_TABLES_CONNTRACK_STATE_MATCH: Message =
    Message(&[Field::new(1, "states", Enum(&enums::CONNTRACK_STATE)).list()]);

pub(crate) static NF_TABLES_ICMP_TYPE_MATCH: Message =
    Message(&[Field::new(1, "types", Enum(&enums::ICMP_TYPE)).list()]);

pub(crate) static NF_TABLES_IF_NAME_MATCH: Message = Message(&[
    Field::new(3, "interfaceName", Text).list(),
    Field::new(2, "operator", Enum(&enums::MATCH_OPERATOR)),
]);

pub(crate) static NF_TABLES_LAYER4_MATCH: Message = Message(&[
    Field::new(1, "protocol", Enum(&enums::PROTOCOL)),
    Field::new(2, "matchSourcePort", Nested(&NF_TABLES_PORT_MATCH)).optional(),
    Field::new(3, "matchDestinationPort", Nested(&NF_TABLES_PORT_MATCH)).optional(),
    Field::new(4, "matchICMPType", Nested(&NF_TABLES_ICMP_TYPE_MATCH)).optional(),
]);

pub(crate) static NF_TABLES_LIMIT_MATCH: Message = Message(&[Field::new(1, "packetRatePerSecond", Uint)]);

pub(crate) static NF_TABLES_MARK: Message = Message(&[
    Field::new(1, "mask", Uint).optional(),
    Field::new(2, "xor", Uint).optional(),
    Field::new(3, "value", Uint).optional(),
]);

pub(crate) static NF_TABLES_PORT_MATCH: Message =
    Message(&[Field::new(1, "ranges", Nested(&PORT_RANGE)).list().optional()]);

pub(crate) static NF_TABLES_RULE: Message = Message(&[
    Field::new(8, "matchIIfName", Nested(&NF_TABLES_IF_NAME_MATCH)).optional(),
    Field::new(1, "matchOIfName", Nested(&NF_TABLES_IF_NAME_MATCH)).optional(),
    Field::new(3, "matchMark", Nested(&NF_TABLES_MARK)).optional(),
    Field::new(11, "matchConntrackState", Nested(&NF_TABLES_CONNTRACK_STATE_MATCH)).optional(),
    Field::new(5, "matchSourceAddress", Nested(&NF_TABLES_ADDRESS_MATCH)).optional(),
    Field::new(6, "matchDestinationAddress", Nested(&NF_TABLES_ADDRESS_MATCH)).optional(),
    Field::new(7, "matchLayer4", Nested(&NF_TABLES_LAYER4_MATCH)).optional(),
    Field::new(10, "matchLimit", Nested(&NF_TABLES_LIMIT_MATCH)).optional(),
    Field::new(9, "clampMSS", Nested(&NF_TABLES_CLAMP_MSS)).optional(),
    Field::new(4, "setMark", Nested(&NF_TABLES_MARK)).optional(),
    Field::new(12, "anonymousCounter", Bool).optional(),
    Field::new(2, "verdict", Enum(&enums::NF_TABLES_VERDICT)).optional(),
]);

pub(crate) static PORT_RANGE: Message = Message(&[Field::new(1, "lo", Uint), Field::new(2, "hi", Uint)]);
