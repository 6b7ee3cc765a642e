//! Reads from a node's resource store.

use anyhow::Context as _;
use proto::cosi::resource::{GetRequest, ListRequest, Resource};
use tonic::{Code, Status};

use crate::node::Node;

/// A type of resources in a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind<'a> {
    /// Namespace.
    pub namespace: &'a str,
    /// Full type name.
    pub typ: &'a str,
}

/// Registered types.
pub const DEFINITIONS: Kind<'static> = Kind { namespace: "meta", typ: "ResourceDefinitions.meta.cosi.dev" };

/// One resource.
///
/// # Errors
/// The status of the call, `NotFound` if there is none.
pub async fn get(node: &Node, kind: Kind<'_>, id: &str) -> Result<Resource, Status> {
    let request = GetRequest {
        namespace: kind.namespace.to_owned(),
        r#type: kind.typ.to_owned(),
        id: id.to_owned(),
        options: None,
    };
    let answer = node.state().get(node.request(request)).await?.into_inner();
    answer.resource.ok_or_else(|| Status::internal("the answer has no resource"))
}

/// One resource, if it is there.
///
/// # Errors
/// The status of the call.
pub async fn find(node: &Node, kind: Kind<'_>, id: &str) -> Result<Option<Resource>, Status> {
    match get(node, kind, id).await {
        Ok(resource) => Ok(Some(resource)),
        Err(status) if status.code() == Code::NotFound => Ok(None),
        Err(status) => Err(status),
    }
}

/// All resources of a kind.
///
/// # Errors
/// The status of the call.
pub async fn list(node: &Node, kind: Kind<'_>) -> Result<Vec<Resource>, Status> {
    let request =
        ListRequest { namespace: kind.namespace.to_owned(), r#type: kind.typ.to_owned(), options: None };
    let mut stream = node.state().list(node.request(request)).await?.into_inner();
    let mut found = Vec::new();
    while let Some(message) = stream.message().await? {
        found.extend(message.resource);
    }
    Ok(found)
}

/// The typed spec of a resource.
///
/// # Errors
/// If it is not what its type says.
pub fn spec<S: prost::Message + Default>(resource: &Resource) -> anyhow::Result<S> {
    let bytes = resource.spec.as_ref().map(|spec| spec.proto_spec.clone()).unwrap_or_default();
    S::decode(bytes).context("a resource's spec cannot be decoded")
}

/// The id of a resource.
pub fn id(resource: &Resource) -> &str {
    resource.metadata.as_ref().map(|m| m.id.as_str()).unwrap_or_default()
}
