//! The clock.

use proto::resource::time;

define! {
    time::AdjtimeStatusSpec => "AdjtimeStatuses.v1alpha1.talos.dev" in "runtime" {
        columns: &[
            ("Offset", "{.offset}"),
            ("EstError", "{.estError}"),
            ("MaxError", "{.maxError}"),
            ("Status", "{.status}"),
            ("Sync", "{.syncStatus}"),
        ],
    }
    time::StatusSpec => "TimeStatuses.v1alpha1.talos.dev" in "runtime" {
        columns: &[("Synced", "{.synced}")],
    }
}
