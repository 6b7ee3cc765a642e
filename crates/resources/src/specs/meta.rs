//! Resources that describe resources.

use proto::cosi::resource::meta;

define! {
    meta::NamespaceSpec => "Namespaces.meta.cosi.dev" in "meta" {
        aliases: &["ns"],
    }
    meta::ResourceDefinitionSpec => "ResourceDefinitions.meta.cosi.dev" in "meta" {
        aliases: &["api-resources"],
        columns: &[("Aliases", "{.aliases[:]}")],
    }
}
