//! How a member enters a cluster (contract os.md 6.1). Pure.

use etcd::Member;

/// What to do before this node can start as a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Members of an earlier life of this node, which have to go first.
    pub remove: Vec<u64>,
    /// A place that was made for this node already and never taken.
    pub reuse: Option<u64>,
}

/// Looks at the members through the eyes of a node called `name` that is reached at `peer_urls`.
pub fn plan(members: &[Member], name: &str, peer_urls: &[String]) -> Plan {
    let mut plan = Plan { remove: vec![], reuse: None };
    for member in members {
        let same_place = member.peer_urls.iter().any(|url| peer_urls.contains(url));
        if member.name.is_empty() && member.learner && same_place {
            plan.reuse = Some(member.id);
        } else if member.name == name {
            plan.remove.push(member.id);
        }
    }
    plan
}

/// The cluster as etcd is told: `name=url` of every member, this node's own name for its own place.
pub fn initial_cluster(members: &[Member], own: u64, name: &str) -> String {
    let mut parts = Vec::new();
    for member in members {
        let shown = if member.id == own { name } else { &member.name };
        parts.extend(member.peer_urls.iter().map(|url| format!("{shown}={url}")));
    }
    parts.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(id: u64, name: &str, host: &str, learner: bool) -> Member {
        let peer_urls = vec![url(host)];
        Member { id, name: name.into(), peer_urls, client_urls: vec![], learner }
    }

    fn url(host: &str) -> String {
        format!("https://{host}:2380")
    }

    #[test]
    fn an_earlier_life_of_the_node_is_removed_and_a_place_that_is_kept_for_it_is_taken() {
        let members =
            [member(1, "cp-1", "a", false), member(2, "cp-2", "b", false), member(3, "", "c", true)];
        let urls = [url("c")];
        assert_eq!(plan(&members, "cp-2", &urls), Plan { remove: vec![2], reuse: Some(3) });
        assert_eq!(plan(&members, "cp-3", &[url("d")]), Plan { remove: vec![], reuse: None });
    }

    #[test]
    fn somebody_elses_place_is_not_taken() {
        let members = [member(3, "", "c", false), member(4, "", "d", true)];
        assert_eq!(plan(&members, "cp-3", &[url("c")]).reuse, None);
    }

    #[test]
    fn the_cluster_is_told_with_the_nodes_own_name_in_its_place() {
        let members = [member(1, "cp-1", "a", false), member(3, "", "c", true)];
        assert_eq!(initial_cluster(&members, 3, "cp-3"), "cp-1=https://a:2380,cp-3=https://c:2380");
    }
}
