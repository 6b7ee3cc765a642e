//! The cluster section of the v1alpha1 document.

use super::{
    ACCESS_RULES, ADDONS, API_SERVER, CONTROLLER_MANAGER, DISCOVERY, MANIFESTS, NETWORK, NODE,
    ROOT_KUBERNETES, SCHEDULER,
};
use crate::effects::row::{Row, When, done, noop, unbuilt};

const V1: &[&str] = &["v1alpha1"];
const ETCD: &[&str] = &["machined::controllers::etcd::config", "machined::controllers::etcd::spec"];
const ETCD_CA: &[&str] = &[
    "machined::controllers::secrets::root_etcd",
    "machined::controllers::secrets::material",
    "machined::controllers::secrets::etcd",
];
const ENCRYPTION: &[&str] =
    &["machined::controllers::secrets::root_kubernetes", "machined::controllers::k8s::encryption"];
const TOKEN: &[&str] = &[
    "machined::controllers::secrets::root_kubernetes",
    "machined::controllers::secrets::kubelet",
    "machined::services::definitions::kubelet",
];
const CLOUD: &[&str] = &[
    "machined::controllers::k8s::components::controller_manager",
    "machined::controllers::k8s::kubelet::config",
    "machined::controllers::k8s::manifests::extra",
    "machined::controllers::k8s::manifests::fetch",
];

pub(super) static ROWS: &[Row] = &[
    done(V1, "cluster.id", DISCOVERY),
    done(V1, "cluster.secret", DISCOVERY),
    done(V1, "cluster.controlPlane.endpoint", ROOT_KUBERNETES),
    done(V1, "cluster.controlPlane.localAPIServerPort", API_SERVER),
    done(V1, "cluster.clusterName", ROOT_KUBERNETES),
    done(V1, "cluster.network.cni", ADDONS),
    done(V1, "cluster.network.cni.urls", MANIFESTS),
    done(V1, "cluster.network.dnsDomain", NETWORK),
    done(V1, "cluster.network.podSubnets", NETWORK),
    done(V1, "cluster.network.serviceSubnets", NETWORK),
    done(V1, "cluster.token", TOKEN),
    done(V1, "cluster.aescbcEncryptionSecret", ENCRYPTION),
    done(V1, "cluster.secretboxEncryptionSecret", ENCRYPTION),
    done(V1, "cluster.ca", ROOT_KUBERNETES),
    done(V1, "cluster.acceptedCAs", ROOT_KUBERNETES),
    done(V1, "cluster.aggregatorCA", ROOT_KUBERNETES),
    done(V1, "cluster.serviceAccount", ROOT_KUBERNETES),
    done(V1, "cluster.apiServer", API_SERVER),
    noop(V1, "cluster.apiServer.disablePodSecurityPolicy", "Kubernetes has no such policies any more"),
    done(V1, "cluster.apiServer.admissionControl", ACCESS_RULES),
    done(V1, "cluster.apiServer.auditPolicy", ACCESS_RULES),
    done(V1, "cluster.apiServer.authorizationConfig", ACCESS_RULES),
    done(V1, "cluster.controllerManager", CONTROLLER_MANAGER),
    done(V1, "cluster.proxy", ADDONS),
    done(V1, "cluster.scheduler", SCHEDULER),
    done(V1, "cluster.discovery.enabled", DISCOVERY),
    done(V1, "cluster.discovery.registries.service", DISCOVERY),
    unbuilt(
        V1,
        "cluster.discovery.registries.kubernetes",
        "members are not found by annotations of nodes in Kubernetes",
    )
    .when(When::Only("disabled", "false")),
    done(V1, "cluster.etcd", ETCD),
    done(V1, "cluster.etcd.ca", ETCD_CA),
    done(V1, "cluster.coreDNS", ADDONS),
    done(V1, "cluster.externalCloudProvider", CLOUD),
    done(V1, "cluster.extraManifests", MANIFESTS),
    done(V1, "cluster.extraManifestHeaders", MANIFESTS),
    done(V1, "cluster.inlineManifests", MANIFESTS),
    done(V1, "cluster.adminKubeconfig", &["machined::api::kubeconfig"]),
    done(V1, "cluster.allowSchedulingOnMasters", NODE),
    done(V1, "cluster.allowSchedulingOnControlPlanes", NODE),
];
