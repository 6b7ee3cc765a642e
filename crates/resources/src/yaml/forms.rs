//! Which form the spec of each type has in YAML.

use super::field::{Field, Kind, Message};
use super::tables::*;
use crate::enums;

/// What a spec looks like.
pub(crate) enum Form {
    /// A mapping with the fields of the message.
    Mapping(&'static Message),
    /// The value of one field, without a key.
    Bare(&'static Field),
}

use Form::{Bare, Mapping};

static CONFIGURATION: Field = Field::new(1, "", Kind::TextBytes);
static MACHINE_TYPE: Field = Field::new(1, "", Kind::Enum(&enums::MACHINE_TYPE));
static OBJECTS: Field = Field::new(1, "", Kind::Nested(&k8s::SINGLE_MANIFEST)).list();
static DEVICE: Field = Field::new(1, "", Kind::Document);

/// The form of a type; nothing for a type that we do not know.
pub(crate) fn form(typ: &str) -> Option<Form> {
    let form = match typ {
        "Namespaces.meta.cosi.dev" => Mapping(&meta::NAMESPACE_SPEC),
        "ResourceDefinitions.meta.cosi.dev" => Mapping(&meta::RESOURCE_DEFINITION_SPEC),
        "BlockDevices.block.talos.dev" => Mapping(&block::DEVICE_SPEC),
        "DiscoveredVolumes.block.talos.dev" => Mapping(&block::DISCOVERED_VOLUME_SPEC),
        "DiscoveryRefreshRequests.block.talos.dev" => Mapping(&block::DISCOVERY_REFRESH_REQUEST_SPEC),
        "DiscoveryRefreshStatuses.block.talos.dev" => Mapping(&block::DISCOVERY_REFRESH_STATUS_SPEC),
        "Disks.block.talos.dev" => Mapping(&block::DISK_SPEC),
        "FSScrubSchedules.block.talos.dev" => Mapping(&own::FS_SCRUB_SCHEDULE_SPEC),
        "FSScrubStatuses.block.talos.dev" => Mapping(&own::FS_SCRUB_STATUS_SPEC),
        "MountRequests.block.talos.dev" => Mapping(&block::MOUNT_REQUEST_SPEC),
        "MountStatuses.block.talos.dev" => Mapping(&block::MOUNT_STATUS_SPEC),
        "SwapStatuses.block.talos.dev" => Mapping(&block::SWAP_STATUS_SPEC),
        "BlockSymlinks.block.talos.dev" => Mapping(&block::SYMLINK_SPEC),
        "SystemDisks.block.talos.dev" => Mapping(&block::SYSTEM_DISK_SPEC),
        "UserDiskConfigStatuses.block.talos.dev" => Mapping(&block::USER_DISK_CONFIG_STATUS_SPEC),
        "VolumeConfigs.block.talos.dev" => Mapping(&block::VOLUME_CONFIG_SPEC),
        "VolumeLifecycles.block.talos.dev" => Mapping(&own::VOLUME_LIFECYCLE_SPEC),
        "VolumeMountRequests.block.talos.dev" => Mapping(&block::VOLUME_MOUNT_REQUEST_SPEC),
        "VolumeMountStatuses.block.talos.dev" => Mapping(&block::VOLUME_MOUNT_STATUS_SPEC),
        "VolumeStatuses.block.talos.dev" => Mapping(&block::VOLUME_STATUS_SPEC),
        "VolumeTrimSchedules.block.talos.dev" => Mapping(&block::VOLUME_TRIM_SCHEDULE_SPEC),
        "ZswapStatuses.block.talos.dev" => Mapping(&block::ZSWAP_STATUS_SPEC),
        "Affiliates.cluster.talos.dev" => Mapping(&cluster::AFFILIATE_SPEC),
        "DiscoveryConfigs.cluster.talos.dev" => Mapping(&cluster::CONFIG_SPEC),
        "Identities.cluster.talos.dev" => Mapping(&cluster::IDENTITY_SPEC),
        "Infos.cluster.talos.dev" => Mapping(&cluster::INFO_SPEC),
        "Members.cluster.talos.dev" => Mapping(&cluster::MEMBER_SPEC),
        "MachineConfigs.config.talos.dev" => Bare(&CONFIGURATION),
        "MachineTypes.config.talos.dev" => Bare(&MACHINE_TYPE),
        "ContainerSpecs.containers.talos.dev" => Mapping(&own::CONTAINER_SPEC_SPEC),
        "BaseRuntimeSpecConfigs.cri.talos.dev" => Mapping(&own::BASE_RUNTIME_SPEC_CONFIG_SPEC),
        "CustomizationConfigs.cri.talos.dev" => Mapping(&own::CUSTOMIZATION_CONFIG_SPEC),
        "ImageCacheConfigs.cri.talos.dev" => Mapping(&cri::IMAGE_CACHE_CONFIG_SPEC),
        "RegistryConfigs.cri.talos.dev" => Mapping(&cri::REGISTRIES_CONFIG_SPEC),
        "SeccompProfiles.cri.talos.dev" => Mapping(&cri::SECCOMP_PROFILE_SPEC),
        "EtcdConfigs.etcd.talos.dev" => Mapping(&etcd::CONFIG_SPEC),
        "EtcdMembers.etcd.talos.dev" => Mapping(&etcd::MEMBER_SPEC),
        "PKIStatuses.etcd.talos.dev" => Mapping(&etcd::PKI_STATUS_SPEC),
        "EtcdSpecs.etcd.talos.dev" => Mapping(&etcd::SPEC_SPEC),
        "EtcFileSpecs.files.talos.dev" => Mapping(&files::ETC_FILE_SPEC_SPEC),
        "EtcFileStatuses.files.talos.dev" => Mapping(&files::ETC_FILE_STATUS_SPEC),
        "CPUCores.hardware.talos.dev" => Mapping(&hardware::CPU_CORE_SPEC),
        "MemoryModules.hardware.talos.dev" => Mapping(&hardware::MEMORY_MODULE_SPEC),
        "PCIDriverRebindConfigs.runtime.talos.dev" => Mapping(&hardware::PCI_DRIVER_REBIND_CONFIG_SPEC),
        "PCIDriverRebindStatuses.runtime.talos.dev" => Mapping(&hardware::PCI_DRIVER_REBIND_STATUS_SPEC),
        "PCIDevices.hardware.talos.dev" => Mapping(&hardware::PCI_DEVICE_SPEC),
        "PCRStatuses.hardware.talos.dev" => Mapping(&own::PCR_STATUS_SPEC),
        "Processors.hardware.talos.dev" => Mapping(&hardware::PROCESSOR_SPEC),
        "SystemInformations.hardware.talos.dev" => Mapping(&hardware::SYSTEM_INFORMATION_SPEC),
        "AdmissionControlConfigs.kubernetes.talos.dev" => Mapping(&k8s::ADMISSION_CONTROL_CONFIG_SPEC),
        "APIServerConfigs.kubernetes.talos.dev" => Mapping(&k8s::API_SERVER_CONFIG_SPEC),
        "AuditPolicyConfigs.kubernetes.talos.dev" => Mapping(&k8s::AUDIT_POLICY_CONFIG_SPEC),
        "AuthenticationConfigs.kubernetes.talos.dev" => Mapping(&k8s::AUTHENTICATION_CONFIG_SPEC),
        "AuthorizationConfigs.kubernetes.talos.dev" => Mapping(&k8s::AUTHORIZATION_CONFIG_SPEC),
        "ConfigStatuses.kubernetes.talos.dev" => Mapping(&k8s::CONFIG_STATUS_SPEC),
        "ControllerManagerConfigs.kubernetes.talos.dev" => Mapping(&k8s::CONTROLLER_MANAGER_CONFIG_SPEC),
        "Endpoints.kubernetes.talos.dev" => Mapping(&k8s::ENDPOINT_SPEC),
        "EtcdEncryptionConfigs.kubernetes.talos.dev" => Mapping(&k8s::ETCD_ENCRYPTION_CONFIG_SPEC),
        "ExtraManifestsConfigs.kubernetes.talos.dev" => Mapping(&k8s::EXTRA_MANIFESTS_CONFIG_SPEC),
        "KubeletConfigs.kubernetes.talos.dev" => Mapping(&k8s::KUBELET_CONFIG_SPEC),
        "KubeletKubeconfigs.kubernetes.talos.dev" => Mapping(&k8s::KUBELET_KUBECONFIG_SPEC),
        "KubeletLifecycles.kubernetes.talos.dev" => Mapping(&own::KUBELET_LIFECYCLE_SPEC),
        "KubeletSpecs.kubernetes.talos.dev" => Mapping(&k8s::KUBELET_SPEC_SPEC),
        "KubeletStatuses.kubernetes.talos.dev" => Mapping(&own::KUBELET_STATUS_SPEC),
        "KubePrismStatuses.kubernetes.talos.dev" => Mapping(&k8s::KUBE_PRISM_STATUSES_SPEC),
        "KubePrismConfigs.kubernetes.talos.dev" => Mapping(&k8s::KUBE_PRISM_CONFIG_SPEC),
        "KubePrismEndpoints.kubernetes.talos.dev" => Mapping(&k8s::KUBE_PRISM_ENDPOINTS_SPEC),
        "Manifests.kubernetes.talos.dev" => Bare(&OBJECTS),
        "ManifestStatuses.kubernetes.talos.dev" => Mapping(&k8s::MANIFEST_STATUS_SPEC),
        "BootstrapManifestsConfigs.kubernetes.talos.dev" => Mapping(&k8s::BOOTSTRAP_MANIFESTS_CONFIG_SPEC),
        "NodeAnnotationSpecs.k8s.talos.dev" => Mapping(&k8s::NODE_ANNOTATION_SPEC_SPEC),
        "NodeCordonedSpecs.k8s.talos.dev" => Mapping(&own::NODE_CORDONED_SPEC_SPEC),
        "NodeLabelSpecs.k8s.talos.dev" => Mapping(&k8s::NODE_LABEL_SPEC_SPEC),
        "NodeStatuses.kubernetes.talos.dev" => Mapping(&k8s::NODE_STATUS_SPEC),
        "NodeTaintSpecs.k8s.talos.dev" => Mapping(&k8s::NODE_TAINT_SPEC_SPEC),
        "NodeIPs.kubernetes.talos.dev" => Mapping(&k8s::NODE_IP_SPEC),
        "NodeIPConfigs.kubernetes.talos.dev" => Mapping(&k8s::NODE_IP_CONFIG_SPEC),
        "Nodenames.kubernetes.talos.dev" => Mapping(&k8s::NODENAME_SPEC),
        "SchedulerConfigs.kubernetes.talos.dev" => Mapping(&k8s::SCHEDULER_CONFIG_SPEC),
        "SecretStatuses.kubernetes.talos.dev" => Mapping(&k8s::SECRETS_STATUS_SPEC),
        "StaticPods.kubernetes.talos.dev" => Mapping(&k8s::STATIC_POD_SPEC),
        "StaticPodServerStatuses.kubernetes.talos.dev" => Mapping(&k8s::STATIC_POD_SERVER_STATUS_SPEC),
        "StaticPodStatuses.kubernetes.talos.dev" => Mapping(&k8s::STATIC_POD_STATUS_SPEC),
        "KubernetesAccessConfigs.cluster.talos.dev" => Mapping(&kubeaccess::CONFIG_SPEC),
        "KubeSpanConfigs.kubespan.talos.dev" => Mapping(&kubespan::CONFIG_SPEC),
        "KubeSpanEndpoints.kubespan.talos.dev" => Mapping(&kubespan::ENDPOINT_SPEC),
        "KubeSpanIdentities.kubespan.talos.dev" => Mapping(&kubespan::IDENTITY_SPEC),
        "KubeSpanPeerSpecs.kubespan.talos.dev" => Mapping(&kubespan::PEER_SPEC_SPEC),
        "KubeSpanPeerStatuses.kubespan.talos.dev" => Mapping(&kubespan::PEER_STATUS_SPEC),
        "AddressSpecs.net.talos.dev" => Mapping(&network::ADDRESS_SPEC_SPEC),
        "AddressStatuses.net.talos.dev" => Mapping(&network::ADDRESS_STATUS_SPEC),
        "BGPInstanceConfigs.net.talos.dev" => Mapping(&network::BGP_INSTANCE_CONFIG_SPEC),
        "BGPPeerStatuses.net.talos.dev" => Mapping(&network::BGP_PEER_STATUS_SPEC),
        "DeviceConfigSpecs.net.talos.dev" => Bare(&DEVICE),
        "DNSResolveCaches.net.talos.dev" => Mapping(&network::DNS_RESOLVE_CACHE_SPEC),
        "DNSUpstreams.net.talos.dev" => Mapping(&own::DNS_UPSTREAM_SPEC),
        "EthernetSpecs.net.talos.dev" => Mapping(&network_ethernet::ETHERNET_SPEC_SPEC),
        "EthernetStatuses.net.talos.dev" => Mapping(&network_ethernet::ETHERNET_STATUS_SPEC),
        "HardwareAddresses.net.talos.dev" => Mapping(&network::HARDWARE_ADDR_SPEC),
        "HostDNSConfigs.net.talos.dev" => Mapping(&network::HOST_DNS_CONFIG_SPEC),
        "HostnameSpecs.net.talos.dev" => Mapping(&network::HOSTNAME_SPEC_SPEC),
        "HostnameStatuses.net.talos.dev" => Mapping(&network::HOSTNAME_STATUS_SPEC),
        "LinkAliasSpecs.net.talos.dev" => Mapping(&network_link::LINK_ALIAS_SPEC_SPEC),
        "LinkRefreshes.net.talos.dev" => Mapping(&network_link::LINK_REFRESH_SPEC),
        "LinkSpecs.net.talos.dev" => Mapping(&network_link::LINK_SPEC_SPEC),
        "LinkStatuses.net.talos.dev" => Mapping(&network_link::LINK_STATUS_SPEC),
        "NfTablesChains.net.talos.dev" => Mapping(&network_nftables::NF_TABLES_CHAIN_SPEC),
        "NodeAddresses.net.talos.dev" => Mapping(&network::NODE_ADDRESS_SPEC),
        "NodeAddressFilters.net.talos.dev" => Mapping(&network::NODE_ADDRESS_FILTER_SPEC),
        "NodeAddressSortAlgorithms.net.talos.dev" => Mapping(&network::NODE_ADDRESS_SORT_ALGORITHM_SPEC),
        "OperatorSpecs.net.talos.dev" => Mapping(&network::OPERATOR_SPEC_SPEC),
        "PlatformConfigs.net.talos.dev" => Mapping(&network::PLATFORM_CONFIG_SPEC),
        "ProbeSpecs.net.talos.dev" => Mapping(&network::PROBE_SPEC_SPEC),
        "ProbeStatuses.net.talos.dev" => Mapping(&network::PROBE_STATUS_SPEC),
        "ResolverSpecs.net.talos.dev" => Mapping(&network::RESOLVER_SPEC_SPEC),
        "ResolverStatuses.net.talos.dev" => Mapping(&network::RESOLVER_STATUS_SPEC),
        "RouteSpecs.net.talos.dev" => Mapping(&network::ROUTE_SPEC_SPEC),
        "RouteStatuses.net.talos.dev" => Mapping(&network::ROUTE_STATUS_SPEC),
        "RoutingRuleSpecs.net.talos.dev" => Mapping(&network::ROUTING_RULE_SPEC_SPEC),
        "RoutingRuleStatuses.net.talos.dev" => Mapping(&network::ROUTING_RULE_STATUS_SPEC),
        "StaticHosts.net.talos.dev" => Mapping(&network::STATIC_HOST_SPEC),
        "NetworkStatuses.net.talos.dev" => Mapping(&network::STATUS_SPEC),
        "TimeServerSpecs.net.talos.dev" => Mapping(&network::TIME_SERVER_SPEC_SPEC),
        "TimeServerStatuses.net.talos.dev" => Mapping(&network::TIME_SERVER_STATUS_SPEC),
        "CPUStats.perf.talos.dev" => Mapping(&perf::CPU_SPEC),
        "MemoryStats.perf.talos.dev" => Mapping(&perf::MEMORY_SPEC),
        "APIServiceConfigs.runtime.talos.dev" => Mapping(&runtime::API_SERVICE_CONFIG_SPEC),
        "BootIDs.runtime.talos.dev" => Mapping(&runtime::BOOT_ID_SPEC),
        "BootedEntries.talos.dev" => Mapping(&runtime::BOOTED_ENTRY_SPEC),
        "ConfigEffectStatuses.runtime.talos.dev" => Mapping(&own::CONFIG_EFFECT_STATUS_SPEC),
        "DevicesStatuses.runtime.talos.dev" => Mapping(&runtime::DEVICES_STATUS_SPEC),
        "Diagnostics.runtime.talos.dev" => Mapping(&runtime::DIAGNOSTIC_SPEC),
        "Environments.runtime.talos.dev" => Mapping(&runtime::ENVIRONMENT_SPEC),
        "EventSinkConfigs.runtime.talos.dev" => Mapping(&runtime::EVENT_SINK_CONFIG_SPEC),
        "ExtensionServiceConfigs.runtime.talos.dev" => Mapping(&runtime::EXTENSION_SERVICE_CONFIG_SPEC),
        "ExtensionServiceConfigStatuses.runtime.talos.dev" => {
            Mapping(&runtime::EXTENSION_SERVICE_CONFIG_STATUS_SPEC)
        }
        "ExtensionStatuses.runtime.talos.dev" => Mapping(&extensions::LAYER),
        "ImageFactorySchematics.runtime.talos.dev" => Mapping(&runtime::IMAGE_FACTORY_SCHEMATIC_SPEC),
        "KernelCmdlines.runtime.talos.dev" => Mapping(&runtime::KERNEL_CMDLINE_SPEC),
        "KernelModuleSpecs.runtime.talos.dev" => Mapping(&runtime::KERNEL_MODULE_SPEC_SPEC),
        "KernelModuleStatuses.runtime.talos.dev" => Mapping(&runtime::KERNEL_MODULE_STATUS_SPEC),
        "KernelParamSpecs.runtime.talos.dev" => Mapping(&runtime::KERNEL_PARAM_SPEC_SPEC),
        "KernelParamDefaultSpecs.runtime.talos.dev" => Mapping(&own::KERNEL_PARAM_DEFAULT_SPEC_SPEC),
        "KernelParamStatuses.runtime.talos.dev" => Mapping(&runtime::KERNEL_PARAM_STATUS_SPEC),
        "KmsgLogConfigs.runtime.talos.dev" => Mapping(&runtime::KMSG_LOG_CONFIG_SPEC),
        "LoadedKernelModules.runtime.talos.dev" => Mapping(&runtime::LOADED_KERNEL_MODULE_SPEC),
        "MachineResetSignals.runtime.talos.dev" => Mapping(&own::MACHINE_RESET_SIGNAL_SPEC),
        "MachineStatuses.runtime.talos.dev" => Mapping(&runtime::MACHINE_STATUS_SPEC),
        "MaintenanceServiceConfigs.runtime.talos.dev" => Mapping(&runtime::MAINTENANCE_SERVICE_CONFIG_SPEC),
        "MaintenanceServiceRequests.runtime.talos.dev" => Mapping(&own::MAINTENANCE_SERVICE_REQUEST_SPEC),
        "MetaKeys.runtime.talos.dev" => Mapping(&runtime::META_KEY_SPEC),
        "MetaLoads.runtime.talos.dev" => Mapping(&runtime::META_LOADED_SPEC),
        "MountStatuses.runtime.talos.dev" => Mapping(&runtime::MOUNT_STATUS_SPEC),
        "Notices.runtime.talos.dev" => Mapping(&own::NOTICE_SPEC),
        "OOMActions.talos.dev" => Mapping(&runtime::OOM_ACTION_SPEC),
        "PlatformMetadatas.talos.dev" => Mapping(&runtime::PLATFORM_METADATA_SPEC),
        "RebootRequests.runtime.talos.dev" => Mapping(&own::REBOOT_REQUEST_SPEC),
        "SBOMItems.talos.dev" => Mapping(&runtime::SBOM_ITEM_SPEC),
        "SecurityStates.talos.dev" => Mapping(&runtime::SECURITY_STATE_SPEC),
        "ServicePIDs.runtime.talos.dev" => Mapping(&runtime::SERVICE_PID_SPEC),
        "UnattendedInstallStatuses.runtime.talos.dev" => Mapping(&runtime::UNATTENDED_INSTALL_STATUS_SPEC),
        "UniqueMachineTokens.runtime.talos.dev" => Mapping(&runtime::UNIQUE_MACHINE_TOKEN_SPEC),
        "Versions.runtime.talos.dev" => Mapping(&runtime::VERSION_SPEC),
        "WatchdogTimerConfigs.runtime.talos.dev" => Mapping(&runtime::WATCHDOG_TIMER_CONFIG_SPEC),
        "WatchdogTimerStatuses.runtime.talos.dev" => Mapping(&runtime::WATCHDOG_TIMER_STATUS_SPEC),
        "ApiCertificates.secrets.talos.dev" => Mapping(&secrets::API_CERTS_SPEC),
        "CertSANs.secrets.talos.dev" => Mapping(&secrets::CERT_SAN_SPEC),
        "EncryptionSalts.secrets.talos.dev" => Mapping(&secrets::ENCRYPTION_SALT_SPEC),
        "EtcdSecrets.secrets.talos.dev" => Mapping(&secrets::ETCD_CERTS_SPEC),
        "EtcdRootSecrets.secrets.talos.dev" => Mapping(&secrets::ETCD_ROOT_SPEC),
        "KubeletSecrets.secrets.talos.dev" => Mapping(&secrets::KUBELET_SPEC),
        "KubernetesSecrets.secrets.talos.dev" => Mapping(&secrets::KUBERNETES_CERTS_SPEC),
        "KubernetesDynamicCerts.secrets.talos.dev" => Mapping(&secrets::KUBERNETES_DYNAMIC_CERTS_SPEC),
        "KubernetesRootSecrets.secrets.talos.dev" => Mapping(&secrets::KUBERNETES_ROOT_SPEC),
        "MaintenanceRootSecrets.secrets.talos.dev" => Mapping(&secrets::MAINTENANCE_ROOT_SPEC),
        "OSRootSecrets.secrets.talos.dev" => Mapping(&secrets::OS_ROOT_SPEC),
        "TrustdCertificates.secrets.talos.dev" => Mapping(&secrets::TRUSTD_CERTS_SPEC),
        "ImageVerificationRules.security.talos.dev" => Mapping(&security::IMAGE_VERIFICATION_RULE_SPEC),
        "TUFTrustedRoots.security.talos.dev" => Mapping(&security::TUF_TRUSTED_ROOT_SPEC),
        "SiderolinkConfigs.siderolink.talos.dev" => Mapping(&siderolink::CONFIG_SPEC),
        "SiderolinkStatuses.siderolink.talos.dev" => Mapping(&siderolink::STATUS_SPEC),
        "SiderolinkTunnels.siderolink.talos.dev" => Mapping(&siderolink::TUNNEL_SPEC),
        "LVMLogicalVolumeSpecs.storage.talos.dev" => Mapping(&storage::LVM_LOGICAL_VOLUME_SPEC_SPEC),
        "LVMLogicalVolumeStatuses.storage.talos.dev" => Mapping(&storage::LVM_LOGICAL_VOLUME_STATUS_SPEC),
        "LVMPhysicalVolumeSpecs.storage.talos.dev" => Mapping(&storage::LVM_PHYSICAL_VOLUME_SPEC_SPEC),
        "LVMPhysicalVolumeStatuses.storage.talos.dev" => Mapping(&storage::LVM_PHYSICAL_VOLUME_STATUS_SPEC),
        "LVMRefreshRequests.storage.talos.dev" => Mapping(&storage::LVM_REFRESH_REQUEST_SPEC),
        "LVMValidationErrors.storage.talos.dev" => Mapping(&storage::LVM_VALIDATION_ERROR_SPEC),
        "LVMVolumeGroupSpecs.storage.talos.dev" => Mapping(&storage::LVM_VOLUME_GROUP_SPEC_SPEC),
        "LVMVolumeGroupStatuses.storage.talos.dev" => Mapping(&storage::LVM_VOLUME_GROUP_STATUS_SPEC),
        "MDArraySpecs.storage.talos.dev" => Mapping(&storage::MD_ARRAY_SPEC_SPEC),
        "MDArrayStatuses.storage.talos.dev" => Mapping(&storage::MD_ARRAY_STATUS_SPEC),
        "MDRefreshRequests.storage.talos.dev" => Mapping(&storage::MD_REFRESH_REQUEST_SPEC),
        "AdjtimeStatuses.v1alpha1.talos.dev" => Mapping(&time::ADJTIME_STATUS_SPEC),
        "TimeStatuses.v1alpha1.talos.dev" => Mapping(&time::STATUS_SPEC),
        "AcquireConfigSpecs.v1alpha1.talos.dev" => Mapping(&own::ACQUIRE_CONFIG_SPEC_SPEC),
        "AcquireConfigStatuses.v1alpha1.talos.dev" => Mapping(&own::ACQUIRE_CONFIG_STATUS_SPEC),
        "Services.v1alpha1.talos.dev" => Mapping(&v1alpha1::SERVICE_SPEC),
        _ => return None,
    };
    Some(form)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definitions;
    use protox::prost_reflect::{DescriptorPool, Kind as Wire, MessageDescriptor};
    use std::collections::BTreeMap;

    #[test]
    fn every_type_has_a_form() {
        for definition in definitions() {
            assert!(form(definition.typ).is_some(), "{}", definition.typ);
        }
    }

    /// Says what in the tables does not fit the message.
    fn compare(path: &str, shape: &Message, message: &MessageDescriptor, problems: &mut Vec<String>) {
        for field in message.fields() {
            if !shape.0.iter().any(|f| f.number == field.number()) {
                problems.push(format!("{path}: {} is not shown", field.name()));
            }
        }
        for field in shape.0 {
            let path = format!("{path}.{}", field.key);
            let Some(descriptor) = message.get_field(field.number) else {
                problems.push(format!("{path}: the message has no field {}", field.number));
                continue;
            };
            if field.list != descriptor.is_list() {
                problems.push(format!("{path}: it is a list on one side only"));
            }
            compare_kind(&path, &field.kind, &descriptor.kind(), problems);
        }
    }

    fn compare_kind(path: &str, kind: &Kind, wire: &Wire, problems: &mut Vec<String>) {
        let full_name = match wire {
            Wire::Message(message) => message.full_name().to_owned(),
            _ => String::new(),
        };
        let fits = match (kind, wire) {
            (Kind::Bool, Wire::Bool) | (Kind::Double, Wire::Double) | (Kind::Text, Wire::String) => true,
            (Kind::Int, Wire::Int32 | Wire::Int64) => true,
            (Kind::Uint | Kind::Flags(_), Wire::Uint32) | (Kind::Uint, Wire::Uint64) => true,
            (Kind::Bytes | Kind::Base64 | Kind::Mac | Kind::TextBytes | Kind::Document, Wire::Bytes) => true,
            (Kind::Enum(texts), Wire::Enum(wire)) => {
                let unspecified = |name: &str| name.ends_with("_UNSPECIFIED");
                let shown = |number| !texts.text(number).contains('(');
                wire.values().all(|value| unspecified(value.name()) || shown(value.number()))
                    && texts.iter().all(|(number, _)| wire.get_value(number).is_some())
            }
            (Kind::Nested(shape), Wire::Message(message)) => {
                compare(path, shape, message, problems);
                true
            }
            (Kind::Map(value), Wire::Message(message)) if message.is_map_entry() => {
                compare_kind(path, value, &message.map_entry_value_field().kind(), problems);
                message.map_entry_key_field().kind() == Wire::String
            }
            (Kind::Ip, _) => full_name == "common.NetIP",
            (Kind::IpPort, _) => full_name == "common.NetIPPort",
            (Kind::Prefix, _) => full_name == "common.NetIPPrefix",
            (Kind::Url, _) => full_name == "common.URL",
            (Kind::PemPair, _) => full_name == "common.PEMEncodedCertificateAndKey",
            (Kind::PemCertificate, _) => full_name == "common.PEMEncodedCertificate",
            (Kind::PemKey, _) => full_name == "common.PEMEncodedKey",
            (Kind::Struct, _) => full_name == "google.protobuf.Struct",
            (Kind::Duration, _) => full_name == "google.protobuf.Duration",
            (Kind::Timestamp, _) => full_name == "google.protobuf.Timestamp",
            (Kind::Expression, _) => full_name == "google.api.expr.v1alpha1.CheckedExpr",
            _ => false,
        };
        if !fits {
            problems.push(format!("{path}: {kind:?} is not {wire:?}"));
        }
    }

    #[test]
    fn the_tables_fit_the_messages() {
        let proto = concat!(env!("CARGO_MANIFEST_DIR"), "/../../proto");
        let files: Vec<String> =
            ["resource/definitions", "resource/config", "resource/network", "internal", "cosi"]
                .iter()
                .flat_map(|folder| proto_files(&format!("{proto}/{folder}")))
                .collect();
        let pool =
            DescriptorPool::from_file_descriptor_set(protox::compile(files, [proto]).unwrap()).unwrap();
        let rust_names: BTreeMap<String, MessageDescriptor> =
            pool.all_messages().map(|message| (message.full_name().to_lowercase(), message)).collect();
        let messages = crate::specs::messages();
        let mut problems = Vec::new();
        for definition in definitions() {
            let name = messages[definition.typ].trim_start_matches("proto::generated::");
            let message = rust_names[&name.replace("::", ".").to_lowercase()].clone();
            match form(definition.typ).unwrap() {
                Mapping(shape) => compare(definition.typ, shape, &message, &mut problems),
                Bare(field) => {
                    let wire = message.get_field(field.number).unwrap();
                    compare_kind(definition.typ, &field.kind, &wire.kind(), &mut problems);
                }
            }
        }
        assert!(problems.is_empty(), "{}", problems.join("\n"));
    }

    fn proto_files(folder: &str) -> Vec<String> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files.extend(proto_files(path.to_str().unwrap()));
            } else {
                files.push(path.to_str().unwrap().to_owned());
            }
        }
        files
    }
}
