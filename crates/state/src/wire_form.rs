//! Resources as `cosi.resource.Resource` (contract api.md 6.1).

use std::time::SystemTime;

use proto::cosi::resource as wire;
use resources::{Metadata, Resource};

/// Why a message is not a resource.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Invalid {
    #[error("it has no metadata")]
    NoMetadata,
    #[error("its version {0:?} is not a number")]
    Version(String),
    #[error(transparent)]
    Phase(#[from] resources::UnknownPhase),
}

/// The message for a resource; `yaml` says whether the reader needs the YAML form of the spec.
pub(crate) fn encode(resource: &Resource, yaml: bool) -> wire::Resource {
    let m = &resource.metadata;
    let metadata = wire::Metadata {
        namespace: m.namespace.clone(),
        r#type: m.typ.clone(),
        id: m.id.clone(),
        version: m.version_text(),
        owner: m.owner.clone(),
        phase: m.phase.as_str().to_owned(),
        created: Some(m.created.into()),
        updated: Some(m.updated.into()),
        finalizers: m.finalizers.clone(),
        labels: m.labels.clone().into_iter().collect(),
        annotations: m.annotations.clone().into_iter().collect(),
    };
    let yaml_spec = if yaml { String::new() } else { String::new() };
    let spec = wire::Spec { proto_spec: resource.spec.clone().into(), yaml_spec };
    wire::Resource { metadata: Some(metadata), spec: Some(spec) }
}

/// The resource in a message.
pub(crate) fn decode(message: wire::Resource) -> Result<Resource, Invalid> {
    let m = message.metadata.ok_or(Invalid::NoMetadata)?;
    let version = match m.version.as_str() {
        "" | "undefined" => 0,
        text => text.parse().map_err(|_| Invalid::Version(text.to_owned()))?,
    };
    let time = |t: Option<prost_types::Timestamp>| {
        t.and_then(|t| SystemTime::try_from(t).ok()).unwrap_or(SystemTime::UNIX_EPOCH)
    };
    let mut metadata = Metadata::new(m.namespace, m.r#type, m.id);
    metadata.version = version;
    metadata.owner = m.owner;
    metadata.phase = if m.phase.is_empty() { resources::Phase::Running } else { m.phase.parse()? };
    (metadata.created, metadata.updated) = (time(m.created), time(m.updated));
    metadata.finalizers = m.finalizers;
    metadata.labels = m.labels.into_iter().collect();
    metadata.annotations = m.annotations.into_iter().collect();
    Ok(Resource { metadata, spec: message.spec.unwrap_or_default().proto_spec.into() })
}
