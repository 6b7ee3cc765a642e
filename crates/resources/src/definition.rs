//! What a type of resource is called, where it lives, who may read it and what people see of it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use proto::cosi::resource::meta::ResourceDefinitionSpec;
use proto::cosi::resource::meta::resource_definition_spec::{PrintColumn, Sensitivity};

use crate::names;
use crate::resource::Typed;
use crate::specs::PACKAGES;

/// Who owns the resources that describe types and namespaces.
pub(crate) const META_OWNER: &str = "meta";

/// Facts about a type of resource (contract api.md 6.5 and 7).
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    /// The full type, such as `LinkStatuses.net.talos.dev`.
    pub typ: &'static str,
    /// The namespace that is meant when none is said.
    pub namespace: &'static str,
    /// Aliases beside those that follow from the type.
    pub aliases: &'static [&'static str],
    /// Columns that `talosctl get` shows: title and JSONPath into the spec.
    pub columns: &'static [(&'static str, &'static str)],
    /// Holds secrets: only administrators may read it.
    pub sensitive: bool,
    /// Answers to its explicit aliases only.
    pub no_automatic_aliases: bool,
}

impl Definition {
    /// A definition without aliases of its own and without columns.
    pub(crate) const fn new(typ: &'static str, namespace: &'static str) -> Self {
        Definition {
            typ,
            namespace,
            aliases: &[],
            columns: &[],
            sensitive: false,
            no_automatic_aliases: false,
        }
    }

    /// The type in the singular, as tables show it: `LinkStatus`.
    pub fn display_type(&self) -> String {
        names::singular(names::plural_name(self.typ))
    }

    /// The explicit aliases, then those that follow from the type.
    pub fn short_aliases(&self) -> Vec<String> {
        let mut aliases: Vec<String> = self.aliases.iter().map(|alias| (*alias).to_owned()).collect();
        if !self.no_automatic_aliases {
            for alias in names::automatic_aliases(self.typ) {
                if !aliases.contains(&alias) {
                    aliases.push(alias);
                }
            }
        }
        aliases
    }

    /// Everything by which a client may ask for the type, except the full type itself.
    pub fn all_aliases(&self) -> Vec<String> {
        let mut aliases =
            if self.no_automatic_aliases { Vec::new() } else { names::dotted_aliases(self.typ) };
        for alias in self.short_aliases() {
            if !aliases.contains(&alias) {
                aliases.push(alias);
            }
        }
        aliases
    }

    /// The resource that tells clients about the type.
    pub fn resource(&self) -> Typed<ResourceDefinitionSpec> {
        let columns = self
            .columns
            .iter()
            .map(|(name, path)| PrintColumn { name: (*name).to_owned(), json_path: (*path).to_owned() });
        let sensitivity = if self.sensitive { Sensitivity::Sensitive } else { Sensitivity::NonSensitive };
        let spec = ResourceDefinitionSpec {
            resource_type: self.typ.to_owned(),
            display_type: self.display_type(),
            default_namespace: self.namespace.to_owned(),
            aliases: self.short_aliases(),
            all_aliases: self.all_aliases(),
            print_columns: columns.collect(),
            sensitivity: sensitivity.into(),
        };
        let mut resource = Typed::new(self.typ.to_lowercase(), spec);
        resource.metadata.owner = META_OWNER.to_owned();
        resource
    }
}

static ALL: LazyLock<Vec<Definition>> =
    LazyLock::new(|| PACKAGES.iter().flat_map(|package| package.iter().copied()).collect());

static BY_ID: LazyLock<BTreeMap<String, &'static Definition>> =
    LazyLock::new(|| ALL.iter().map(|definition| (definition.typ.to_lowercase(), definition)).collect());

/// The definitions of all types.
pub fn definitions() -> &'static [Definition] {
    &ALL
}

/// The definition of a type, in whatever case the type is written.
pub fn definition(typ: &str) -> Option<&'static Definition> {
    BY_ID.get(&typ.to_lowercase()).copied()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// One line a type: its name, then all its short aliases.
    const ALIASES: &str = include_str!("../tests/aliases.txt");

    #[test]
    fn aliases_are_those_of_the_contract() {
        let expected: BTreeMap<&str, BTreeSet<&str>> = ALIASES
            .lines()
            .filter_map(|line| line.split_once(':'))
            .map(|(typ, aliases)| (typ, aliases.split_whitespace().collect()))
            .collect();
        assert_eq!(expected.len(), definitions().len());
        for definition in definitions() {
            let aliases = definition.short_aliases();
            let actual: BTreeSet<&str> = aliases.iter().map(String::as_str).collect();
            assert_eq!(Some(&actual), expected.get(definition.typ), "{}", definition.typ);
        }
    }

    #[test]
    fn ambiguous_aliases_are_those_that_clients_know() {
        // Contract api.md 6.5.
        let expected = "ac acs apisc apiscs as cpus cs dcs efs es esc escs fsss hs kc kcs kms kps ks ksps ls \
                        lvmlvs lvmpvs lvmvgs mdas mrs ms nas ns ps rrs rs sc scs sp sps ss tss";
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for alias in definitions().iter().flat_map(Definition::all_aliases) {
            *seen.entry(alias).or_default() += 1;
        }
        let ambiguous: Vec<String> =
            seen.into_iter().filter(|(_, n)| *n > 1).map(|(alias, _)| alias).collect();
        assert_eq!(ambiguous, expected.split_whitespace().collect::<Vec<_>>());
    }

    #[test]
    fn types_are_distinct_in_any_case() {
        assert_eq!(BY_ID.len(), ALL.len());
    }

    #[test]
    fn the_definition_of_members_is_complete() {
        let resource = definition("members.cluster.talos.dev").unwrap().resource();
        assert_eq!(resource.id(), "members.cluster.talos.dev");
        assert_eq!(resource.spec.resource_type, "Members.cluster.talos.dev");
        assert_eq!(resource.spec.display_type, "Member");
        assert_eq!(resource.spec.aliases, ["member"]);
        assert_eq!(
            resource.spec.all_aliases,
            ["members", "members.cluster", "members.cluster.talos", "member"]
        );
        assert_eq!(resource.spec.print_columns.len(), 4);
    }

    #[test]
    fn legacy_mounts_answer_to_their_explicit_alias_only() {
        let definition = definition("MountStatuses.runtime.talos.dev").unwrap();
        assert_eq!(definition.all_aliases(), ["mounts"]);
    }

    #[test]
    fn secrets_are_sensitive() {
        for definition in definitions().iter().filter(|d| d.namespace == "secrets") {
            assert!(definition.sensitive, "{}", definition.typ);
        }
    }
}
