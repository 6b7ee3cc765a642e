//! Where the values of an argument come from. Pure.

use clap::{Arg, ValueHint};

/// Where values come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// The text is the user's own.
    Nothing,
    /// Files of this machine.
    Files,
    /// Folders of this machine.
    Folders,
    /// A patch, or behind a sign the name of a file with it.
    Patch,
    /// Those of the argument's type.
    Possible,
    /// These, with what each is.
    Fixed(&'static [(&'static str, &'static str)]),
    /// Roles.
    Roles,
    /// Versions of the system that configurations can be made for.
    Versions,
    /// Contexts of the client configuration.
    Contexts,
    /// Endpoints of the client configuration.
    Endpoints,
    /// Clusters on this machine.
    Clusters,
    /// Nodes of a cluster on this machine.
    Machines,
    /// Nodes: those of the context, and members of the cluster.
    Nodes,
    /// Types of resources.
    Types,
    /// Resources of the type that is named before.
    Ids,
    /// Namespaces of resources.
    Namespaces,
    /// Services.
    Services,
    /// Logs of services, or containers.
    Logs,
    /// Containers.
    Containers,
    /// Pods.
    Pods,
    /// Files of the node.
    Paths,
    /// Images on the node.
    Images,
    /// Members of etcd.
    EtcdMembers,
    /// Disks.
    Disks,
    /// Volumes of the system.
    Volumes,
}

/// Actions that a service takes.
const ACTIONS: Source = Source::Fixed(&[
    ("restart", "stop the service and start it"),
    ("start", "start the service"),
    ("status", "show the service"),
    ("stop", "stop the service"),
]);

const FORMATS: Source = Source::Fixed(&[
    ("json", "JSON objects"),
    ("jsonpath=", "what a template finds"),
    ("table", "a table"),
    ("yaml", "YAML documents"),
]);

const MODES: Source = Source::Fixed(&[
    ("cloud", "a machine of a cloud"),
    ("container", "a container"),
    ("metal", "a machine of one's own"),
]);

const PROXIES: Source = Source::Fixed(&[("direct", "no proxy")]);

const DNS: Source = Source::Fixed(&[("machine", "whom this machine asks"), ("none", "nobody")]);

/// The values of one argument of a command, which is named by the words that lead to it.
pub(super) fn of(path: &[&str], arg: &Arg) -> Source {
    if !arg.get_possible_values().is_empty() {
        return Source::Possible;
    }
    match (path, arg.get_id().as_str()) {
        // Files that a command makes, or reads, but whose type does not say it.
        (["patch"], "patch_file") => Source::Files,
        (_, "patch") => Source::Patch,
        (_, id) if id.starts_with("config_patch") => Source::Patch,
        (["cluster", ..], "state" | "image" | "var") => Source::Folders,
        (_, "siderov1_keys_dir" | "from_kubernetes_pki") => Source::Folders,
        _ if matches!(arg.get_value_hint(), ValueHint::AnyPath | ValueHint::FilePath) => Source::Files,

        (["config", "context" | "remove"], "name" | "pattern") => Source::Contexts,
        (_, "context") => Source::Contexts,
        (_, "endpoints") | (["config", "endpoint"], "addresses") => Source::Endpoints,
        (["config", "node"], "addresses") => Source::Nodes,
        (_, "nodes" | "control_plane_nodes" | "worker_nodes" | "init_node") => Source::Nodes,
        (["cluster", ..], "name") => Source::Clusters,
        (["cluster", "logs"], "machine") => Source::Machines,
        (["cluster", ..], "dns") => DNS,
        (_, "roles") => Source::Roles,
        (_, "talos_version") => Source::Versions,
        (["config", "proxy-url"], "url") => PROXIES,

        (["get" | "edit" | "patch"], "typ") => Source::Types,
        (["get" | "edit" | "patch"], "id" | "ids") => Source::Ids,
        (["get" | "edit" | "patch"], "namespace") => Source::Namespaces,
        (["get"], "output") => FORMATS,
        (["validate"], "mode") => MODES,
        (["service"], "id") => Source::Services,
        (["service"], "action") => ACTIONS,
        (["logs"], "id") => Source::Logs,
        (["restart"], "id") => Source::Containers,
        (["netstat"], "pod") => Source::Pods,
        (["list" | "read"], "path") | (["usage"], "paths") | (["copy"], "source") => Source::Paths,
        (["image", "remove"], "image" | "images") => Source::Images,
        (["etcd", "remove-member"], "id") => Source::EtcdMembers,
        (["wipe", ..], "names" | "device") | (_, "user_disks_to_wipe") => Source::Disks,
        (_, "system_labels_to_wipe") => Source::Volumes,
        _ => Source::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{is_boolean, whole};

    /// Arguments whose values are the user's own, everywhere or of one command.
    const OWN: &[&str] = &[
        "actor_id",
        "additional_sans",
        "cert_fingerprint",
        "check",
        "cluster",
        "cluster_name",
        "cidr",
        "controlplanes",
        "crt_ttl",
        "depth",
        "dns_domain",
        "drain_timeout",
        "duration",
        "endpoint",
        "force_context_name",
        "hours",
        "image",
        "install_disk",
        "install_image",
        "ip",
        "k8s_endpoint",
        "key",
        "kubernetes_version",
        "kubernetes_bootstrap_token",
        "etcd_version",
        "coredns_version",
        "flannel_version",
        "name",
        "num_workers",
        "organization",
        "registry_mirror",
        "since",
        "tail",
        "threshold",
        "timeout",
        "value",
        "version",
        "wait_timeout",
        "workers",
        "context",
        "namespace",
        "id",
        "url",
        "k8s_version",
        "kube_network_policies_version",
    ];

    #[test]
    fn of_every_value_of_every_command_it_is_said_where_it_comes_from() {
        fn walk(command: &clap::Command, path: &[&str], unknown: &mut Vec<String>) {
            for arg in command.get_arguments() {
                let takes = arg.get_action().takes_values() && !is_boolean(arg) && !arg.is_hide_set();
                let id = arg.get_id().as_str();
                if takes && of(path, arg) == Source::Nothing && !OWN.contains(&id) {
                    unknown.push(format!("{} {id}", path.join(" ")));
                }
            }
            for sub in command.get_subcommands() {
                let path: Vec<&str> = path.iter().copied().chain([sub.get_name()]).collect();
                walk(sub, &path, unknown);
            }
        }
        let (tree, mut unknown) = (whole(), Vec::new());
        walk(&tree, &[], &mut unknown);
        assert!(unknown.is_empty(), "{unknown:#?}");
    }

    #[test]
    fn values_of_nodes_and_of_the_client_configuration_come_from_there() {
        let tree = whole();
        for (words, id, expected) in [
            (["get"].as_slice(), "typ", Source::Types),
            (&["get"], "ids", Source::Ids),
            (&["get"], "namespace", Source::Namespaces),
            (&["get"], "nodes", Source::Nodes),
            (&["get"], "endpoints", Source::Endpoints),
            (&["get"], "context", Source::Contexts),
            (&["service"], "id", Source::Services),
            (&["logs"], "id", Source::Logs),
            (&["restart"], "id", Source::Containers),
            (&["list"], "path", Source::Paths),
            (&["usage"], "paths", Source::Paths),
            (&["read"], "path", Source::Paths),
            (&["copy"], "source", Source::Paths),
            (&["copy"], "destination", Source::Files),
            (&["config", "context"], "name", Source::Contexts),
            (&["config", "remove"], "pattern", Source::Contexts),
            (&["config", "node"], "addresses", Source::Nodes),
            (&["config", "endpoint"], "addresses", Source::Endpoints),
            (&["config", "add"], "name", Source::Nothing),
            (&["etcd", "remove-member"], "id", Source::EtcdMembers),
            (&["cluster", "destroy"], "name", Source::Clusters),
            (&["cluster", "logs"], "machine", Source::Machines),
            (&["health"], "control_plane_nodes", Source::Nodes),
            (&["apply-config"], "config_patch", Source::Patch),
            (&["patch"], "patch", Source::Patch),
            (&["cluster", "create"], "talos_version", Source::Versions),
        ] {
            let command = words.iter().fold(&tree, |command, word| command.find_subcommand(word).unwrap());
            let arg = command.get_arguments().find(|arg| arg.get_id() == id);
            let arg = arg.unwrap_or_else(|| panic!("{words:?} has no {id}"));
            assert_eq!(of(words, arg), expected, "{words:?} {id}");
        }
    }
}
