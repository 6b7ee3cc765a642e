//! System extensions.

use crate::yaml::field::{Field, Kind::*, Message};

pub(crate) static COMPATIBILITY: Message = Message(&[Field::new(1, "talos", Nested(&CONSTRAINT))]);

pub(crate) static CONSTRAINT: Message = Message(&[Field::new(1, "version", Text)]);

pub(crate) static LAYER: Message =
    Message(&[Field::new(1, "image", Text), Field::new(2, "metadata", Nested(&METADATA))]);

pub(crate) static METADATA: Message = Message(&[
    Field::new(1, "name", Text),
    Field::new(2, "version", Text),
    Field::new(3, "author", Text),
    Field::new(4, "description", Text),
    Field::new(5, "compatibility", Nested(&COMPATIBILITY)),
    Field::new(6, "extraInfo", Text).optional(),
]);
