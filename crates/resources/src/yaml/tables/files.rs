//! Rendered files under /etc.

use crate::yaml::field::{Field, Kind::*, Message};

pub(crate) static ETC_FILE_SPEC_SPEC: Message = Message(&[
    Field::new(1, "contents", Bytes),
    Field::new(2, "mode", Uint),
    Field::new(3, "selinux_label", Text),
]);

pub(crate) static ETC_FILE_STATUS_SPEC: Message = Message(&[Field::new(1, "specVersion", Text)]);
