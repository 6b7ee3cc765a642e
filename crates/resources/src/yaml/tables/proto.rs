//! Mounts inside other specs.

use crate::yaml::field::{Field, Kind::*, Message};

pub(crate) static LINUX_ID_MAPPING: Message = Message(&[
    Field::new(1, "containerID", Uint),
    Field::new(2, "hostID", Uint),
    Field::new(3, "size", Uint),
]);

pub(crate) static MOUNT: Message = Message(&[
    Field::new(1, "destination", Text),
    Field::new(2, "type", Text).optional(),
    Field::new(3, "source", Text).optional(),
    Field::new(4, "options", Text).list().optional(),
    Field::new(5, "uidMappings", Nested(&LINUX_ID_MAPPING)).list().optional(),
    Field::new(6, "gidMappings", Nested(&LINUX_ID_MAPPING)).list().optional(),
]);
