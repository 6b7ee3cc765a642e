//! Resources that describe resources.

use crate::enums;
use crate::yaml::field::{Field, Kind::*, Message};

pub(crate) static NAMESPACE_SPEC: Message = Message(&[Field::new(1, "description", Text)]);

pub(crate) static RESOURCE_DEFINITION_SPEC: Message = Message(&[
    Field::new(1, "type", Text),
    Field::new(2, "displayType", Text),
    Field::new(3, "defaultNamespace", Text),
    Field::new(4, "aliases", Text).list(),
    Field::new(5, "allAliases", Text).list(),
    Field::new(6, "printColumns", Nested(&PRINT_COLUMN)).list(),
    Field::new(7, "sensitivity", Enum(&enums::SENSITIVITY)).optional(),
]);

pub(crate) static PRINT_COLUMN: Message =
    Message(&[Field::new(1, "name", Text), Field::new(2, "jsonPath", Text)]);
