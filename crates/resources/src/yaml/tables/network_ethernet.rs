//! Settings of Ethernet devices.

use crate::enums;
use crate::yaml::field::{Field, Kind::*, Message};

pub(crate) static ETHERNET_CHANNELS_SPEC: Message = Message(&[
    Field::new(1, "rx", Uint).optional(),
    Field::new(2, "tx", Uint).optional(),
    Field::new(3, "other", Uint).optional(),
    Field::new(4, "combined", Uint).optional(),
]);

pub(crate) static ETHERNET_CHANNELS_STATUS: Message = Message(&[
    Field::new(1, "rx-max", Uint).optional(),
    Field::new(2, "tx-max", Uint).optional(),
    Field::new(3, "other-max", Uint).optional(),
    Field::new(4, "combined-max", Uint).optional(),
    Field::new(5, "rx", Uint).optional(),
    Field::new(6, "tx", Uint).optional(),
    Field::new(7, "other", Uint).optional(),
    Field::new(8, "combined", Uint).optional(),
]);

pub(crate) static ETHERNET_FEATURE_STATUS: Message =
    Message(&[Field::new(1, "name", Text), Field::new(2, "status", Text)]);

pub(crate) static ETHERNET_RINGS_SPEC: Message = Message(&[
    Field::new(1, "rx", Uint).optional(),
    Field::new(4, "tx", Uint).optional(),
    Field::new(2, "rx-mini", Uint).optional(),
    Field::new(3, "rx-jumbo", Uint).optional(),
    Field::new(5, "rx-buf-len", Uint).optional(),
    Field::new(6, "cqe-size", Uint).optional(),
    Field::new(7, "tx-push", Bool).optional(),
    Field::new(8, "rx-push", Bool).optional(),
    Field::new(9, "tx-push-buf-len", Uint).optional(),
    Field::new(10, "tcp-data-split", Bool).optional(),
]);

pub(crate) static ETHERNET_RINGS_STATUS: Message = Message(&[
    Field::new(1, "rx-max", Uint).optional(),
    Field::new(2, "rx-mini-max", Uint).optional(),
    Field::new(3, "rx-jumbo-max", Uint).optional(),
    Field::new(4, "tx-max", Uint).optional(),
    Field::new(5, "tx-push-buf-len-max", Uint).optional(),
    Field::new(6, "rx", Uint).optional(),
    Field::new(7, "rx-mini", Uint).optional(),
    Field::new(8, "rx-jumbo", Uint).optional(),
    Field::new(9, "tx", Uint).optional(),
    Field::new(10, "rx-buf-len", Uint).optional(),
    Field::new(11, "cqe-size", Uint).optional(),
    Field::new(12, "tx-push", Bool).optional(),
    Field::new(13, "rx-push", Bool).optional(),
    Field::new(14, "tx-push-buf-len", Uint).optional(),
    Field::new(15, "tcp-data-split", Bool).optional(),
]);

pub(crate) static ETHERNET_SPEC_SPEC: Message = Message(&[
    Field::new(1, "rings", Nested(&ETHERNET_RINGS_SPEC)).optional(),
    Field::new(2, "features", Map(&Bool)).optional(),
    Field::new(3, "channels", Nested(&ETHERNET_CHANNELS_SPEC)).optional(),
    Field::new(4, "wakeOnLan", Enum(&enums::WOL_MODE)).list().optional(),
]);

pub(crate) static ETHERNET_STATUS_SPEC: Message = Message(&[
    Field::new(1, "linkState", Bool).optional(),
    Field::new(2, "speedMbit", Int).optional(),
    Field::new(3, "port", Enum(&enums::PORT)),
    Field::new(4, "duplex", Enum(&enums::DUPLEX)),
    Field::new(5, "ourModes", Text).list().optional(),
    Field::new(6, "peerModes", Text).list().optional(),
    Field::new(7, "rings", Nested(&ETHERNET_RINGS_STATUS)).optional(),
    Field::new(8, "features", Nested(&ETHERNET_FEATURE_STATUS)).list().optional(),
    Field::new(9, "channels", Nested(&ETHERNET_CHANNELS_STATUS)).optional(),
    Field::new(10, "wakeOnLAN", Enum(&enums::WOL_MODE)).list().optional(),
]);
