//! Kubernetes on this node.

use proto::internal::specs as own;
use proto::resource::k8s;

define! {
    k8s::AdmissionControlConfigSpec => "AdmissionControlConfigs.kubernetes.talos.dev" in "controlplane" {}
    k8s::ApiServerConfigSpec => "APIServerConfigs.kubernetes.talos.dev" in "controlplane" {
        sensitive: true,
    }
    k8s::AuditPolicyConfigSpec => "AuditPolicyConfigs.kubernetes.talos.dev" in "controlplane" {
        sensitive: true,
    }
    k8s::AuthenticationConfigSpec => "AuthenticationConfigs.kubernetes.talos.dev" in "controlplane" {
        sensitive: true,
    }
    k8s::AuthorizationConfigSpec => "AuthorizationConfigs.kubernetes.talos.dev" in "controlplane" {
        sensitive: true,
    }
    k8s::ConfigStatusSpec => "ConfigStatuses.kubernetes.talos.dev" in "controlplane" {
        columns: &[("Ready", "{.ready}"), ("Secrets Version", "{.version}")],
    }
    k8s::ControllerManagerConfigSpec => "ControllerManagerConfigs.kubernetes.talos.dev" in "controlplane" {}
    k8s::EndpointSpec => "Endpoints.kubernetes.talos.dev" in "controlplane" {
        columns: &[("Addresses", "{.addresses}"), ("Hosts", "{.hosts}")],
    }
    k8s::EtcdEncryptionConfigSpec => "EtcdEncryptionConfigs.kubernetes.talos.dev" in "k8s" {
        sensitive: true,
    }
    k8s::ExtraManifestsConfigSpec => "ExtraManifestsConfigs.kubernetes.talos.dev" in "controlplane" {}
    k8s::KubeletConfigSpec => "KubeletConfigs.kubernetes.talos.dev" in "k8s" {
        sensitive: true,
    }
    k8s::KubeletKubeconfigSpec => "KubeletKubeconfigs.kubernetes.talos.dev" in "k8s" {
        columns: &[("Hash", "{.hash}")],
    }
    own::KubeletLifecycleSpec => "KubeletLifecycles.kubernetes.talos.dev" in "k8s" {}
    k8s::KubeletSpecSpec => "KubeletSpecs.kubernetes.talos.dev" in "k8s" {
        sensitive: true,
    }
    own::KubeletStatusSpec => "KubeletStatuses.kubernetes.talos.dev" in "k8s" {
        columns: &[("Image", "{.image}")],
    }
    k8s::KubePrismStatusesSpec => "KubePrismStatuses.kubernetes.talos.dev" in "k8s" {
        columns: &[("HOST", "{.host}"), ("HEALTHY", "{.healthy}")],
    }
    k8s::KubePrismConfigSpec => "KubePrismConfigs.kubernetes.talos.dev" in "k8s" {
        columns: &[("Host", "{.host}"), ("Port", "{.port}"), ("Endpoints", "{.endpoints}")],
    }
    k8s::KubePrismEndpointsSpec => "KubePrismEndpoints.kubernetes.talos.dev" in "k8s" {
        columns: &[("Hosts", "{.endpoints[*].host}"), ("Ports", "{.endpoints[*].port}")],
    }
    k8s::ManifestSpec => "Manifests.kubernetes.talos.dev" in "controlplane" {}
    k8s::ManifestStatusSpec => "ManifestStatuses.kubernetes.talos.dev" in "controlplane" {}
    k8s::BootstrapManifestsConfigSpec => "BootstrapManifestsConfigs.kubernetes.talos.dev" in "controlplane" {}
    k8s::NodeAnnotationSpecSpec => "NodeAnnotationSpecs.k8s.talos.dev" in "k8s" {
        columns: &[("Value", "{.value}")],
        sensitive: true,
    }
    own::NodeCordonedSpecSpec => "NodeCordonedSpecs.k8s.talos.dev" in "k8s" {
        sensitive: true,
    }
    k8s::NodeLabelSpecSpec => "NodeLabelSpecs.k8s.talos.dev" in "k8s" {
        columns: &[("Value", "{.value}")],
        sensitive: true,
    }
    k8s::NodeStatusSpec => "NodeStatuses.kubernetes.talos.dev" in "k8s" {
        columns: &[("Ready", "{.nodeReady}"), ("Unschedulable", "{.unschedulable}")],
    }
    k8s::NodeTaintSpecSpec => "NodeTaintSpecs.k8s.talos.dev" in "k8s" {
        columns: &[("Effect", "{.effect}"), ("Value", "{.value}")],
        sensitive: true,
    }
    k8s::NodeIpSpec => "NodeIPs.kubernetes.talos.dev" in "k8s" {}
    k8s::NodeIpConfigSpec => "NodeIPConfigs.kubernetes.talos.dev" in "k8s" {}
    k8s::NodenameSpec => "Nodenames.kubernetes.talos.dev" in "k8s" {
        columns: &[("Nodename", "{.nodename}")],
    }
    k8s::SchedulerConfigSpec => "SchedulerConfigs.kubernetes.talos.dev" in "controlplane" {}
    k8s::SecretsStatusSpec => "SecretStatuses.kubernetes.talos.dev" in "controlplane" {
        columns: &[("Ready", "{.ready}"), ("Secrets Version", "{.version}")],
    }
    k8s::StaticPodSpec => "StaticPods.kubernetes.talos.dev" in "k8s" {}
    k8s::StaticPodServerStatusSpec => "StaticPodServerStatuses.kubernetes.talos.dev" in "k8s" {}
    k8s::StaticPodStatusSpec => "StaticPodStatuses.kubernetes.talos.dev" in "k8s" {
        aliases: &["podstatus"],
        columns: &[("Ready", "{.conditions[?(@.type==\"Ready\")].status}")],
    }
}
