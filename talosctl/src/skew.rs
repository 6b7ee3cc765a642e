//! Nodes that are older than this client: a warning, never an error (contract api.md 8.1).

use crate::commands::version::TAG;
use crate::node::Node;
use crate::output::note;

/// Asks a node for its version and warns if it is older. A node that does not answer says so elsewhere.
pub async fn check(node: &Node) {
    let Ok(answer) = node.machine().version(node.request(())).await else { return };
    let tags = answer.into_inner().messages.into_iter().filter_map(|m| m.version).map(|v| v.tag);
    for tag in tags {
        if let Some(warning) = warning(&node.name, &tag) {
            note(&warning);
        }
    }
}

/// The warning about a node of that version, if one is due.
pub fn warning(node: &str, tag: &str) -> Option<String> {
    let (server, client) = (parse(tag)?, parse(TAG)?);
    ((server.major, server.minor) < (client.major, client.minor))
        .then(|| format!("WARNING: {node}: server version {server} is older than client version {client}"))
}

fn parse(tag: &str) -> Option<semver::Version> {
    semver::Version::parse(tag.strip_prefix('v')?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_nodes_of_an_older_minor_version_are_warned_of() {
        assert_eq!(
            warning("10.5.0.2", "v1.13.9").as_deref(),
            Some("WARNING: 10.5.0.2: server version 1.13.9 is older than client version 1.14.0")
        );
        for tag in ["v1.14.0", "v1.14.0-rc.1", "v1.15.0", "v2.0.0", "none"] {
            assert_eq!(warning("a", tag), None, "{tag}");
        }
    }
}
