//! The clock.

use crate::yaml::field::{Field, Kind::*, Message};

pub(crate) static ADJTIME_STATUS_SPEC: Message = Message(&[
    Field::new(1, "offset", Duration),
    Field::new(2, "frequencyAdjustmentRatio", Double),
    Field::new(3, "maxError", Duration),
    Field::new(4, "estError", Duration),
    Field::new(5, "status", Text),
    Field::new(6, "constant", Int),
    Field::new(7, "syncStatus", Bool),
    Field::new(8, "state", Text),
]);

pub(crate) static STATUS_SPEC: Message = Message(&[
    Field::new(1, "synced", Bool),
    Field::new(2, "epoch", Int),
    Field::new(3, "syncDisabled", Bool),
    Field::new(4, "spikeDetected", Bool),
    Field::new(5, "consecutiveSpikes", Int),
]);
