//! Names that follow from the name of a type (contract api.md 6.5).

/// The first part of a type: `LinkStatuses` of `LinkStatuses.net.talos.dev`.
pub(crate) fn plural_name(typ: &str) -> &str {
    typ.split_once('.').map_or(typ, |(name, _)| name)
}

/// The singular of an English plural, with the quirk of the inflector that clients know:
/// `Caches` gives `Cach`, because `ches` is taken for the plural of a word in `ch`.
pub(crate) fn singular(plural: &str) -> String {
    const DROP_ES: [&str; 5] = ["sses", "uses", "ches", "shes", "xes"];
    if let Some(stem) = plural.strip_suffix("ies") {
        return format!("{stem}y");
    }
    let drop = if DROP_ES.iter().any(|ending| plural.ends_with(ending)) { 2 } else { 1 };
    let (stem, _) = plural.split_at_checked(plural.len().saturating_sub(drop)).unwrap_or((plural, ""));
    if plural.ends_with('s') { stem.to_owned() } else { plural.to_owned() }
}

/// The singular in lower case, the capital letters, and those with an `s`.
pub(crate) fn automatic_aliases(typ: &str) -> Vec<String> {
    let name = plural_name(typ);
    let mut aliases = vec![singular(name).to_lowercase()];
    let capitals: String = name.chars().filter(char::is_ascii_uppercase).collect();
    if capitals.len() >= 2 {
        let short = capitals.to_lowercase();
        if !capitals.ends_with('S') {
            aliases.push(short.clone());
            aliases.push(format!("{short}s"));
        } else {
            aliases.push(short);
        }
    }
    aliases
}

/// The plural in lower case, alone and with each proper prefix of the dotted suffix.
pub(crate) fn dotted_aliases(typ: &str) -> Vec<String> {
    let lower = typ.to_lowercase();
    lower.match_indices('.').map(|(dot, _)| lower.get(..dot).unwrap_or_default().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plurals_are_inflected_as_clients_expect() {
        for (plural, expected) in [
            ("LinkStatuses", "LinkStatus"),
            ("NodeAddresses", "NodeAddress"),
            ("Identities", "Identity"),
            ("BootedEntries", "BootedEntry"),
            ("LinkRefreshes", "LinkRefresh"),
            ("DNSResolveCaches", "DNSResolveCach"),
            ("PCIDevices", "PCIDevice"),
            ("CertSANs", "CertSAN"),
            ("Diagnostics", "Diagnostic"),
            ("PlatformMetadatas", "PlatformMetadata"),
        ] {
            assert_eq!(singular(plural), expected);
        }
    }

    #[test]
    fn capitals_that_end_in_s_have_no_plural() {
        assert_eq!(automatic_aliases("NodeIPs.kubernetes.talos.dev"), ["nodeip", "nip", "nips"]);
        assert_eq!(automatic_aliases("LinkStatuses.net.talos.dev"), ["linkstatus", "ls"]);
        assert_eq!(automatic_aliases("Members.cluster.talos.dev"), ["member"]);
    }

    #[test]
    fn a_type_answers_to_every_prefix_of_its_suffix() {
        assert_eq!(
            dotted_aliases("Members.cluster.talos.dev"),
            ["members", "members.cluster", "members.cluster.talos"]
        );
        assert_eq!(dotted_aliases("SecurityStates.talos.dev"), ["securitystates", "securitystates.talos"]);
    }
}
