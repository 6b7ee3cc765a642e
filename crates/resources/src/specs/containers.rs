//! Containers that the node runs besides Kubernetes.

use proto::internal::specs as own;

define! {
    own::ContainerSpecSpec => "ContainerSpecs.containers.talos.dev" in "containers" {
        aliases: &["containerspec", "containerspecs"],
        columns: &[("Image", "{.image.ref}")],
    }
}
