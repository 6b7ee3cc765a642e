//! Containers and tasks of a containerd namespace.

use std::collections::BTreeMap;

use containerd::{Client, Container, Task};
use proto::machine::{ContainerInfo, Stat};

use super::ids;

pub(super) async fn list(client: &Client) -> containerd::Result<Vec<ContainerInfo>> {
    let (containers, tasks) = tokio::try_join!(client.containers(), client.tasks())?;
    let tasks: BTreeMap<String, Task> = tasks.into_iter().map(|t| (t.container.clone(), t)).collect();
    let mut all: Vec<_> =
        containers.iter().map(|c| describe(client.namespace(), c, tasks.get(&c.id))).collect();
    all.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(all)
}

fn describe(namespace: &str, container: &Container, task: Option<&Task>) -> ContainerInfo {
    let (pod_id, name, id) = names(container);
    ContainerInfo {
        namespace: namespace.to_owned(),
        id,
        internal_id: container.id.clone(),
        image: container.image.clone(),
        pid: task.map_or(0, |t| t.pid),
        status: task.map_or("", |t| t.status.as_str()).to_owned(),
        pod_id,
        name,
        ..Default::default()
    }
}

/// Pod, own name and full name: what belongs to a pod says so in labels.
fn names(container: &Container) -> (String, String, String) {
    let label = |key: &str| container.labels.get(key).map(String::as_str);
    let (Some(namespace), Some(pod)) =
        (label("io.kubernetes.pod.namespace"), label("io.kubernetes.pod.name"))
    else {
        return (container.id.clone(), container.id.clone(), container.id.clone());
    };
    let pod_id = ids::pod(namespace, pod);
    match label("io.kubernetes.container.name") {
        Some(name) => {
            let id = ids::container(namespace, pod, name, &container.id);
            (pod_id, name.to_owned(), id)
        }
        None => (pod_id.clone(), pod.to_owned(), pod_id),
    }
}

pub(super) async fn stats(client: &Client) -> containerd::Result<Vec<Stat>> {
    let (containers, metrics) = tokio::try_join!(client.containers(), client.metrics())?;
    let mut all: Vec<Stat> = containers
        .iter()
        .filter_map(|container| {
            let metrics = metrics.get(&container.id)?;
            let (pod_id, name, id) = names(container);
            Some(Stat {
                namespace: client.namespace().to_owned(),
                id,
                memory_usage: metrics.memory,
                cpu_usage: metrics.cpu,
                pod_id,
                name,
            })
        })
        .collect();
    all.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_a_pod_is_named_after_it() {
        let labels = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        let pod = [("io.kubernetes.pod.namespace", "kube-system"), ("io.kubernetes.pod.name", "dns")];
        let sandbox = Container { id: "aa".into(), image: String::new(), labels: labels(&pod) };
        assert_eq!(names(&sandbox).2, "kube-system/dns");
        let mut with_name = pod.to_vec();
        with_name.push(("io.kubernetes.container.name", "coredns"));
        let container = Container { id: "0123456789abcdef".into(), labels: labels(&with_name), ..sandbox };
        assert_eq!(names(&container).2, "kube-system/dns:coredns:0123456789ab");
        let other = Container { id: "etcd".into(), image: String::new(), labels: labels(&[]) };
        assert_eq!(names(&other).2, "etcd");
    }
}
