//! Kubernetes on this node.

use super::proto;
use crate::yaml::field::{Field, Kind::*, Message};

pub(crate) static API_SERVER_CONFIG_SPEC: Message = Message(&[
    Field::new(1, "image", Text),
    Field::new(2, "cloudProvider", Text),
    Field::new(3, "controlPlaneEndpoint", Text),
    Field::new(4, "etcdServers", Text).list(),
    Field::new(5, "localPort", Int),
    Field::new(6, "serviceCIDR", Text).list(),
    Field::new(13, "extraArgs", Map(&Nested(&ARG_VALUES))),
    Field::new(16, "args", Text).list().optional(),
    Field::new(8, "extraVolumes", Nested(&EXTRA_VOLUME)).list(),
    Field::new(9, "environmentVariables", Map(&Text)),
    Field::new(11, "advertisedAddress", Text),
    Field::new(12, "resources", Nested(&RESOURCES)),
    Field::new(14, "startupProbesEnabled", Bool),
    Field::new(15, "useAuthenticationConfig", Bool),
]);

pub(crate) static ADMISSION_CONTROL_CONFIG_SPEC: Message =
    Message(&[Field::new(1, "config", Nested(&ADMISSION_PLUGIN_SPEC)).list()]);

pub(crate) static ADMISSION_PLUGIN_SPEC: Message =
    Message(&[Field::new(1, "name", Text), Field::new(2, "configuration", Struct)]);

pub(crate) static ARG_VALUES: Message = Message(&[Field::new(1, "values", Text).list()]);

pub(crate) static AUDIT_POLICY_CONFIG_SPEC: Message = Message(&[Field::new(1, "config", Struct)]);

pub(crate) static AUTHENTICATION_CONFIG_SPEC: Message = Message(&[Field::new(1, "config", Struct)]);

pub(crate) static AUTHORIZATION_AUTHORIZERS_SPEC: Message =
    Message(&[Field::new(1, "type", Text), Field::new(2, "name", Text), Field::new(3, "webhook", Struct)]);

pub(crate) static AUTHORIZATION_CONFIG_SPEC: Message = Message(&[
    Field::new(1, "image", Text),
    Field::new(2, "config", Nested(&AUTHORIZATION_AUTHORIZERS_SPEC)).list(),
]);

pub(crate) static BOOTSTRAP_MANIFESTS_CONFIG_SPEC: Message = Message(&[
    Field::new(1, "string", Text),
    Field::new(2, "clusterDomain", Text),
    Field::new(3, "podCIDRs", Text).list(),
    Field::new(4, "proxyEnabled", Bool),
    Field::new(5, "proxyImage", Text),
    Field::new(6, "proxyArgs", Text).list(),
    Field::new(27, "proxyConfig", Struct),
    Field::new(29, "proxyConfigChecksum", Text),
    Field::new(28, "proxyResources", Nested(&RESOURCES)),
    Field::new(7, "coreDNSEnabled", Bool),
    Field::new(8, "coreDNSImage", Text),
    Field::new(9, "dnsServiceIP", Text),
    Field::new(10, "dnsServiceIPv6", Text),
    Field::new(11, "flannelEnabled", Bool),
    Field::new(12, "flannelImage", Text),
    Field::new(16, "flannelExtraArgs", Text).list(),
    Field::new(17, "flannelKubeServiceHost", Text),
    Field::new(18, "flannelKubeServicePort", Text),
    Field::new(19, "flannelKubeNetworkPoliciesEnabled", Bool),
    Field::new(20, "flannelKubeNetworkPoliciesImage", Text),
    Field::new(23, "flannelBackendType", Text),
    Field::new(24, "flannelBackendPort", Uint),
    Field::new(22, "flannelBackendMTU", Uint),
    Field::new(26, "flannelBackendExtraConfig", Struct),
    Field::new(25, "flannelResources", Nested(&RESOURCES)),
    Field::new(14, "podSecurityPolicyEnabled", Bool),
    Field::new(15, "talosAPIServiceEnabled", Bool),
    Field::new(21, "cniName", Text),
]);

pub(crate) static CONFIG_STATUS_SPEC: Message =
    Message(&[Field::new(1, "ready", Bool), Field::new(2, "version", Text)]);

pub(crate) static CONTROLLER_MANAGER_CONFIG_SPEC: Message = Message(&[
    Field::new(1, "enabled", Bool),
    Field::new(2, "image", Text),
    Field::new(3, "cloudProvider", Text),
    Field::new(4, "podCIDRs", Text).list(),
    Field::new(5, "serviceCIDRs", Text).list(),
    Field::new(10, "extraArgs", Map(&Nested(&ARG_VALUES))).optional(),
    Field::new(11, "args", Text).list().optional(),
    Field::new(7, "extraVolumes", Nested(&EXTRA_VOLUME)).list(),
    Field::new(8, "environmentVariables", Map(&Text)),
    Field::new(9, "resources", Nested(&RESOURCES)),
    Field::new(12, "nodeCIDRMaskSizeIPv4", Int),
    Field::new(13, "nodeCIDRMaskSizeIPv6", Int),
]);

pub(crate) static ENDPOINT_SPEC: Message =
    Message(&[Field::new(1, "addresses", Ip).list(), Field::new(2, "hosts", Text).list()]);

pub(crate) static ETCD_ENCRYPTION_CONFIG_SPEC: Message = Message(&[Field::new(1, "configuration", Text)]);

pub(crate) static EXTRA_MANIFEST: Message = Message(&[
    Field::new(1, "name", Text),
    Field::new(2, "url", Text),
    Field::new(3, "priority", Text),
    Field::new(4, "extraHeaders", Map(&Text)),
    Field::new(5, "inlineManifest", Text),
]);

pub(crate) static EXTRA_MANIFESTS_CONFIG_SPEC: Message =
    Message(&[Field::new(1, "extraManifests", Nested(&EXTRA_MANIFEST)).list()]);

pub(crate) static EXTRA_VOLUME: Message = Message(&[
    Field::new(1, "name", Text),
    Field::new(2, "hostPath", Text),
    Field::new(3, "mountPath", Text),
    Field::new(4, "readonly", Bool),
]);

pub(crate) static KUBE_PRISM_CONFIG_SPEC: Message = Message(&[
    Field::new(1, "host", Text),
    Field::new(2, "port", Int),
    Field::new(3, "endpoints", Nested(&KUBE_PRISM_ENDPOINT)).list(),
]);

pub(crate) static KUBE_PRISM_ENDPOINT: Message =
    Message(&[Field::new(1, "host", Text), Field::new(2, "port", Uint)]);

pub(crate) static KUBE_PRISM_ENDPOINTS_SPEC: Message =
    Message(&[Field::new(1, "endpoints", Nested(&KUBE_PRISM_ENDPOINT)).list()]);

pub(crate) static KUBE_PRISM_STATUSES_SPEC: Message =
    Message(&[Field::new(1, "host", Text), Field::new(2, "healthy", Bool)]);

pub(crate) static KUBELET_CONFIG_SPEC: Message = Message(&[
    Field::new(1, "image", Text),
    Field::new(2, "clusterDNS", Text).list(),
    Field::new(3, "clusterDomain", Text),
    Field::new(15, "extraArgs", Map(&Nested(&ARG_VALUES))).optional(),
    Field::new(5, "extraMounts", Nested(&proto::MOUNT)).list().optional(),
    Field::new(6, "extraConfig", Struct).optional(),
    Field::new(7, "cloudProviderExternal", Bool),
    Field::new(8, "defaultRuntimeSeccompEnabled", Bool),
    Field::new(9, "skipNodeRegistration", Bool),
    Field::new(10, "staticPodListURL", Text),
    Field::new(11, "disableManifestsDirectory", Bool),
    Field::new(12, "enableFSQuotaMonitoring", Bool),
    Field::new(13, "credentialProviderConfig", Struct).optional(),
    Field::new(16, "registerWithTaints", Map(&Text)).optional(),
]);

pub(crate) static KUBELET_KUBECONFIG_SPEC: Message = Message(&[Field::new(1, "hash", Text)]);

pub(crate) static KUBELET_SPEC_SPEC: Message = Message(&[
    Field::new(1, "image", Text),
    Field::new(2, "args", Text).list().optional(),
    Field::new(3, "extraMounts", Nested(&proto::MOUNT)).list().optional(),
    Field::new(4, "expectedNodename", Text).optional(),
    Field::new(5, "config", Struct),
    Field::new(6, "credentialProviderConfig", Struct).optional(),
]);

pub(crate) static MANIFEST_STATUS_SPEC: Message = Message(&[Field::new(1, "manifestsApplied", Text).list()]);

pub(crate) static NODE_ANNOTATION_SPEC_SPEC: Message =
    Message(&[Field::new(1, "key", Text), Field::new(2, "value", Text)]);

pub(crate) static NODE_IP_CONFIG_SPEC: Message = Message(&[
    Field::new(1, "validSubnets", Text).list().optional(),
    Field::new(2, "excludeSubnets", Text).list(),
]);

pub(crate) static NODE_IP_SPEC: Message = Message(&[Field::new(1, "addresses", Ip).list()]);

pub(crate) static NODE_LABEL_SPEC_SPEC: Message =
    Message(&[Field::new(1, "key", Text), Field::new(2, "value", Text)]);

pub(crate) static NODE_STATUS_SPEC: Message = Message(&[
    Field::new(1, "nodename", Text),
    Field::new(2, "nodeReady", Bool),
    Field::new(3, "unschedulable", Bool),
    Field::new(4, "labels", Map(&Text)),
    Field::new(5, "annotations", Map(&Text)),
    Field::new(6, "podCIDRs", Prefix).list(),
]);

pub(crate) static NODE_TAINT_SPEC_SPEC: Message =
    Message(&[Field::new(1, "key", Text), Field::new(2, "effect", Text), Field::new(3, "value", Text)]);

pub(crate) static NODENAME_SPEC: Message = Message(&[
    Field::new(1, "nodename", Text),
    Field::new(2, "hostnameVersion", Text),
    Field::new(3, "skipNodeRegistration", Bool),
]);

pub(crate) static RESOURCES: Message =
    Message(&[Field::new(1, "requests", Map(&Text)), Field::new(2, "limits", Map(&Text))]);

pub(crate) static SCHEDULER_CONFIG_SPEC: Message = Message(&[
    Field::new(1, "enabled", Bool),
    Field::new(2, "image", Text),
    Field::new(8, "extraArgs", Map(&Nested(&ARG_VALUES))).optional(),
    Field::new(9, "args", Text).list().optional(),
    Field::new(7, "config", Struct),
    Field::new(4, "extraVolumes", Nested(&EXTRA_VOLUME)).list(),
    Field::new(5, "environmentVariables", Map(&Text)),
    Field::new(6, "resources", Nested(&RESOURCES)),
]);

pub(crate) static SECRETS_STATUS_SPEC: Message =
    Message(&[Field::new(1, "ready", Bool), Field::new(2, "version", Text)]);

pub(crate) static SINGLE_MANIFEST: Message = Message(&[Field::new(1, "", Struct).inline()]);

pub(crate) static STATIC_POD_SERVER_STATUS_SPEC: Message = Message(&[Field::new(1, "url", Text)]);

pub(crate) static STATIC_POD_SPEC: Message = Message(&[Field::new(1, "", Struct).inline()]);

pub(crate) static STATIC_POD_STATUS_SPEC: Message = Message(&[Field::new(1, "", Struct).inline()]);
