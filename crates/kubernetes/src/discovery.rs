//! Where objects of a kind are found: the server says, once.

use std::collections::HashMap;

use serde_json::Value;

use crate::{Client, Error, Result};

/// An object by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectRef {
    /// `v1`, or group and version.
    pub api_version: String,
    /// Its kind.
    pub kind: String,
    /// Its namespace; empty for objects without one.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl ObjectRef {
    /// The name of an object; `None` for what is no object.
    pub fn of(object: &Value) -> Option<Self> {
        let text = |path: &str| object.pointer(path).and_then(Value::as_str).map(str::to_owned);
        Some(Self {
            api_version: text("/apiVersion")?,
            kind: text("/kind")?,
            namespace: text("/metadata/namespace").unwrap_or_default(),
            name: text("/metadata/name")?,
        })
    }

    /// Its group; empty for the core.
    pub fn group(&self) -> &str {
        self.api_version.split_once('/').map_or("", |(group, _)| group)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Kind {
    plural: String,
    namespaced: bool,
}

/// Kinds that the server was asked for.
#[derive(Debug, Default)]
pub struct Kinds {
    versions: HashMap<String, HashMap<String, Kind>>,
}

impl Kinds {
    /// Path of an object. An object without a namespace whose kind has them is in the default one.
    pub async fn path(&mut self, client: &Client, object: &mut ObjectRef) -> Result<String> {
        let base = match object.api_version.contains('/') {
            true => format!("/apis/{}", object.api_version),
            false => format!("/api/{}", object.api_version),
        };
        if !self.versions.get(&object.api_version).is_some_and(|kinds| kinds.contains_key(&object.kind)) {
            let found = parse(&client.get(&base).await?);
            self.versions.insert(object.api_version.clone(), found);
        }
        let kind = self.versions.get(&object.api_version).and_then(|kinds| kinds.get(&object.kind));
        let Some(kind) = kind else {
            return Err(Error::Broken(format!(
                "Kubernetes knows no {} in {}",
                object.kind, object.api_version
            )));
        };
        if !kind.namespaced {
            object.namespace.clear();
            return Ok(format!("{base}/{}/{}", kind.plural, object.name));
        }
        if object.namespace.is_empty() {
            object.namespace = "default".to_owned();
        }
        Ok(format!("{base}/namespaces/{}/{}/{}", object.namespace, kind.plural, object.name))
    }
}

/// The kinds of a group's version; parts of objects (`pods/status`) are none.
fn parse(list: &Value) -> HashMap<String, Kind> {
    let resources = list.get("resources").and_then(Value::as_array);
    let kind = |resource: &Value| {
        let plural = resource.get("name")?.as_str().filter(|n| !n.contains('/'))?.to_owned();
        let namespaced = resource.get("namespaced").and_then(Value::as_bool).unwrap_or(false);
        Some((resource.get("kind")?.as_str()?.to_owned(), Kind { plural, namespaced }))
    };
    resources.into_iter().flatten().filter_map(kind).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn subresources_are_no_kinds() {
        let list = json!({"resources": [
            {"name": "pods", "kind": "Pod", "namespaced": true},
            {"name": "pods/eviction", "kind": "Eviction", "namespaced": true},
        ]});
        let kinds = parse(&list);
        assert_eq!(kinds.len(), 1);
        assert_eq!(kinds["Pod"], Kind { plural: "pods".into(), namespaced: true });
    }

    #[test]
    fn objects_are_named_by_their_own_words() {
        let object = json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "a"}});
        let found = ObjectRef::of(&object).unwrap();
        assert_eq!((found.group(), found.namespace.as_str()), ("apps", ""));
        assert!(ObjectRef::of(&json!({"kind": "List"})).is_none());
    }
}
