//! Services and the acquisition of the configuration.

use proto::internal::specs as own;
use proto::resource::v1alpha1;

define! {
    own::AcquireConfigSpecSpec => "AcquireConfigSpecs.v1alpha1.talos.dev" in "runtime" {}
    own::AcquireConfigStatusSpec => "AcquireConfigStatuses.v1alpha1.talos.dev" in "runtime" {}
    v1alpha1::ServiceSpec => "Services.v1alpha1.talos.dev" in "runtime" {
        aliases: &["svc"],
        columns: &[
            ("Running", "{.running}"),
            ("Healthy", "{.healthy}"),
            ("Health Unknown", "{.unknown}"),
        ],
    }
}
