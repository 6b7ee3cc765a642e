//! The store as clients see it through apid (contract api.md 6.2, 6.3): definitions decide.

use rpc::Role;
use state::service::{Access, AccessPolicy};
use tonic::Status;

/// Readers read what is not sensitive; administrators read everything; nobody writes.
pub struct PublicPolicy;

impl AccessPolicy for PublicPolicy {
    fn read(&self, access: &Access<'_>) -> Result<(), Status> {
        let Some(definition) = resources::definition(access.typ) else {
            return Err(Status::permission_denied(format!(
                "resource type {:?} is not supported",
                access.typ
            )));
        };
        let roles = rpc::guard::roles(access.extensions);
        if definition.sensitive && !roles.contains(Role::Admin) {
            return Err(Status::permission_denied(rpc::authz::DENIED));
        }
        if !resources::namespace_exists(access.namespace) {
            return Err(Status::permission_denied(format!(
                "namespace {:?} is not supported",
                access.namespace
            )));
        }
        Ok(())
    }

    fn write(&self, _: &Access<'_>) -> Result<(), Status> {
        Err(Status::permission_denied("write access is not allowed"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic::Extensions;
    use tonic::metadata::MetadataMap;

    fn read(namespace: &str, typ: &str) -> Result<(), Status> {
        let (metadata, extensions) = (MetadataMap::new(), Extensions::new());
        PublicPolicy.read(&Access { metadata: &metadata, extensions: &extensions, namespace, typ, id: None })
    }

    #[test]
    fn unknown_types_and_namespaces_are_named_in_the_refusal() {
        let error = read("network", "Foos.net.talos.dev").unwrap_err();
        assert_eq!(error.message(), "resource type \"Foos.net.talos.dev\" is not supported");
        let error = read("nowhere", "LinkStatuses.net.talos.dev").unwrap_err();
        assert_eq!(error.message(), "namespace \"nowhere\" is not supported");
    }

    #[test]
    fn without_the_role_secrets_are_refused_and_the_rest_is_not() {
        assert!(read("network", "LinkStatuses.net.talos.dev").is_ok());
        let error = read("secrets", "OSRootSecrets.secrets.talos.dev").unwrap_err();
        assert_eq!((error.code(), error.message()), (tonic::Code::PermissionDenied, "not authorized"));
    }
}
