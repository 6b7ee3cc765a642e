//! Resources as `cosi.resource.Resource` (contract api.md 6.1).

use proto::cosi::resource as wire;
use resources::Resource;

pub(crate) use resources::wire::decode;

/// The message for a resource; `yaml` says whether the reader needs the YAML form of the spec.
pub(crate) fn encode(resource: &Resource, yaml: bool) -> wire::Resource {
    // What stands for a resource that does not exist has neither form of a spec.
    let tombstone = resource.metadata.version == 0 && resource.spec.is_empty();
    if yaml && !tombstone {
        match resources::wire::encode(resource) {
            Ok(message) => return message,
            // Without YAML the resource can still be read by programs.
            Err(error) => tracing::warn!(resource = %resource.metadata, %error, "no YAML for a resource"),
        }
    }
    resources::wire::encode_binary(resource)
}
