//! Gives workloads a ServiceAccount of talos.dev. Pure.

use config::yaml::{Limits, Node, YamlError, read_with, write};

/// Behind the workload's name: names of the account, and of the Secret that is made for it.
const SUFFIX: &str = "-talos-secrets";

/// Name of the volume.
const VOLUME: &str = "talos-secrets";

/// Where clients look for their configuration (contract api.md 2.4).
const MOUNT_PATH: &str = "/var/run/secrets/talos.dev";

/// Kinds of workloads, and where in them the pod is described.
const WORKLOADS: [(&str, &[&str]); 7] = [
    ("Pod", &["spec"]),
    ("Deployment", &["spec", "template", "spec"]),
    ("StatefulSet", &["spec", "template", "spec"]),
    ("DaemonSet", &["spec", "template", "spec"]),
    ("ReplicaSet", &["spec", "template", "spec"]),
    ("Job", &["spec", "template", "spec"]),
    ("CronJob", &["spec", "jobTemplate", "spec", "template", "spec"]),
];

/// Manifests that cannot be added to.
#[derive(Debug, thiserror::Error)]
pub enum InjectError {
    /// They are no YAML.
    #[error("the manifests are not YAML: {0}")]
    Yaml(#[from] YamlError),
    /// A workload has another shape.
    #[error("the {kind} {name:?} has no {missing}")]
    Shape {
        /// Its kind.
        kind: &'static str,
        /// Its name.
        name: String,
        /// What it lacks.
        missing: &'static str,
    },
    /// There is nothing to add to.
    #[error("there is no workload: a Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, Job or CronJob")]
    Nothing,
}

/// The manifests with accounts of these roles. What is no workload stays as it is; doing it again changes
/// nothing.
///
/// # Errors
/// If there is no workload, or one that cannot be understood.
pub fn inject(text: &[u8], roles: &[String]) -> Result<String, InjectError> {
    let limits = Limits { comments: true, ..Limits::default() };
    let documents = read_with(text, &limits)?;
    let mut manifests: Vec<Node> = documents.into_iter().map(|d| d.root).filter(|r| !r.is_null()).collect();
    let mut accounts = Vec::new();
    let mut workloads = 0;
    for manifest in &mut manifests {
        let Some((kind, path)) = workload(manifest) else { continue };
        let field = |key: &str| {
            let value = manifest.get("metadata").and_then(|m| m.get(key)).and_then(Node::as_text);
            value.map(|text| text.into_owned()).filter(|text| !text.is_empty())
        };
        let shape = |missing| InjectError::Shape { kind, name: field("name").unwrap_or_default(), missing };
        let name = field("name").ok_or_else(|| shape("metadata.name"))? + SUFFIX;
        let (namespace, no_pod) = (field("namespace"), shape("spec of a pod"));
        let pod = path.iter().try_fold(&mut *manifest, |node, key| node.get_mut(key)).ok_or(no_pod)?;
        mount(pod, &name);
        accounts.push(account(&name, namespace.as_deref(), roles));
        workloads += 1;
    }
    if workloads == 0 {
        return Err(InjectError::Nothing);
    }
    for account in accounts {
        match manifests.iter_mut().find(|known| is_same(known, &account)) {
            Some(known) => *known = account,
            None => manifests.push(account),
        }
    }
    Ok(manifests.iter().map(write).collect::<Vec<_>>().join("---\n"))
}

fn workload(manifest: &Node) -> Option<(&'static str, &'static [&'static str])> {
    let kind = manifest.get("kind").and_then(Node::as_str)?;
    WORKLOADS.into_iter().find(|(known, _)| *known == kind)
}

fn is_same(one: &Node, other: &Node) -> bool {
    let metadata = |node: &Node, key: &str| node.get("metadata").and_then(|m| m.get(key)).cloned();
    let same = |key: &str| one.get(key) == other.get(key);
    same("apiVersion")
        && same("kind")
        && ["name", "namespace"].into_iter().all(|key| metadata(one, key) == metadata(other, key))
}

/// Puts `item` into the list of a mapping in place of the one that `is_it` finds.
fn put(of: &mut Node, list: &str, item: Node, is_it: impl Fn(&Node) -> bool) {
    let Some(map) = of.as_map_mut() else { return };
    let list = map.entry(list.to_owned()).or_insert_with(|| Node::seq([]));
    if list.as_seq().is_none() {
        *list = Node::seq([]);
    }
    let Some(items) = list.as_seq_mut() else { return };
    match items.iter_mut().find(|known| is_it(known)) {
        Some(known) => *known = item,
        None => items.push(item),
    }
}

fn mount(pod: &mut Node, secret: &str) {
    let named = |node: &Node| node.get("name").and_then(Node::as_str) == Some(VOLUME);
    let source = Node::map([("secretName", Node::str(secret))]);
    put(pod, "volumes", Node::map([("name", Node::str(VOLUME)), ("secret", source)]), named);
    for list in ["containers", "initContainers"] {
        for container in pod.get_mut(list).and_then(Node::as_seq_mut).into_iter().flatten() {
            let mount = [("mountPath", Node::str(MOUNT_PATH)), ("name", Node::str(VOLUME))];
            put(container, "volumeMounts", Node::map(mount), named);
        }
    }
}

fn account(name: &str, namespace: Option<&str>, roles: &[String]) -> Node {
    let mut metadata = vec![("name", Node::str(name))];
    metadata.extend(namespace.map(|namespace| ("namespace", Node::str(namespace))));
    let roles = Node::seq(roles.iter().map(Node::str));
    Node::map([
        ("apiVersion", Node::str("talos.dev/v1alpha1")),
        ("kind", Node::str("ServiceAccount")),
        ("metadata", Node::map(metadata)),
        ("spec", Node::map([("roles", roles)])),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFESTS: &str = "\
# kept
apiVersion: v1
kind: ConfigMap
metadata:
    name: settings
---
apiVersion: batch/v1
kind: CronJob
metadata:
    name: check
    namespace: ops
spec:
    schedule: '@daily'
    jobTemplate:
        spec:
            template:
                spec:
                    containers:
                        - name: a
                          image: i
                          volumeMounts:
                              - mountPath: /data
                                name: data
                        - name: b
                          image: i
";

    fn roles() -> Vec<String> {
        vec!["os:reader".to_owned(), "os:etcd:backup".to_owned()]
    }

    #[test]
    fn every_container_of_a_workload_gets_the_secret_and_the_rest_stays() {
        insta::assert_snapshot!(inject(MANIFESTS.as_bytes(), &roles()).unwrap());
    }

    #[test]
    fn doing_it_again_changes_only_the_roles() {
        let once = inject(MANIFESTS.as_bytes(), &roles()).unwrap();
        assert_eq!(inject(once.as_bytes(), &roles()).unwrap(), once);
        let other = inject(once.as_bytes(), &["os:admin".to_owned()]).unwrap();
        assert_eq!(other.matches("kind: ServiceAccount").count(), 1);
        assert!(other.contains("os:admin") && !other.contains("os:reader"));
    }

    #[test]
    fn what_cannot_be_added_to_is_refused() {
        let refused = |text: &str| inject(text.as_bytes(), &roles()).unwrap_err().to_string();
        assert!(refused("kind: ConfigMap\n").starts_with("there is no workload"));
        assert!(refused("").starts_with("there is no workload"));
        assert_eq!(refused("kind: Pod\nspec: {}\n"), "the Pod \"\" has no metadata.name");
        assert_eq!(
            refused("kind: Deployment\nmetadata: {name: web}\nspec: {}\n"),
            "the Deployment \"web\" has no spec of a pod"
        );
        assert!(refused("a: [").starts_with("the manifests are not YAML"));
    }
}
