//! Rules of each kind of document (contract os.md 1.5).

mod access;
mod bgp;
mod components;
mod container;
mod image;
mod kube;
mod link;
mod logical;
mod network;
mod resolver;
mod storage;
mod system;
mod volume;

use super::Context;
use crate::Document;
use crate::documents::block::*;
use crate::documents::k8s::*;
use crate::documents::network::*;
use crate::documents::runtime::*;
use crate::schema::Record;

/// Calls the rules of a document's kind with its record.
macro_rules! dispatch {
    ($document:expr, $cx:expr, { $($kind:ident => $rules:path),* $(,)? }) => {
        match $document.id.kind.as_str() {
            $(stringify!($kind) => {
                if let Some(map) = $document.root.as_map() {
                    $rules(&$kind::from_map(map), $cx);
                }
            })*
            // The table alone says everything about other kinds.
            _ => {}
        }
    };
}

pub(super) fn validate(document: &Document, cx: &mut Context<'_>) {
    dispatch!(document, cx, {
        LinkConfig => link::link,
        DummyLinkConfig => link::dummy,
        LinkAliasConfig => link::alias,
        EthernetConfig => link::ethernet,
        BondConfig => logical::bond,
        BridgeConfig => logical::bridge,
        VLANConfig => logical::vlan,
        VethConfig => logical::veth,
        VRFConfig => logical::vrf,
        WireguardConfig => logical::wireguard,
        DHCPv4Config => network::dhcp4,
        DHCPv6Config => network::dhcp6,
        Layer2VIPConfig => network::layer2_vip,
        HCloudVIPConfig => network::hcloud_vip,
        BlackholeRouteConfig => network::blackhole,
        RoutingRuleConfig => network::routing_rule,
        NetworkRuleConfig => network::rule,
        KubeSpanConfig => network::kubespan,
        HostnameConfig => resolver::hostname,
        ResolverConfig => resolver::resolver,
        StaticHostConfig => resolver::static_host,
        TimeSyncConfig => resolver::time_sync,
        TCPProbeConfig => resolver::tcp_probe,
        HTTPProbeConfig => resolver::http_probe,
        BGPInstanceConfig => bgp::instance,
        VolumeConfig => volume::system_volume,
        UserVolumeConfig => volume::user_volume,
        RawVolumeConfig => volume::raw_volume,
        SwapVolumeConfig => volume::swap_volume,
        ExistingVolumeConfig => volume::existing_volume,
        ExternalVolumeConfig => volume::external_volume,
        ZswapConfig => volume::zswap,
        FilesystemTrimConfig => volume::filesystem_trim,
        FilesystemScrubConfig => volume::filesystem_scrub,
        LVMVolumeGroupConfig => storage::volume_group,
        LVMLogicalVolumeConfig => storage::logical_volume,
        RAIDArrayConfig => storage::array,
        EnvironmentConfig => system::environment,
        EtcFileConfig => system::etc_file,
        EventSinkConfig => system::event_sink,
        KmsgLogConfig => system::kmsg_log,
        OOMConfig => system::oom,
        SysctlConfig => system::sysctl,
        SysfsConfig => system::sysfs,
        UnattendedInstallConfig => system::unattended_install,
        WatchdogTimerConfig => system::watchdog,
        PCIDriverRebindConfig => system::pci_rebind,
        ExtensionServiceConfig => system::extension_service,
        SideroLinkConfig => system::sidero_link,
        CRIBaseRuntimeSpecConfig => system::base_runtime_spec,
        CRICustomizationConfig => image::customization,
        RegistryAuthConfig => image::registry_auth,
        RegistryMirrorConfig => image::registry_mirror,
        RegistryTLSConfig => image::registry_tls,
        TrustedRootsConfig => image::trusted_roots,
        ImageVerificationConfig => image::verification,
        DiscoveryIdentityConfig => kube::discovery_identity,
        DiscoveryServiceConfig => kube::discovery_service,
        ContainerConfig => container::container,
        KubeClusterConfig => kube::cluster,
        KubeNetworkConfig => kube::network,
        KubeNodeConfig => kube::node,
        KubeletConfig => kube::kubelet,
        KubePrismConfig => kube::prism,
        KubeExternalManifestConfig => kube::external_manifest,
        KubeAPIServerConfig => components::api_server,
        KubeControllerManagerConfig => components::controller_manager,
        KubeSchedulerConfig => components::scheduler,
        KubeProxyConfig => components::proxy,
        KubeAPIServerCAConfig => access::api_server_ca,
        KubeAggregatorCAConfig => access::aggregator_ca,
        KubeServiceAccountConfig => access::service_account,
        KubeEtcdEncryptionConfig => access::etcd_encryption,
        KubeAuthenticationConfig => access::authentication,
        KubeAuthorizerConfig => access::authorizer,
        KubeTalosAPIAccessConfig => access::talos_api_access,
    });
}
