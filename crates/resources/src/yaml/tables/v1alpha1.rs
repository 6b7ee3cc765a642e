//! Services.

use crate::yaml::field::{Field, Kind::*, Message};

pub(crate) static SERVICE_SPEC: Message = Message(&[
    Field::new(1, "running", Bool),
    Field::new(2, "healthy", Bool),
    Field::new(3, "unknown", Bool),
]);
