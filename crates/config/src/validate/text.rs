//! Grammars of names that several rules share.

/// A DNS label: letters, digits and dashes, not at the ends, at most 63.
pub(super) fn is_dns_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=63).contains(&text.len())
        && text.bytes().all(inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// A domain name of DNS labels.
pub(super) fn is_domain(text: &str) -> bool {
    (1..=253).contains(&text.len()) && text.split('.').all(is_dns_label)
}

/// What a text is as the name of a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HostName {
    /// A name that DNS and Kubernetes take.
    Fine,
    /// It has underscores, which a kernel and many networks take, and DNS does not.
    Underscore,
    /// No machine can have this name.
    Wrong,
}

/// What is said about a name with underscores.
pub(super) const UNDERSCORE: &str =
    "DNS and Kubernetes know no underscores in names of machines; '-' works everywhere";

/// Judges the name of a machine, with its domain if it has one.
pub(super) fn host_name(text: &str) -> HostName {
    match (is_domain(text), is_domain(&text.replace('_', "-"))) {
        (true, _) => HostName::Fine,
        (false, true) => HostName::Underscore,
        (false, false) => HostName::Wrong,
    }
}

/// A lower-case domain name, as names of Kubernetes objects are.
pub(super) fn is_dns1123_subdomain(text: &str) -> bool {
    is_domain(text) && !text.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// Letters, digits, dashes, dots and underscores, beginning and ending with a letter or digit.
fn is_qualified_part(text: &str) -> bool {
    let ends = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    (1..=63).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
        && ends(text.bytes().next())
        && ends(text.bytes().last())
}

/// The key of a label, an annotation or a taint: a name, with a domain in front if it has one.
pub(super) fn is_qualified_name(text: &str) -> bool {
    match text.split_once('/') {
        Some((prefix, name)) => is_dns1123_subdomain(prefix) && is_qualified_part(name),
        None => is_qualified_part(text),
    }
}

/// The value of a label or a taint.
pub(super) fn is_label_value(text: &str) -> bool {
    text.is_empty() || is_qualified_part(text)
}

/// The name of an environment variable.
pub(super) fn is_env_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// A name of at most so many ASCII letters, digits and further characters.
pub(super) fn is_name_of(text: &str, most: usize, further: &str) -> bool {
    (1..=most).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || further.contains(c))
}

/// Host and port: a name, an IPv4 address or a bracketed IPv6 address.
pub(super) fn is_host_port(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    if text.contains(|c: char| c.is_whitespace() || c.is_control()) || port.starts_with('+') {
        return false;
    }
    let bare = match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').filter(|host| host.parse::<std::net::Ipv6Addr>().is_ok()),
        None => Some(host).filter(|host| !host.is_empty() && !host.contains(':')),
    };
    bare.is_some() && port.parse::<u16>().is_ok()
}

/// Whether a network in a list, perhaps with `!` in front to exclude it, is one.
pub(super) fn is_subnet_filter(text: &str) -> bool {
    text.strip_prefix('!').unwrap_or(text).parse::<ipnet::IpNet>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_their_grammars() {
        assert!(is_domain("cluster.local") && is_domain("Host-1.example"));
        assert!(!is_domain("") && !is_domain("a..b") && !is_domain("-a") && !is_domain("a_b"));
        assert_eq!(host_name("node-1.example"), HostName::Fine);
        assert_eq!(host_name("node_1.example"), HostName::Underscore);
        for wrong in ["node_", "_node", "a b", "a..b", "a/b", "-a", "a.", ""] {
            assert_eq!(host_name(wrong), HostName::Wrong, "{wrong}");
        }
        assert!(is_qualified_name("node.kubernetes.io/exclude") && is_qualified_name("a.b_c-d"));
        assert!(!is_qualified_name("UPPER/name") && !is_qualified_name("/x") && !is_qualified_name("a/b/c"));
        assert!(is_label_value("") && is_label_value("a.b") && !is_label_value("-a"));
        assert!(is_env_name("_A1") && !is_env_name("1A") && !is_env_name("A-B") && !is_env_name(""));
        assert!(is_host_port("a.b:1") && is_host_port("[fd00::1]:65535") && is_host_port("10.0.0.1:80"));
        assert!(
            !is_host_port("fd00::1:80")
                && !is_host_port("a:99999")
                && !is_host_port(":80")
                && !is_host_port("a")
                && !is_host_port("a:1 ")
                && !is_host_port(" a:1")
                && !is_host_port("a b:1")
                && !is_host_port("a:+1")
        );
        assert!(is_subnet_filter("!10.0.0.0/8") && !is_subnet_filter("10.0.0.1"));
    }
}
