//! The cluster as a whole.

use indexmap::IndexMap;
use ipnet::IpNet;

use crate::schema::{Effect, Redaction};
use crate::value::Url;
use crate::yaml::Node;

record! {
    /// Name and endpoint of the cluster.
    KubeClusterConfig {
        /// The name.
        "clusterName" cluster_name: String => required;
        /// Where every node and user reaches the Kubernetes API.
        "endpoint" endpoint: Option<Url> => required example("https://cluster.example.org:6443");
    }

    /// The networks of pods and services.
    KubeNetworkConfig {
        /// The domain of the cluster's names; cluster.local when left out.
        "dnsDomain" dns_domain: String;
        /// Networks of pods, at most one of each family.
        "podSubnets" pod_subnets: Vec<IpNet> => required replaced;
        /// Networks of services, at most one of each family.
        "serviceSubnets" service_subnets: Vec<IpNet> => required replaced;
        /// The prefix length of one node's pods in IPv4; 24 when left out.
        "nodeCIDRMaskSizeIPv4" node_cidr_mask_size_ipv4: Option<u32> => range(1, 32);
        /// The prefix length of one node's pods in IPv6; 64 when left out.
        "nodeCIDRMaskSizeIPv6" node_cidr_mask_size_ipv6: Option<u32> => range(1, 128);
    }

    /// A balancer on every node in front of all Kubernetes API servers.
    KubePrismConfig {
        /// Its port on localhost.
        "port" port: Option<u32> => required;
        /// The name that the API servers' certificates are checked for.
        "tlsServerName" tls_server_name: String;
    }

    /// A manifest that is fetched and applied once.
    KubeExternalManifestConfig {
        /// The name.
        "name" name: String => required;
        /// Headers of the request.
        "headers" headers: IndexMap<String, String> => redaction(Redaction::Whole);
        /// Where it is.
        "url" url: Option<Url> => required;
    }

    /// A manifest that is applied once.
    KubeInlineManifestConfig {
        /// The name.
        "name" name: String => required;
        /// The manifest.
        "manifest" manifest: String => advised redaction(Redaction::Whole);
    }

    /// A pod that the kubelet runs without the Kubernetes API.
    KubeStaticPodConfig {
        /// The name.
        "name" name: String => required;
        /// The pod.
        "pod" pod: Option<Node> => required replaced effect(Effect::Live);
    }
}
