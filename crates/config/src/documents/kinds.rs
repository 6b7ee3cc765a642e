//! The table of kinds.

use super::block::*;
use super::k8s::*;
use super::network::*;
use super::runtime::*;
use super::v1alpha1::V1Alpha1Config;
use super::{Document, Kind, NameGroup, Naming, Superseded};
use crate::schema::{Effect, Record};

/// The kind of the document without a kind.
pub static V1ALPHA1: Kind = Kind {
    name: "v1alpha1",
    aliases: &[],
    object: V1Alpha1Config::OBJECT,
    naming: Naming::Singleton,
    group: None,
    control_plane_only: false,
    effect: Effect::Live,
    supersedes: &[],
};

/// The kind of a name, in either spelling.
pub fn kind_of(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name || kind.aliases.contains(&name))
}

macro_rules! kinds {
    ($($kind:ident : $naming:ident, $effect:expr $(, alias $alias:literal)? $(, group $group:ident)?
        $(, only $control_plane:ident)? $(, replaces [$($field:literal => $section:literal),* $(,)?])? ;)*) => {
        /// Every kind but v1alpha1.
        pub static KINDS: &[Kind] = &[$(Kind {
            name: stringify!($kind),
            aliases: &[$($alias)?],
            object: $kind::OBJECT,
            naming: Naming::$naming,
            group: kinds!(@group $($group)?),
            control_plane_only: kinds!(@flag $($control_plane)?),
            effect: $effect,
            supersedes: &[$($(Superseded { field: $field, section: $section }),*)?],
        }),*];

        $(impl Document for $kind {
            const KIND: &'static str = stringify!($kind);
        })*
    };
    (@group) => { None };
    (@group $group:ident) => { Some(NameGroup::$group) };
    (@flag) => { false };
    (@flag control_plane) => { true };
}

const LIVE: Effect = Effect::Live;
const REBOOT: Effect = Effect::Reboot;
const CRI: Effect = Effect::ServiceRestart("cri");
const KUBELET: Effect = Effect::ServiceRestart("kubelet");
const API_SERVER: Effect = Effect::ServiceRestart("kube-apiserver");
const CONTROLLER_MANAGER: Effect = Effect::ServiceRestart("kube-controller-manager");
const SCHEDULER: Effect = Effect::ServiceRestart("kube-scheduler");
const ONCE: Effect = Effect::CreatedOnce;

// Which v1alpha1 sections conflict with which kind: contract os.md 1.5. Where the document sets only a part of a
// section, only those fields of both conflict: the others have an effect from either place.
kinds! {
    LinkConfig: Named, LIVE, group Links;
    DummyLinkConfig: Named, LIVE, group Links;
    BondConfig: Named, LIVE, group Links;
    BridgeConfig: Named, LIVE, group Links;
    VLANConfig: Named, LIVE, group Links;
    VethConfig: Named, LIVE, group Links;
    VRFConfig: Named, LIVE, group Links;
    WireguardConfig: Named, LIVE, group Links;
    LinkAliasConfig: Named, LIVE;
    EthernetConfig: Named, LIVE;
    DHCPv4Config: Named, LIVE;
    DHCPv6Config: Named, LIVE;
    HostnameConfig: Singleton, LIVE, replaces [
        "" => "machine.network.hostname",
        "" => "machine.features.stableHostname",
    ];
    ResolverConfig: Singleton, LIVE, replaces [
        "nameservers" => "machine.network.nameservers",
        "searchDomains.domains" => "machine.network.searchDomains",
        "searchDomains.disableDefault" => "machine.network.disableSearchDomain",
        "hostDNS.enabled" => "machine.features.hostDNS.enabled",
        "hostDNS.forwardKubeDNSToHost" => "machine.features.hostDNS.forwardKubeDNSToHost",
        "hostDNS.resolveMemberNames" => "machine.features.hostDNS.resolveMemberNames",
    ];
    StaticHostConfig: Named, LIVE;
    TimeSyncConfig: Singleton, LIVE, replaces [
        "enabled" => "machine.time.disabled",
        "bootTimeout" => "machine.time.bootTimeout",
        "ntp" => "machine.time.servers",
        "ptp" => "machine.time.servers",
    ];
    TCPProbeConfig: Named, LIVE;
    HTTPProbeConfig: Named, LIVE;
    KubeSpanConfig: Singleton, LIVE, replaces [
        "enabled" => "machine.network.kubespan.enabled",
        "advertiseKubernetesNetworks" => "machine.network.kubespan.advertiseKubernetesNetworks",
        "allowDownPeerBypass" => "machine.network.kubespan.allowDownPeerBypass",
        "harvestExtraEndpoints" => "machine.network.kubespan.harvestExtraEndpoints",
        "mtu" => "machine.network.kubespan.mtu",
        "filters.endpoints" => "machine.network.kubespan.filters.endpoints",
        "filters.excludeAdvertisedNetworks" => "machine.network.kubespan.filters.excludeAdvertisedNetworks",
    ];
    KubeSpanEndpointsConfig: Singleton, LIVE, alias "KubeSpanEndpoints";
    Layer2VIPConfig: Named, LIVE, group Vips;
    HCloudVIPConfig: Named, LIVE, group Vips;
    BlackholeRouteConfig: Named, LIVE;
    RoutingRuleConfig: Named, LIVE;
    BGPInstanceConfig: Named, LIVE;
    NetworkRuleConfig: Named, LIVE;
    NetworkDefaultActionConfig: Singleton, LIVE;

    VolumeConfig: Named, REBOOT;
    UserVolumeConfig: Named, LIVE, group Volumes;
    RawVolumeConfig: Named, LIVE;
    SwapVolumeConfig: Named, LIVE;
    ExistingVolumeConfig: Named, LIVE, group Volumes;
    ExternalVolumeConfig: Named, LIVE;
    ZswapConfig: Singleton, LIVE;
    FilesystemTrimConfig: Singleton, LIVE;
    FilesystemScrubConfig: Singleton, LIVE;
    LVMVolumeGroupConfig: Named, LIVE;
    LVMLogicalVolumeConfig: Named, LIVE;
    RAIDArrayConfig: Named, LIVE;

    EnvironmentConfig: Singleton, REBOOT;
    EtcFileConfig: Named, LIVE;
    EventSinkConfig: Singleton, LIVE;
    KmsgLogConfig: Named, LIVE;
    KernelModuleConfig: Named, LIVE;
    OOMConfig: Singleton, LIVE;
    SecurityProfileConfig: Singleton, REBOOT;
    SysctlConfig: Singleton, LIVE;
    SysfsConfig: Singleton, LIVE;
    UdevRulesConfig: Singleton, LIVE;
    UnattendedInstallConfig: Singleton, Effect::NoneAfterInstall, alias "UnattendedInstall", replaces [
        "provisioning.diskSelector" => "machine.install.disk",
        "provisioning.diskSelector" => "machine.install.diskSelector",
        "installer.image" => "machine.install.image",
        "provisioning.wipe" => "machine.install.wipe",
    ];
    WatchdogTimerConfig: Singleton, LIVE;
    ExtensionServiceConfig: Named, Effect::ServiceRestart("ext-<name>");
    SideroLinkConfig: Singleton, LIVE;
    DiscoveryIdentityConfig: Singleton, LIVE, replaces [
        "clusterID" => "cluster.id",
        "clusterSecret" => "cluster.secret",
    ];
    DiscoveryServiceConfig: Named, LIVE,
        replaces ["" => "cluster.discovery"];
    TrustedRootsConfig: Named, CRI;
    ImageVerificationConfig: Singleton, LIVE;
    CRIBaseRuntimeSpecConfig: Singleton, CRI,
        replaces ["overrides" => "machine.baseRuntimeSpecOverrides"];
    CRICustomizationConfig: Named, CRI;
    ImageCacheConfig: Singleton, Effect::ServiceRestart("registryd"),
        replaces ["local.enabled" => "machine.features.imageCache.localEnabled"];
    RegistryMirrorConfig: Named, LIVE;
    RegistryAuthConfig: Named, CRI;
    RegistryTLSConfig: Named, LIVE;
    PCIDriverRebindConfig: Named, LIVE;
    ContainerConfig: Named, LIVE;

    KubeClusterConfig: Singleton, KUBELET, replaces [
        "clusterName" => "cluster.clusterName",
        "endpoint" => "cluster.controlPlane.endpoint",
    ];
    KubeNodeConfig: Singleton, LIVE, replaces [
        "labels" => "machine.nodeLabels",
        "annotations" => "machine.nodeAnnotations",
        "taints" => "machine.nodeTaints",
        "taints" => "cluster.allowSchedulingOnMasters",
        "taints" => "cluster.allowSchedulingOnControlPlanes",
        "skipNodeRegistration" => "machine.kubelet.skipNodeRegistration",
        "registerWithFQDN" => "machine.kubelet.registerWithFQDN",
        "nodeIP" => "machine.kubelet.nodeIP",
    ];
    KubeletConfig: Singleton, KUBELET, replaces [
        "image" => "machine.kubelet.image",
        "config" => "machine.kubelet.extraConfig",
        "extraArgs" => "machine.kubelet.extraArgs",
        "clusterDNS" => "machine.kubelet.clusterDNS",
        "defaultRuntimeSeccompProfileEnabled" => "machine.kubelet.defaultRuntimeSeccompProfileEnabled",
    ];
    KubeCredentialProviderConfig: Singleton, KUBELET,
        replaces ["configuration" => "machine.kubelet.credentialProviderConfig"];
    KubeNetworkConfig: Singleton, CONTROLLER_MANAGER, replaces [
        "dnsDomain" => "cluster.network.dnsDomain",
        "podSubnets" => "cluster.network.podSubnets",
        "serviceSubnets" => "cluster.network.serviceSubnets",
    ];
    KubeAPIServerConfig: Singleton, API_SERVER, only control_plane, replaces [
        "image" => "cluster.apiServer.image",
        "extraArgs" => "cluster.apiServer.extraArgs",
        "env" => "cluster.apiServer.env",
        "resources" => "cluster.apiServer.resources",
        "certExtraSANs" => "cluster.apiServer.certSANs",
        "apiPort" => "cluster.controlPlane.localAPIServerPort",
    ];
    KubeAPIServerCAConfig: Singleton, API_SERVER,
        replaces ["" => "cluster.ca"];
    KubeAggregatorCAConfig: Singleton, API_SERVER, only control_plane,
        replaces ["" => "cluster.aggregatorCA"];
    KubeControllerManagerConfig: Singleton, CONTROLLER_MANAGER, only control_plane, replaces [
        "enabled" => "machine.controlPlane.controllerManager.disabled",
        "image" => "cluster.controllerManager.image",
        "extraArgs" => "cluster.controllerManager.extraArgs",
        "env" => "cluster.controllerManager.env",
        "resources" => "cluster.controllerManager.resources",
    ];
    KubeSchedulerConfig: Singleton, SCHEDULER, only control_plane, replaces [
        "enabled" => "machine.controlPlane.scheduler.disabled",
        "image" => "cluster.scheduler.image",
        "config" => "cluster.scheduler.config",
        "extraArgs" => "cluster.scheduler.extraArgs",
        "env" => "cluster.scheduler.env",
        "resources" => "cluster.scheduler.resources",
    ];
    KubeProxyConfig: Singleton, ONCE, only control_plane, replaces [
        "enabled" => "cluster.proxy.disabled",
        "image" => "cluster.proxy.image",
        "mode" => "cluster.proxy.mode",
        "extraArgs" => "cluster.proxy.extraArgs",
    ];
    KubeCoreDNSConfig: Singleton, ONCE, only control_plane, replaces [
        "enabled" => "cluster.coreDNS.disabled",
        "image" => "cluster.coreDNS.image",
    ];
    KubeFlannelCNIConfig: Singleton, ONCE, only control_plane,
        replaces ["" => "cluster.network.cni"];
    KubeAdmissionControlConfig: Named, API_SERVER, only control_plane;
    KubeAuditPolicyConfig: Singleton, API_SERVER, only control_plane;
    KubeAuthenticationConfig: Singleton, API_SERVER, only control_plane;
    KubeAuthorizerConfig: Named, API_SERVER, only control_plane;
    KubeEtcdEncryptionConfig: Singleton, API_SERVER, only control_plane, replaces [
        "config" => "cluster.secretboxEncryptionSecret",
        "config" => "cluster.aescbcEncryptionSecret",
    ];
    KubeServiceAccountConfig: Singleton, API_SERVER, only control_plane,
        replaces ["" => "cluster.serviceAccount"];
    KubeExternalManifestConfig: Named, ONCE;
    KubeInlineManifestConfig: Named, ONCE;
    KubeStaticPodConfig: Named, LIVE;
    KubePrismConfig: Singleton, KUBELET,
        replaces ["" => "machine.features.kubePrism"];
    KubeTalosAPIAccessConfig: Singleton, LIVE, only control_plane,
        replaces ["" => "machine.features.kubernetesTalosAPIAccess"];
}
