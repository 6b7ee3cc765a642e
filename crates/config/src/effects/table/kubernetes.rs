//! The cluster, its components and the node in it.

use super::{
    ACCESS_RULES, ADDONS, API_SERVER, CONTROLLER_MANAGER, KUBE_PRISM, KUBELET, MANIFESTS, NETWORK, NODE,
    ROOT_KUBERNETES, SCHEDULER, STATIC_PODS,
};
use crate::effects::row::{Row, done, unbuilt};

pub(super) static ROWS: &[Row] = &[
    done(&["KubeClusterConfig"], "", ROOT_KUBERNETES),
    done(&["KubeNodeConfig"], "", NODE),
    done(&["KubeletConfig", "KubeCredentialProviderConfig"], "", KUBELET),
    done(&["KubeNetworkConfig"], "", NETWORK),
    done(&["KubeAPIServerConfig"], "", API_SERVER),
    done(
        &["KubeAPIServerCAConfig", "KubeAggregatorCAConfig", "KubeServiceAccountConfig"],
        "",
        ROOT_KUBERNETES,
    ),
    done(&["KubeControllerManagerConfig"], "", CONTROLLER_MANAGER),
    done(&["KubeSchedulerConfig"], "", SCHEDULER),
    done(&["KubeProxyConfig", "KubeCoreDNSConfig", "KubeFlannelCNIConfig"], "", ADDONS),
    done(
        &[
            "KubeAdmissionControlConfig",
            "KubeAuditPolicyConfig",
            "KubeAuthenticationConfig",
            "KubeAuthorizerConfig",
        ],
        "",
        ACCESS_RULES,
    ),
    done(
        &["KubeEtcdEncryptionConfig"],
        "",
        &["machined::controllers::secrets::root_kubernetes", "machined::controllers::k8s::encryption"],
    ),
    done(&["KubeExternalManifestConfig", "KubeInlineManifestConfig"], "", MANIFESTS),
    done(&["KubeStaticPodConfig"], "", STATIC_PODS),
    done(&["KubePrismConfig"], "", KUBE_PRISM),
    unbuilt(
        &["KubeTalosAPIAccessConfig"],
        "",
        "pods get no access to the API of the nodes: service accounts for it are not given certificates",
    ),
];
