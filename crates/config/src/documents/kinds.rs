//! The table of kinds.

use super::block::*;
use super::k8s::*;
use super::network::*;
use super::runtime::*;
use super::v1alpha1::V1Alpha1Config;
use super::{Document, Kind, NameGroup, Naming};
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
        $(, only $control_plane:ident)? $(, replaces [$($path:literal),*])? ;)*) => {
        /// Every kind but v1alpha1.
        pub static KINDS: &[Kind] = &[$(Kind {
            name: stringify!($kind),
            aliases: &[$($alias)?],
            object: $kind::OBJECT,
            naming: Naming::$naming,
            group: kinds!(@group $($group)?),
            control_plane_only: kinds!(@flag $($control_plane)?),
            effect: $effect,
            supersedes: &[$($($path),*)?],
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
const PROXY: Effect = Effect::ServiceRestart("kube-proxy");

// Which v1alpha1 sections conflict with which kind: contract os.md 1.5.
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
    HostnameConfig: Singleton, LIVE,
        replaces ["machine.network.hostname", "machine.features.stableHostname"];
    ResolverConfig: Singleton, LIVE, replaces [
        "machine.network.searchDomains",
        "machine.network.nameservers",
        "machine.network.disableSearchDomain",
        "machine.features.hostDNS"
    ];
    StaticHostConfig: Named, LIVE;
    TimeSyncConfig: Singleton, LIVE, replaces ["machine.time"];
    TCPProbeConfig: Named, LIVE;
    HTTPProbeConfig: Named, LIVE;
    KubeSpanConfig: Singleton, LIVE, replaces ["machine.network.kubespan"];
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
    UnattendedInstallConfig: Singleton, Effect::NoneAfterInstall, alias "UnattendedInstall",
        replaces ["machine.install"];
    WatchdogTimerConfig: Singleton, LIVE;
    ExtensionServiceConfig: Named, Effect::ServiceRestart("ext-<name>");
    SideroLinkConfig: Singleton, LIVE;
    DiscoveryIdentityConfig: Singleton, LIVE, replaces ["cluster.id", "cluster.secret"];
    DiscoveryServiceConfig: Named, LIVE, replaces ["cluster.discovery"];
    TrustedRootsConfig: Named, CRI;
    ImageVerificationConfig: Singleton, LIVE;
    CRIBaseRuntimeSpecConfig: Singleton, CRI, replaces ["machine.baseRuntimeSpecOverrides"];
    CRICustomizationConfig: Named, CRI;
    ImageCacheConfig: Singleton, Effect::ServiceRestart("registryd"),
        replaces ["machine.features.imageCache"];
    RegistryMirrorConfig: Named, LIVE;
    RegistryAuthConfig: Named, CRI;
    RegistryTLSConfig: Named, LIVE;
    PCIDriverRebindConfig: Named, LIVE;
    ContainerConfig: Named, LIVE;

    KubeClusterConfig: Singleton, KUBELET,
        replaces ["cluster.clusterName", "cluster.controlPlane.endpoint"];
    KubeNodeConfig: Singleton, LIVE, replaces [
        "machine.nodeLabels",
        "machine.nodeAnnotations",
        "machine.nodeTaints",
        "cluster.allowSchedulingOnMasters",
        "cluster.allowSchedulingOnControlPlanes",
        "machine.kubelet.skipNodeRegistration",
        "machine.kubelet.registerWithFQDN",
        "machine.kubelet.nodeIP"
    ];
    KubeletConfig: Singleton, KUBELET, replaces ["machine.kubelet"];
    KubeCredentialProviderConfig: Singleton, KUBELET, replaces ["machine.kubelet"];
    KubeNetworkConfig: Singleton, CONTROLLER_MANAGER, replaces ["cluster.network"];
    KubeAPIServerConfig: Singleton, API_SERVER, only control_plane,
        replaces ["cluster.apiServer", "cluster.controlPlane.localAPIServerPort"];
    KubeAPIServerCAConfig: Singleton, API_SERVER, replaces ["cluster.ca"];
    KubeAggregatorCAConfig: Singleton, API_SERVER, only control_plane, replaces ["cluster.aggregatorCA"];
    KubeControllerManagerConfig: Singleton, CONTROLLER_MANAGER, only control_plane,
        replaces ["cluster.controllerManager", "machine.controlPlane.controllerManager"];
    KubeSchedulerConfig: Singleton, SCHEDULER, only control_plane,
        replaces ["cluster.scheduler", "machine.controlPlane.scheduler"];
    KubeProxyConfig: Singleton, PROXY, only control_plane, replaces ["cluster.proxy"];
    KubeCoreDNSConfig: Singleton, Effect::ServiceRestart("coredns"), only control_plane,
        replaces ["cluster.coreDNS"];
    KubeFlannelCNIConfig: Singleton, Effect::ServiceRestart("flannel"), only control_plane,
        replaces ["cluster.network"];
    KubeAdmissionControlConfig: Named, API_SERVER, only control_plane;
    KubeAuditPolicyConfig: Singleton, API_SERVER, only control_plane;
    KubeAuthenticationConfig: Singleton, API_SERVER, only control_plane;
    KubeAuthorizerConfig: Named, API_SERVER, only control_plane;
    KubeEtcdEncryptionConfig: Singleton, API_SERVER, only control_plane,
        replaces ["cluster.secretboxEncryptionSecret", "cluster.aescbcEncryptionSecret"];
    KubeServiceAccountConfig: Singleton, API_SERVER, only control_plane, replaces ["cluster.serviceAccount"];
    KubeExternalManifestConfig: Named, LIVE;
    KubeInlineManifestConfig: Named, LIVE;
    KubeStaticPodConfig: Named, LIVE;
    KubePrismConfig: Singleton, KUBELET, replaces ["machine.features.kubePrism"];
    KubeTalosAPIAccessConfig: Singleton, LIVE, only control_plane,
        replaces ["machine.features.kubernetesTalosAPIAccess"];
}
