//! The store as each of our daemons sees it over its own inherited socket: what it needs, nothing else.

use state::service::{Access, AccessPolicy};
use tonic::Status;

/// Types that one daemon may touch.
#[derive(Debug, Clone, Copy)]
pub struct ChildPolicy {
    /// The daemon, for refusals.
    pub daemon: &'static str,
    /// What it may read: a type, and one id or all.
    pub reads: &'static [(&'static str, Option<&'static str>)],
    /// What it may read and write.
    pub writes: &'static [&'static str],
}

/// apid: how to listen, its certificates, and who this node is (contract api.md 1.3, 1.4).
pub const APID: ChildPolicy = ChildPolicy {
    daemon: "apid",
    reads: &[
        ("APIServiceConfigs.runtime.talos.dev", Some("apid")),
        ("ApiCertificates.secrets.talos.dev", Some("api")),
        ("NodeAddresses.net.talos.dev", None),
        ("HostnameStatuses.net.talos.dev", None),
    ],
    writes: &[],
};

/// trustd: its certificate, the accepted CAs and the token (contract api.md 1.4), and whose discovery it serves.
pub const TRUSTD: ChildPolicy = ChildPolicy {
    daemon: "trustd",
    reads: &[
        ("TrustdCertificates.secrets.talos.dev", Some("trustd")),
        ("OSRootSecrets.secrets.talos.dev", Some("os")),
        ("Infos.cluster.talos.dev", Some("current")),
    ],
    writes: &[],
};

/// networkd: the configuration in, everything about the network out.
pub const NETWORKD: ChildPolicy = ChildPolicy {
    daemon: "networkd",
    reads: &[
        ("MachineConfigs.config.talos.dev", Some("v1alpha1")),
        ("MachineTypes.config.talos.dev", None),
        ("PlatformConfigs.net.talos.dev", None),
        ("Identities.cluster.talos.dev", None),
        ("Members.cluster.talos.dev", None),
        ("Infos.cluster.talos.dev", None),
        ("EtcFileStatuses.files.talos.dev", None),
        ("NodeStatuses.kubernetes.talos.dev", None),
        ("KernelCmdlines.runtime.talos.dev", None),
        ("SiderolinkStatuses.siderolink.talos.dev", None),
        ("EtcdSpecs.etcd.talos.dev", None),
        ("Services.v1alpha1.talos.dev", None),
    ],
    writes: &[
        "AddressSpecs.net.talos.dev",
        "AddressStatuses.net.talos.dev",
        "DeviceConfigSpecs.net.talos.dev",
        "DNSResolveCaches.net.talos.dev",
        "DNSUpstreams.net.talos.dev",
        "EthernetSpecs.net.talos.dev",
        "EthernetStatuses.net.talos.dev",
        "HardwareAddresses.net.talos.dev",
        "HostDNSConfigs.net.talos.dev",
        "HostnameSpecs.net.talos.dev",
        "HostnameStatuses.net.talos.dev",
        "KubePrismConfigs.kubernetes.talos.dev",
        "KubePrismEndpoints.kubernetes.talos.dev",
        "KubePrismStatuses.kubernetes.talos.dev",
        "LinkAliasSpecs.net.talos.dev",
        "LinkRefreshes.net.talos.dev",
        "LinkSpecs.net.talos.dev",
        "LinkStatuses.net.talos.dev",
        "NetworkStatuses.net.talos.dev",
        "NodeAddresses.net.talos.dev",
        "NodeAddressFilters.net.talos.dev",
        "NodeAddressSortAlgorithms.net.talos.dev",
        "Notices.runtime.talos.dev",
        "OperatorSpecs.net.talos.dev",
        "ProbeSpecs.net.talos.dev",
        "ProbeStatuses.net.talos.dev",
        "ResolverSpecs.net.talos.dev",
        "ResolverStatuses.net.talos.dev",
        "RouteSpecs.net.talos.dev",
        "RouteStatuses.net.talos.dev",
        "RoutingRuleSpecs.net.talos.dev",
        "RoutingRuleStatuses.net.talos.dev",
        "StaticHosts.net.talos.dev",
        "TimeServerSpecs.net.talos.dev",
        "TimeServerStatuses.net.talos.dev",
        "TimeStatuses.v1alpha1.talos.dev",
        "AdjtimeStatuses.v1alpha1.talos.dev",
    ],
};

impl ChildPolicy {
    fn refuse(&self, access: &Access<'_>) -> Status {
        Status::permission_denied(format!("{} has no business with {}", self.daemon, access.typ))
    }
}

impl AccessPolicy for ChildPolicy {
    fn read(&self, access: &Access<'_>) -> Result<(), Status> {
        let listed =
            |(typ, id): &(&str, Option<&str>)| *typ == access.typ && (id.is_none() || *id == access.id);
        match self.writes.contains(&access.typ) || self.reads.iter().any(listed) {
            true => Ok(()),
            false => Err(self.refuse(access)),
        }
    }

    fn write(&self, access: &Access<'_>) -> Result<(), Status> {
        match self.writes.contains(&access.typ) {
            true => Ok(()),
            false => Err(self.refuse(access)),
        }
    }

    fn yaml(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic::Extensions;
    use tonic::metadata::MetadataMap;

    fn may(policy: ChildPolicy, typ: &str, id: Option<&str>) -> (bool, bool) {
        let (metadata, extensions) = (MetadataMap::new(), Extensions::new());
        let access = Access { metadata: &metadata, extensions: &extensions, namespace: "n", typ, id };
        (policy.read(&access).is_ok(), policy.write(&access).is_ok())
    }

    #[test]
    fn a_daemon_reads_its_own_certificate_and_no_other_secret() {
        assert_eq!(may(APID, "ApiCertificates.secrets.talos.dev", Some("api")), (true, false));
        assert_eq!(may(APID, "ApiCertificates.secrets.talos.dev", None), (false, false));
        for policy in [APID, TRUSTD, NETWORKD] {
            assert_eq!(may(policy, "KubernetesRootSecrets.secrets.talos.dev", Some("k8s")), (false, false));
            assert_eq!(may(policy, "EtcdRootSecrets.secrets.talos.dev", Some("etcd")), (false, false));
        }
    }

    #[test]
    fn only_networkd_writes_and_only_about_the_network() {
        assert_eq!(may(NETWORKD, "LinkStatuses.net.talos.dev", None), (true, true));
        assert_eq!(may(NETWORKD, "MachineConfigs.config.talos.dev", Some("v1alpha1")), (true, false));
        assert_eq!(may(NETWORKD, "MachineConfigs.config.talos.dev", Some("persistent")), (false, false));
        assert_eq!(may(APID, "HostnameStatuses.net.talos.dev", None), (true, false));
    }

    #[test]
    fn every_type_of_every_policy_is_defined() {
        let known = |typ: &str| resources::definitions().iter().any(|d| d.typ == typ);
        for policy in [APID, TRUSTD, NETWORKD] {
            for typ in policy.reads.iter().map(|(t, _)| *t).chain(policy.writes.iter().copied()) {
                assert!(known(typ), "{typ}");
            }
        }
    }
}
