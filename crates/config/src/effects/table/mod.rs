//! The rows, a file a group of kinds.

mod block;
mod kubernetes;
mod legacy;
mod legacy_cluster;
mod network;
mod runtime;

use super::row::Row;

/// Every table with what it is about, in the order of the documentation.
pub(super) static GROUPS: &[(&str, &[Row])] = &[
    ("Network", network::ROWS),
    ("Volumes", block::ROWS),
    ("System", runtime::ROWS),
    ("Kubernetes", kubernetes::ROWS),
    ("v1alpha1: machine", legacy::ROWS),
    ("v1alpha1: cluster", legacy_cluster::ROWS),
];

/// The tables alone.
pub(super) static TABLES: &[&[Row]] =
    &[network::ROWS, block::ROWS, runtime::ROWS, kubernetes::ROWS, legacy::ROWS, legacy_cluster::ROWS];

/// On the way of links, their addresses and routes.
const LINKS: &[&str] = &[
    "networkd::machine",
    "networkd::link::config",
    "networkd::address::config",
    "networkd::route::config",
    "networkd::link::apply",
];
const DHCP4: &[&str] = &["networkd::machine", "networkd::operator::config", "networkd::operator::apply"];
const HOSTNAME: &[&str] = &["networkd::machine", "networkd::hostname::config", "networkd::hostname::status"];
const RESOLVERS: &[&str] = &["networkd::machine", "networkd::resolver::config", "networkd::resolver::status"];
const HOST_DNS: &[&str] = &["networkd::machine", "networkd::dns::config", "networkd::dns::controller"];
const STATIC_HOSTS: &[&str] =
    &["networkd::machine", "networkd::configuration", "machined::controllers::files::hosts"];
const PROBES: &[&str] = &["networkd::machine", "networkd::probe::config", "networkd::probe::status"];
const KUBE_PRISM: &[&str] = &[
    "networkd::machine",
    "machined::controllers::secrets::kubelet",
    "networkd::kubeprism::config",
    "networkd::kubeprism::controller",
];
const KERNEL_PARAMS: &[&str] = &["machined::controllers::runtime::kernel_params"];
const ENVIRONMENT: &[&str] = &["machined::children", "machined::services::environment"];
const CRI_FILES: &[&str] = &["machined::controllers::files::cri", "machined::controllers::files::etc"];
const REGISTRIES: &[&str] = &["machined::controllers::files::registries", "machined::services::definitions"];
const DISCOVERY: &[&str] =
    &["machined::controllers::cluster::config", "machined::controllers::cluster::discovery"];
const ROOT_OS: &[&str] = &["machined::controllers::secrets::root_os", "machined::controllers::secrets::api"];
const ROOT_KUBERNETES: &[&str] =
    &["machined::controllers::secrets::root_kubernetes", "machined::controllers::secrets::kubernetes"];
const NODE: &[&str] = &[
    "machined::controllers::k8s::node::specs",
    "machined::controllers::k8s::kubelet::nodename",
    "machined::controllers::k8s::kubelet::node_ip",
    "machined::controllers::k8s::kubelet::config",
    "machined::controllers::k8s::node::apply",
];
const KUBELET: &[&str] = &[
    "machined::controllers::k8s::kubelet::config",
    "machined::controllers::k8s::kubelet::spec",
    "machined::services::definitions::kubelet",
];
const NETWORK: &[&str] = &[
    "machined::controllers::k8s::components::controller_manager",
    "machined::controllers::k8s::components::api_server",
    "machined::controllers::k8s::kubelet::config",
    "machined::controllers::k8s::manifests::config",
    "machined::controllers::k8s::pods::render",
];
const API_SERVER: &[&str] = &[
    "machined::controllers::k8s::components",
    "machined::controllers::k8s::components::api_server",
    "machined::controllers::secrets::root_kubernetes",
    "machined::controllers::k8s::pods::render",
];
const CONTROLLER_MANAGER: &[&str] = &[
    "machined::controllers::k8s::components",
    "machined::controllers::k8s::components::controller_manager",
    "machined::controllers::k8s::pods::render",
];
const SCHEDULER: &[&str] = &[
    "machined::controllers::k8s::components",
    "machined::controllers::k8s::components::scheduler",
    "machined::controllers::k8s::pods::render",
];
const ACCESS_RULES: &[&str] =
    &["machined::controllers::k8s::access_rules", "machined::controllers::k8s::files::config"];
const ADDONS: &[&str] =
    &["machined::controllers::k8s::manifests::config", "machined::controllers::k8s::manifests::render"];
const MANIFESTS: &[&str] =
    &["machined::controllers::k8s::manifests::extra", "machined::controllers::k8s::manifests::fetch"];
const STATIC_PODS: &[&str] =
    &["machined::controllers::k8s::pods::render", "machined::controllers::k8s::pods::server"];
