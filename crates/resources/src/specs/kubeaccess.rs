//! Access to the node API from inside Kubernetes.

use proto::resource::kubeaccess;

define! {
    kubeaccess::ConfigSpec => "KubernetesAccessConfigs.cluster.talos.dev" in "config" {}
}
