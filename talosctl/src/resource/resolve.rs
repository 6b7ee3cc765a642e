//! A type of resources by any of its names (contract api.md 6.5).

use proto::cosi::resource::Resource;
use proto::cosi::resource::meta::ResourceDefinitionSpec;
use tonic::Status;

use super::store;
use crate::node::Node;

/// The registered types of a node.
///
/// # Errors
/// If they cannot be read.
pub async fn definitions(node: &Node) -> anyhow::Result<Vec<ResourceDefinitionSpec>> {
    let resources = store::list(node, store::DEFINITIONS).await?;
    resources.iter().map(store::spec).collect()
}

/// The type that `name` means: its id or one of its aliases, in any case.
///
/// # Errors
/// `NotFound` if there is none, `InvalidArgument` with the full names if there are several.
pub fn resolve<'a>(
    definitions: &'a [ResourceDefinitionSpec],
    name: &str,
) -> Result<&'a ResourceDefinitionSpec, Status> {
    let is_meant = |definition: &&ResourceDefinitionSpec| {
        let names = std::iter::once(&definition.resource_type).chain(&definition.all_aliases);
        names.into_iter().any(|known| known.eq_ignore_ascii_case(name))
    };
    let found: Vec<&ResourceDefinitionSpec> = definitions.iter().filter(is_meant).collect();
    match found.as_slice() {
        [] => Err(Status::not_found(format!("resource {name:?} is not registered"))),
        [one] => Ok(*one),
        several => {
            let types: Vec<&str> = several.iter().map(|d| d.resource_type.as_str()).collect();
            Err(Status::invalid_argument(format!(
                "resource type {name:?} is ambiguous: it may be {}; use one of these names",
                types.join(", ")
            )))
        }
    }
}

/// Name of a resource for messages: `Members.cluster.talos.dev/peer-w1`.
pub fn label(resource: &Resource) -> String {
    resource.metadata.as_ref().map(|m| format!("{}/{}", m.r#type, m.id)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definitions() -> Vec<ResourceDefinitionSpec> {
        resources::definitions().iter().map(|d| d.resource().spec).collect()
    }

    #[test]
    fn a_type_is_found_by_every_name_in_any_case() {
        let all = definitions();
        for name in
            ["members", "member", "Members.cluster.talos.dev", "MEMBERS.CLUSTER", "members.cluster.talos"]
        {
            assert_eq!(resolve(&all, name).unwrap().resource_type, "Members.cluster.talos.dev", "{name}");
        }
        assert_eq!(resolve(&all, "rd").unwrap().resource_type, "ResourceDefinitions.meta.cosi.dev");
        assert_eq!(resolve(&all, "mc").unwrap().resource_type, "MachineConfigs.config.talos.dev");
    }

    #[test]
    fn an_unknown_name_is_not_found_in_the_words_that_scripts_know() {
        let error = resolve(&definitions(), "nonsense").unwrap_err();
        assert_eq!(
            rpc::status::go_text(&error),
            "rpc error: code = NotFound desc = resource \"nonsense\" is not registered"
        );
    }

    #[test]
    fn an_ambiguous_name_lists_what_it_may_mean() {
        let error = resolve(&definitions(), "kc").unwrap_err();
        assert_eq!(error.code(), tonic::Code::InvalidArgument);
        for meant in ["KubeletConfigs.kubernetes.talos.dev", "KernelCmdlines.runtime.talos.dev"] {
            assert!(error.message().contains(meant), "{error}");
        }
    }
}
