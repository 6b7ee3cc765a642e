//! What every resource has beside its spec: who it is, who owns it, where it is in its life.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::SystemTime;

/// Where a resource is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Phase {
    /// In use.
    #[default]
    Running,
    /// Wanted gone; waits until its finalizers are.
    TearingDown,
}

impl Phase {
    /// The text that the wire and the YAML of metadata use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Phase::Running => "running",
            Phase::TearingDown => "tearingDown",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A phase that is neither `running` nor `tearingDown`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("resource phase {0:?} is unknown: it has to be \"running\" or \"tearingDown\"")]
pub struct UnknownPhase(pub String);

impl FromStr for Phase {
    type Err = UnknownPhase;

    fn from_str(text: &str) -> Result<Self, UnknownPhase> {
        match text {
            "running" => Ok(Phase::Running),
            "tearingDown" => Ok(Phase::TearingDown),
            other => Err(UnknownPhase(other.to_owned())),
        }
    }
}

/// The identity and the state of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    pub namespace: String,
    /// The full type, such as `LinkStatuses.net.talos.dev`; case matters.
    pub typ: String,
    pub id: String,
    /// Counts changes from 1; 0 means that the store has not seen the resource yet.
    pub version: u64,
    /// The controller that alone may change the resource; empty for none.
    pub owner: String,
    pub phase: Phase,
    pub created: SystemTime,
    pub updated: SystemTime,
    /// Names of controllers that have to clean up before the resource can be destroyed.
    pub finalizers: Vec<String>,
    pub labels: BTreeMap<String, String>,
    pub annotations: BTreeMap<String, String>,
}

impl Metadata {
    /// Metadata of a resource that no store has seen yet.
    pub fn new(namespace: impl Into<String>, typ: impl Into<String>, id: impl Into<String>) -> Self {
        Metadata {
            namespace: namespace.into(),
            typ: typ.into(),
            id: id.into(),
            version: 0,
            owner: String::new(),
            phase: Phase::Running,
            created: SystemTime::UNIX_EPOCH,
            updated: SystemTime::UNIX_EPOCH,
            finalizers: Vec::new(),
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
        }
    }

    /// The version as the wire and people see it: a number, or `undefined`.
    pub fn version_text(&self) -> String {
        if self.version == 0 { "undefined".to_owned() } else { self.version.to_string() }
    }

    /// Adds a finalizer; false when it is there already.
    pub fn add_finalizer(&mut self, name: &str) -> bool {
        let new = !self.has_finalizer(name);
        if new {
            self.finalizers.push(name.to_owned());
        }
        new
    }

    /// Removes a finalizer; false when it is not there.
    pub fn remove_finalizer(&mut self, name: &str) -> bool {
        let before = self.finalizers.len();
        self.finalizers.retain(|f| f != name);
        before != self.finalizers.len()
    }

    /// Whether a controller of this name still has to clean up.
    pub fn has_finalizer(&self, name: &str) -> bool {
        self.finalizers.iter().any(|f| f == name)
    }

    /// Whether the resource is in use, not being torn down.
    pub fn is_running(&self) -> bool {
        self.phase == Phase::Running
    }
}

impl fmt::Display for Metadata {
    /// `Type(namespace/id@version)`, the form that the API's error texts have (contract api.md 6.2).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({}/{}@{})", self.typ, self.namespace, self.id, self.version_text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_named_by_type_namespace_id_and_version() {
        let mut metadata = Metadata::new("network", "LinkStatuses.net.talos.dev", "eth0");
        assert_eq!(metadata.to_string(), "LinkStatuses.net.talos.dev(network/eth0@undefined)");
        metadata.version = 3;
        assert_eq!(metadata.to_string(), "LinkStatuses.net.talos.dev(network/eth0@3)");
    }

    #[test]
    fn a_finalizer_is_held_once() {
        let mut metadata = Metadata::new("", "", "");
        assert!(metadata.add_finalizer("a"));
        assert!(!metadata.add_finalizer("a"));
        assert!(metadata.remove_finalizer("a"));
        assert!(!metadata.remove_finalizer("a"));
    }
}
