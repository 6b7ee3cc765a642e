//! Resources as the messages of `cosi.resource` (contract api.md 6.1), and back.

use std::time::SystemTime;

use proto::cosi::resource as wire;

use crate::metadata::{Metadata, Phase, UnknownPhase};
use crate::resource::{Resource, Spec};
use crate::yaml::{self, YamlError};

/// The annotation by which clients know that the machine configuration is text, not an object.
const YAML_SPEC: (&str, &str) = ("talos.dev/yaml-spec", "1");

/// Why a message is not a resource.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidResource {
    /// A message without metadata says nothing about whose it is.
    #[error("the resource has no metadata")]
    NoMetadata,
    /// Neither `undefined` nor a number.
    #[error("the version {0:?} of the resource is not a number")]
    Version(String),
    /// Neither `running` nor `tearingDown`.
    #[error(transparent)]
    Phase(#[from] UnknownPhase),
}

/// The message for a live resource, with the spec in both forms: what clients get.
pub fn encode(resource: &Resource) -> Result<wire::Resource, YamlError> {
    let mut message = encode_binary(resource);
    let yaml_spec = yaml::to_text(&resource.metadata.typ, &resource.spec)?;
    if let Some(spec) = &mut message.spec {
        spec.yaml_spec = yaml_spec;
    }
    Ok(message)
}

/// The message for a live resource without YAML: enough for programs of this node.
pub fn encode_binary(resource: &Resource) -> wire::Resource {
    let spec = wire::Spec { proto_spec: resource.spec.clone(), yaml_spec: String::new() };
    wire::Resource { metadata: Some(metadata(&resource.metadata)), spec: Some(spec) }
}

/// The message for a resource that is gone: its spec is there, and empty.
pub fn encode_tombstone(metadata: &Metadata) -> wire::Resource {
    wire::Resource { metadata: Some(self::metadata(metadata)), spec: Some(wire::Spec::default()) }
}

/// The resource in a message.
pub fn decode(message: wire::Resource) -> Result<Resource, InvalidResource> {
    let metadata = decode_metadata(message.metadata.ok_or(InvalidResource::NoMetadata)?)?;
    Ok(Resource { metadata, spec: message.spec.unwrap_or_default().proto_spec })
}

fn metadata(metadata: &Metadata) -> wire::Metadata {
    let mut annotations = metadata.annotations.clone();
    if annotations.is_empty() && metadata.typ == proto::resource::config::MachineConfigSpec::TYPE {
        let (key, value) = YAML_SPEC;
        annotations.insert(key.to_owned(), value.to_owned());
    }
    wire::Metadata {
        namespace: metadata.namespace.clone(),
        r#type: metadata.typ.clone(),
        id: metadata.id.clone(),
        version: metadata.version_text(),
        owner: metadata.owner.clone(),
        phase: metadata.phase.as_str().to_owned(),
        created: Some(metadata.created.into()),
        updated: Some(metadata.updated.into()),
        finalizers: metadata.finalizers.clone(),
        labels: metadata.labels.clone(),
        annotations,
    }
}

fn decode_metadata(message: wire::Metadata) -> Result<Metadata, InvalidResource> {
    let version = match message.version.as_str() {
        "" | "undefined" => 0,
        text => text.parse().map_err(|_| InvalidResource::Version(text.to_owned()))?,
    };
    let time = |time: Option<prost_types::Timestamp>| {
        proto::convert::system_time(time.as_ref()).unwrap_or(SystemTime::UNIX_EPOCH)
    };
    Ok(Metadata {
        version,
        phase: if message.phase.is_empty() { Phase::Running } else { message.phase.parse()? },
        namespace: message.namespace,
        typ: message.r#type,
        id: message.id,
        owner: message.owner,
        created: time(message.created),
        updated: time(message.updated),
        finalizers: message.finalizers,
        labels: message.labels,
        annotations: message.annotations,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Typed;
    use proto::resource::config::MachineConfigSpec;
    use proto::resource::network::HostnameStatusSpec;

    fn resource() -> Resource {
        let spec = HostnameStatusSpec { hostname: "cp-1".into(), ..Default::default() };
        let mut resource = Typed::new("hostname", spec).with_label("a", "b").to_resource();
        resource.metadata.version = 7;
        resource.metadata.add_finalizer("network.Controller");
        resource.metadata.phase = Phase::TearingDown;
        resource
    }

    #[test]
    fn a_resource_survives_the_wire() {
        let message = encode(&resource()).unwrap();
        assert_eq!(message.spec.as_ref().unwrap().yaml_spec, "hostname: cp-1\ndomainname: \"\"\n");
        assert_eq!(decode(message).unwrap(), resource());
    }

    #[test]
    fn a_tombstone_has_an_empty_spec() {
        assert_eq!(encode_tombstone(&resource().metadata).spec, Some(wire::Spec::default()));
    }

    #[test]
    fn the_configuration_says_that_it_is_text() {
        let config =
            Typed::new("v1alpha1", MachineConfigSpec { yaml_marshalled: b"version: v1alpha1\n".to_vec() });
        let message = encode(&config.to_resource()).unwrap();
        assert_eq!(message.metadata.unwrap().annotations["talos.dev/yaml-spec"], "1");
    }

    #[test]
    fn a_message_that_is_no_resource_is_refused() {
        assert_eq!(decode(wire::Resource::default()), Err(InvalidResource::NoMetadata));
        let mut message = encode_binary(&resource());
        message.metadata.as_mut().unwrap().version = "seven".into();
        assert_eq!(decode(message), Err(InvalidResource::Version("seven".into())));
    }
}
