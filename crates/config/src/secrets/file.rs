//! The bundle as a file.

use super::{Pair, Secrets};
use crate::yaml::{Map, Node, Value, YamlError, read, write};

/// A text that is no bundle.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// It is no YAML.
    #[error("the secrets bundle is not YAML: {0}")]
    Yaml(YamlError),
    /// A key that no bundle has, or a value of the wrong kind.
    #[error("the secrets bundle is not valid: line {line}: {problem}")]
    Shape {
        /// Line in the file, from 1.
        line: u32,
        /// What is wrong.
        problem: String,
    },
    /// Something is missing.
    #[error("{0} is missing")]
    Incomplete(&'static str),
}

// The message has all of it: as a source it would be said twice.
impl From<YamlError> for SecretsError {
    fn from(error: YamlError) -> Self {
        Self::Yaml(error)
    }
}

fn wrong(node: &Node, problem: String) -> SecretsError {
    SecretsError::Shape { line: node.position().line, problem }
}

impl Secrets {
    /// Reads a bundle; what it must have and has not, and what it has and may not, is named.
    pub fn parse(text: &[u8]) -> Result<Self, SecretsError> {
        let documents = read(text)?;
        let Some(document) = documents.first() else {
            return Err(SecretsError::Incomplete("the bundle's content"));
        };
        let mut secrets = Self::default();
        section(&document.root, "", &["cluster", "secrets", "trustdinfo", "certs"], |key, node| match key {
            "cluster" => section(node, "cluster", &["id", "secret"], |key, node| {
                let target = if key == "id" { &mut secrets.cluster_id } else { &mut secrets.cluster_secret };
                scalar(node, target)
            }),
            "secrets" => {
                let keys = ["bootstraptoken", "secretboxencryptionsecret", "aescbcencryptionsecret"];
                section(node, "secrets", &keys, |key, node| {
                    let target = match key {
                        "bootstraptoken" => &mut secrets.bootstrap_token,
                        "secretboxencryptionsecret" => &mut secrets.secretbox_encryption_secret,
                        _ => &mut secrets.aescbc_encryption_secret,
                    };
                    scalar(node, target)
                })
            }
            "trustdinfo" => {
                section(node, "trustdinfo", &["token"], |_, node| scalar(node, &mut secrets.trustd_token))
            }
            _ => {
                let keys = ["etcd", "k8s", "k8saggregator", "k8sserviceaccount", "os"];
                section(node, "certs", &keys, |key, node| match key {
                    "k8sserviceaccount" => section(node, "certs.k8sserviceaccount", &["key"], |_, node| {
                        scalar(node, &mut secrets.k8s_service_account_key)
                    }),
                    "etcd" => pair(node, key, &mut secrets.etcd),
                    "k8s" => pair(node, key, &mut secrets.k8s),
                    "k8saggregator" => pair(node, key, &mut secrets.k8s_aggregator),
                    _ => pair(node, key, &mut secrets.os),
                })
            }
        })?;
        secrets.check()?;
        Ok(secrets)
    }

    /// Everything that every bundle has must be there.
    pub(super) fn check(&self) -> Result<(), SecretsError> {
        let needed = [
            (&self.cluster_id, "cluster.id"),
            (&self.cluster_secret, "cluster.secret"),
            (&self.bootstrap_token, "secrets.bootstraptoken"),
            (&self.trustd_token, "trustdinfo.token"),
            (&self.etcd.crt, "certs.etcd.crt"),
            (&self.etcd.key, "certs.etcd.key"),
            (&self.k8s.crt, "certs.k8s.crt"),
            (&self.k8s.key, "certs.k8s.key"),
            (&self.k8s_aggregator.crt, "certs.k8saggregator.crt"),
            (&self.k8s_aggregator.key, "certs.k8saggregator.key"),
            (&self.k8s_service_account_key, "certs.k8sserviceaccount.key"),
            (&self.os.crt, "certs.os.crt"),
            (&self.os.key, "certs.os.key"),
        ];
        match needed.into_iter().find(|(value, _)| value.is_empty()) {
            Some((_, name)) => Err(SecretsError::Incomplete(name)),
            None => Ok(()),
        }
    }

    /// The file's text.
    pub fn to_text(&self) -> String {
        let pair = |p: &Pair| Node::map([("crt", Node::str(&p.crt)), ("key", Node::str(&p.key))]);
        let mut encryption = vec![("bootstraptoken", Node::str(&self.bootstrap_token))];
        for (key, value) in [
            ("secretboxencryptionsecret", &self.secretbox_encryption_secret),
            ("aescbcencryptionsecret", &self.aescbc_encryption_secret),
        ] {
            if !value.is_empty() {
                encryption.push((key, Node::str(value)));
            }
        }
        write(&Node::map([
            (
                "cluster",
                Node::map([("id", Node::str(&self.cluster_id)), ("secret", Node::str(&self.cluster_secret))]),
            ),
            ("secrets", Node::map(encryption)),
            ("trustdinfo", Node::map([("token", Node::str(&self.trustd_token))])),
            (
                "certs",
                Node::map([
                    ("etcd", pair(&self.etcd)),
                    ("k8s", pair(&self.k8s)),
                    ("k8saggregator", pair(&self.k8s_aggregator)),
                    ("k8sserviceaccount", Node::map([("key", Node::str(&self.k8s_service_account_key))])),
                    ("os", pair(&self.os)),
                ]),
            ),
        ]))
    }
}

fn section(
    node: &Node,
    name: &str,
    keys: &[&str],
    mut each: impl FnMut(&str, &Node) -> Result<(), SecretsError>,
) -> Result<(), SecretsError> {
    let map: &Map = match &node.value {
        Value::Map(map) => map,
        _ => {
            return Err(wrong(
                node,
                format!("{} has to be a mapping", if name.is_empty() { "the bundle" } else { name }),
            ));
        }
    };
    for (key, value) in map {
        if !keys.contains(&key.as_str()) {
            return Err(wrong(
                value,
                format!(
                    "unknown key {key:?}: {} has {}",
                    if name.is_empty() { "the bundle" } else { name },
                    keys.join(", ")
                ),
            ));
        }
        each(key, value)?;
    }
    Ok(())
}

fn scalar(node: &Node, target: &mut String) -> Result<(), SecretsError> {
    match node.as_text() {
        Some(text) => {
            *target = text.into_owned();
            Ok(())
        }
        None if node.is_null() => Ok(()),
        None => Err(wrong(node, "a text is needed here".to_owned())),
    }
}

fn pair(node: &Node, name: &str, target: &mut Pair) -> Result<(), SecretsError> {
    section(node, &format!("certs.{name}"), &["crt", "key"], |key, node| {
        scalar(node, if key == "crt" { &mut target.crt } else { &mut target.key })
    })
}
