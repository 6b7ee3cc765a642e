//! A resource: metadata and a spec, either as encoded bytes or as a typed message.

use std::fmt;

use bytes::Bytes;

use crate::metadata::Metadata;

/// A protobuf message that is the spec of one type of resource.
pub trait Spec: prost::Message + Default + Clone + PartialEq + fmt::Debug + Send + Sync + 'static {
    /// The full type, such as `LinkStatuses.net.talos.dev`.
    const TYPE: &'static str;
    /// The namespace in which resources of this type are unless said otherwise.
    const NAMESPACE: &'static str;
}

/// A resource as the store keeps it.
#[derive(Clone, PartialEq, Eq)]
pub struct Resource {
    pub metadata: Metadata,
    /// The spec, encoded as protobuf.
    pub spec: Bytes,
}

impl fmt::Debug for Resource {
    /// Leaves the spec out: it may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({} bytes of spec)", self.metadata, self.metadata.phase, self.spec.len())
    }
}

/// A resource with its spec decoded.
#[derive(Clone, PartialEq)]
pub struct Typed<S> {
    pub metadata: Metadata,
    pub spec: S,
}

impl<S> fmt::Debug for Typed<S> {
    /// Leaves the spec out: it may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.metadata, self.metadata.phase)
    }
}

impl<S: Spec> Typed<S> {
    /// A resource in the namespace that its type usually has.
    pub fn new(id: impl Into<String>, spec: S) -> Self {
        Typed { metadata: Metadata::new(S::NAMESPACE, S::TYPE, id), spec }
    }

    /// The same resource in another namespace.
    #[must_use]
    pub fn in_namespace(mut self, namespace: impl Into<String>) -> Self {
        self.metadata.namespace = namespace.into();
        self
    }

    /// The same resource with a label.
    #[must_use]
    pub fn with_label(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata.labels.insert(key.into(), value.into());
        self
    }

    /// The id within type and namespace.
    pub fn id(&self) -> &str {
        &self.metadata.id
    }

    /// The resource with its spec encoded.
    pub fn to_resource(&self) -> Resource {
        Resource { metadata: self.metadata.clone(), spec: self.spec.encode_to_vec().into() }
    }
}

/// Why a resource is not what it was taken for.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The resource is of another type.
    #[error("{resource} is not of type {expected}")]
    WrongType { resource: Box<Metadata>, expected: &'static str },
    /// The bytes of the spec are not the message of its type.
    #[error("the spec of {resource} is not a message of its type: {source}")]
    Spec { resource: Box<Metadata>, source: prost::DecodeError },
}

impl<S: Spec> TryFrom<Resource> for Typed<S> {
    type Error = DecodeError;

    fn try_from(resource: Resource) -> Result<Self, DecodeError> {
        let Resource { metadata, spec } = resource;
        if metadata.typ != S::TYPE {
            return Err(DecodeError::WrongType { resource: Box::new(metadata), expected: S::TYPE });
        }
        match S::decode(spec) {
            Ok(spec) => Ok(Typed { metadata, spec }),
            Err(source) => Err(DecodeError::Spec { resource: Box::new(metadata), source }),
        }
    }
}

impl<S: Spec> TryFrom<&Resource> for Typed<S> {
    type Error = DecodeError;

    fn try_from(resource: &Resource) -> Result<Self, DecodeError> {
        resource.clone().try_into()
    }
}

impl<S: Spec> From<Typed<S>> for Resource {
    fn from(typed: Typed<S>) -> Self {
        Resource { spec: typed.spec.encode_to_vec().into(), metadata: typed.metadata }
    }
}

impl<S: Spec> From<&Typed<S>> for Resource {
    fn from(typed: &Typed<S>) -> Self {
        typed.to_resource()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::resource::network::{HostnameStatusSpec, LinkAliasSpecSpec};

    fn hostname() -> Typed<HostnameStatusSpec> {
        let spec = HostnameStatusSpec { hostname: "cp-1".into(), domainname: String::new() };
        Typed::new("hostname", spec)
    }

    #[test]
    fn a_typed_resource_survives_the_store() {
        let stored = hostname().in_namespace("elsewhere").to_resource();
        let back = Typed::<HostnameStatusSpec>::try_from(stored).unwrap();
        assert_eq!(back, hostname().in_namespace("elsewhere"));
    }

    #[test]
    fn a_resource_of_another_type_is_refused() {
        let error = Typed::<LinkAliasSpecSpec>::try_from(hostname().to_resource()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "HostnameStatuses.net.talos.dev(network/hostname@undefined) is not of type LinkAliasSpecs.net.talos.dev"
        );
    }

    #[test]
    fn specs_do_not_reach_logs() {
        assert!(!format!("{:?} {:?}", hostname(), hostname().to_resource()).contains("cp-1"));
    }
}
