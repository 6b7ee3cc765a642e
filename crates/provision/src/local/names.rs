//! Names of everything a cluster makes on its machine; pure.
//!
//! They carry a hash of the cluster's name and of the place of its state, so that two users' (or
//! two tests') clusters of one name do not meet, and fit into the 15 bytes of a link name.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::error::{Error, Result};

/// Where named network namespaces live, as `ip netns` expects them.
pub const NETNS_DIR: &str = "/run/netns";

/// The names that belong to one cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    hash: String,
}

impl Names {
    /// Names of the cluster called `name` whose state is below `root`.
    pub fn new(root: &Path, name: &str) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(root.as_os_str().as_encoded_bytes());
        hasher.update([0]);
        hasher.update(name.as_bytes());
        let digest = hasher.finalize();
        let hash = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        Self { hash }
    }

    /// Eight hexadecimal digits.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// What all link names of the cluster begin with.
    pub fn link_prefix(&self) -> String {
        format!("tl{}", self.hash)
    }

    /// The bridge.
    pub fn bridge(&self) -> String {
        format!("{}br", self.link_prefix())
    }

    /// This machine's end of a node's link.
    pub fn link(&self, index: usize) -> String {
        format!("{}n{index}", self.link_prefix())
    }

    /// The nftables table.
    pub fn table(&self) -> String {
        format!("talos-{}", self.hash)
    }

    /// The control group of all nodes.
    pub fn cgroup(&self) -> String {
        format!("talos-{}", self.hash)
    }

    /// The control group of one node.
    pub fn node_cgroup(&self, node: &str) -> String {
        format!("{}/{node}", self.cgroup())
    }

    /// What the file names of the cluster's network namespaces begin with.
    pub fn netns_prefix(&self) -> String {
        format!("talos-{}-", self.hash)
    }

    /// The network namespace of one node.
    pub fn netns(&self, node: &str) -> PathBuf {
        Path::new(NETNS_DIR).join(format!("{}{node}", self.netns_prefix()))
    }

    /// A locally administered hardware address that is the same in every run; 0 is the bridge.
    pub fn hardware_address(&self, index: usize) -> [u8; 6] {
        let digit = |at: usize| self.hash.get(at..at + 2).and_then(|text| u8::from_str_radix(text, 16).ok());
        let [high, low] = u16::try_from(index).unwrap_or(u16::MAX).to_be_bytes();
        [0x02, digit(0).unwrap_or(0), digit(2).unwrap_or(0), digit(4).unwrap_or(0), high, low]
    }
}

/// Checks a cluster's or node's name: a DNS label, which is also safe as a file name.
pub fn check_label(what: &str, name: &str) -> Result<()> {
    let inner = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
    let bytes = name.as_bytes();
    let edges = bytes.first().zip(bytes.last()).is_some_and(|(a, b)| *a != b'-' && *b != b'-');
    if edges && bytes.len() <= 63 && bytes.iter().all(inner) {
        return Ok(());
    }
    Err(Error::Request(format!(
        "the {what} name {name:?} is no DNS label: use up to 63 lower-case letters, digits and inner hyphens"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_names_fit_where_they_are_used() {
        let names = Names::new(Path::new("/root/.talos/clusters"), "talos-default");
        assert_eq!(names.hash().len(), 8);
        assert!(names.bridge().len() <= 15 && names.link(9999).len() <= 15);
        assert_eq!(names.hardware_address(1)[0] & 3, 2, "unicast and locally administered");
        assert_ne!(names.hardware_address(1), names.hardware_address(2));
    }

    #[test]
    fn clusters_of_one_name_in_two_places_do_not_meet() {
        let one = Names::new(Path::new("/a"), "demo");
        assert_ne!(one, Names::new(Path::new("/b"), "demo"));
        assert_ne!(one, Names::new(Path::new("/a"), "demo2"));
        assert_eq!(one, Names::new(Path::new("/a"), "demo"));
    }

    #[test]
    fn names_that_could_leave_the_state_directory_are_refused() {
        for good in ["a", "talos-default", "x1"] {
            check_label("cluster", good).unwrap();
        }
        for bad in ["", "..", "a/b", "-a", "a-", "A", "a.b", &"x".repeat(64)] {
            assert!(check_label("cluster", bad).is_err(), "{bad}");
        }
    }
}
