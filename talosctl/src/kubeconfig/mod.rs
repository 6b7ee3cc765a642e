//! kubeconfig files: merged with what the user has, and taken out again (contract api.md 8.2).
//!
//! Pure; everything that is not understood, comments included, stays as it is.

mod merge;

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use config::yaml::{Limits, Node, YamlError, read_with, write};
use kubernetes::{Access, Credentials};

pub use merge::{Conflict, Merged, Section};

/// A kubeconfig.
#[derive(Debug, Clone, PartialEq)]
pub struct Kubeconfig {
    root: Node,
}

/// A text that is no kubeconfig.
#[derive(Debug, thiserror::Error)]
pub enum KubeconfigError {
    /// It is no YAML.
    #[error("the kubeconfig is not YAML: {0}")]
    Yaml(#[from] YamlError),
    /// It has another shape.
    #[error("the kubeconfig is not valid: {0}")]
    Shape(&'static str),
}

impl Kubeconfig {
    /// Reads a file's text; an empty one is an empty kubeconfig.
    ///
    /// # Errors
    /// If it is not YAML, or no mapping with lists of clusters, users and contexts.
    pub fn parse(text: &[u8]) -> Result<Self, KubeconfigError> {
        let limits = Limits { comments: true, ..Limits::default() };
        let root = read_with(text, &limits)?
            .into_iter()
            .next()
            .map(|document| document.root)
            .filter(|root| !root.is_null());
        let mut root = root.unwrap_or_else(Node::empty_map);
        let Some(map) = root.as_map_mut() else {
            return Err(KubeconfigError::Shape("it has to be a mapping"));
        };
        map.entry("apiVersion".to_owned()).or_insert_with(|| Node::str("v1"));
        map.entry("kind".to_owned()).or_insert_with(|| Node::str("Config"));
        for section in Section::ALL {
            let list = map.entry(section.key().to_owned()).or_insert_with(|| Node::seq([]));
            if list.is_null() {
                *list = Node::seq([]);
            }
            if list.as_seq().is_none() {
                return Err(KubeconfigError::Shape("clusters, users and contexts have to be lists"));
            }
        }
        Ok(Self { root })
    }

    /// The file's text.
    pub fn to_text(&self) -> String {
        write(&self.root)
    }

    /// Name of the current context; empty if there is none.
    pub fn current_context(&self) -> &str {
        self.root.get("current-context").and_then(Node::as_str).unwrap_or_default()
    }

    fn set_current_context(&mut self, name: &str) {
        if let Some(map) = self.root.as_map_mut() {
            map.insert("current-context".to_owned(), Node::str(name));
        }
    }

    fn entries(&self, section: Section) -> &[Node] {
        self.root.get(section.key()).and_then(Node::as_seq).unwrap_or_default()
    }

    fn entries_mut(&mut self, section: Section) -> Option<&mut Vec<Node>> {
        self.root.get_mut(section.key()).and_then(Node::as_seq_mut)
    }

    fn find(&self, section: Section, name: &str) -> Option<&Node> {
        self.entries(section).iter().find(|entry| name_of(entry) == name)
    }

    /// What the current context says about reaching its cluster; `endpoint` is another address of it.
    ///
    /// # Errors
    /// If a part is missing or is not inline.
    pub fn access(&self, endpoint: Option<&str>) -> Result<Access, KubeconfigError> {
        let context = self.find(Section::Contexts, self.current_context());
        let context = context.ok_or(KubeconfigError::Shape("its current context is not defined"))?;
        let part = |section: Section| {
            let name = reference(context, section);
            self.find(section, name).and_then(|entry| entry.get(section.singular()))
        };
        let (Some(cluster), Some(user)) = (part(Section::Clusters), part(Section::Users)) else {
            return Err(KubeconfigError::Shape("cluster or user of its current context is not defined"));
        };
        let text =
            |node: &Node, key: &str| node.get(key).and_then(Node::as_str).unwrap_or_default().to_owned();
        let data = |node: &Node, key: &str| {
            let decoded = STANDARD.decode(text(node, key)).ok().filter(|bytes| !bytes.is_empty());
            decoded.ok_or(KubeconfigError::Shape("certificates and keys have to be in it, as base64"))
        };
        let server = endpoint.map_or_else(|| text(cluster, "server"), str::to_owned);
        Ok(Access {
            server: if server.contains("://") { server } else { format!("https://{server}") },
            ca: Some(data(cluster, "certificate-authority-data")?),
            client: Credentials::Certificate(
                data(user, "client-certificate-data")?,
                data(user, "client-key-data")?,
            ),
            server_name: None,
        })
    }

    /// Whether a cluster of `other` has the address of one here, under any name.
    pub fn has_server_of(&self, other: &Kubeconfig) -> bool {
        let server = |entry: &Node| entry.get("cluster").and_then(|c| c.get("server")).cloned();
        let theirs: Vec<Option<Node>> = other.entries(Section::Clusters).iter().map(server).collect();
        self.entries(Section::Clusters).iter().map(server).any(|s| s.is_some() && theirs.contains(&s))
    }

    /// Takes out the clusters that are in `other` too, whatever they are called here, with the contexts
    /// and users that only they had. Returns whether anything was.
    pub fn remove_clusters_of(&mut self, other: &Kubeconfig) -> bool {
        let same = |entry: &&Node| {
            let theirs = other.entries(Section::Clusters).iter();
            theirs
                .filter_map(|theirs| theirs.get("cluster"))
                .any(|cluster| entry.get("cluster") == Some(cluster))
        };
        let clusters: Vec<String> =
            self.entries(Section::Clusters).iter().filter(same).map(owned_name).collect();
        if clusters.is_empty() {
            return false;
        }
        let of_them = |context: &&Node| clusters.iter().any(|c| c == reference(context, Section::Clusters));
        let (gone, left): (Vec<&Node>, Vec<&Node>) =
            self.entries(Section::Contexts).iter().partition(of_them);
        let users: Vec<String> = gone
            .iter()
            .map(|context| reference(context, Section::Users).to_owned())
            .filter(|user| !left.iter().any(|context| reference(context, Section::Users) == user))
            .collect();
        let contexts: Vec<String> = gone.iter().map(|context| owned_name(context)).collect();
        if contexts.iter().any(|name| name == self.current_context()) {
            let next = left.first().map(|context| owned_name(context)).unwrap_or_default();
            self.set_current_context(&next);
        }
        for (section, names) in
            [(Section::Clusters, clusters), (Section::Users, users), (Section::Contexts, contexts)]
        {
            if let Some(entries) = self.entries_mut(section) {
                entries.retain(|entry| !names.iter().any(|name| name == name_of(entry)));
            }
        }
        true
    }
}

fn name_of(entry: &Node) -> &str {
    entry.get("name").and_then(Node::as_str).unwrap_or_default()
}

fn owned_name(entry: &Node) -> String {
    name_of(entry).to_owned()
}

/// The name of the cluster or user that a context names.
fn reference(context: &Node, section: Section) -> &str {
    let inner = context.get("context").and_then(|inner| inner.get(section.singular()));
    inner.and_then(Node::as_str).unwrap_or_default()
}

/// Where the user's kubeconfig is: the first of `$KUBECONFIG`, else `~/.kube/config`.
pub fn default_path(env: impl Fn(&str) -> Option<std::ffi::OsString>) -> Option<PathBuf> {
    let listed =
        env("KUBECONFIG").and_then(|list| std::env::split_paths(&list).find(|p| !p.as_os_str().is_empty()));
    let home =
        || env("HOME").filter(|home| !home.is_empty()).map(|home| Path::new(&home).join(".kube/config"));
    listed.or_else(home)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn config(name: &str, ca: &str) -> Kubeconfig {
        let text = format!(
            "apiVersion: v1\nkind: Config\nclusters:\n    - name: {name}\n      cluster:\n          server: https://10.5.0.1:6443\n          certificate-authority-data: {ca}\nusers:\n    - name: admin@{name}\n      user:\n          client-certificate-data: Y3J0\n          client-key-data: a2V5\ncontexts:\n    - context:\n          cluster: {name}\n          namespace: default\n          user: admin@{name}\n      name: admin@{name}\ncurrent-context: admin@{name}\n"
        );
        Kubeconfig::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn access_is_that_of_the_current_context() {
        let access = config("demo", "Y2E=").access(None).unwrap();
        assert_eq!(
            (access.server.as_str(), access.ca.as_deref()),
            ("https://10.5.0.1:6443", Some(b"ca".as_slice()))
        );
        let elsewhere = config("demo", "Y2E=").access(Some("10.5.0.2:6443")).unwrap();
        assert_eq!(elsewhere.server, "https://10.5.0.2:6443");
        assert!(Kubeconfig::parse(b"").unwrap().access(None).is_err());
        assert!(Kubeconfig::parse(b"- a\n").is_err() && Kubeconfig::parse(b"users: x\n").is_err());
    }

    #[test]
    fn a_cluster_is_taken_out_with_what_only_it_had() {
        let mut mine = config("other", "b3RoZXI=");
        mine.merge(&config("demo", "Y2E="), None, |_, _| Conflict::Rename);
        assert_eq!(mine.current_context(), "admin@demo");
        assert!(mine.remove_clusters_of(&config("renamed", "Y2E=")));
        assert_eq!(mine, config("other", "b3RoZXI="));
        assert!(!mine.remove_clusters_of(&config("demo", "Y2E=")));
    }

    #[test]
    fn the_users_file_is_the_first_that_is_named() {
        let env = |kubeconfig: &'static str| {
            move |key: &str| match key {
                "KUBECONFIG" => Some(kubeconfig.into()),
                "HOME" => Some("/h".into()),
                _ => None,
            }
        };
        assert_eq!(default_path(env(":/a:/b")), Some("/a".into()));
        assert_eq!(default_path(env("")), Some("/h/.kube/config".into()));
        assert_eq!(default_path(|_| None), None);
    }
}
