//! The machine section of the v1alpha1 document.

use super::{
    CRI_FILES, DHCP4, ENVIRONMENT, HOST_DNS, HOSTNAME, KERNEL_PARAMS, KUBE_PRISM, KUBELET, LINKS, NODE,
    REGISTRIES, RESOLVERS, ROOT_OS, STATIC_HOSTS, STATIC_PODS,
};
use crate::effects::row::{Row, When, done, host, noop, unbuilt};

const V1: &[&str] = &["v1alpha1"];
/// What follows from a bond's option that is not set.
const BOND_OPTION: &str = "the kernel's own choice for this option stays";
const NO_VIP: &str = "no node takes the address, and nobody answers there";
const NO_DHCP6: &str = "no DHCPv6 server is asked, and the link gets no address from one";
/// Links by their hardware.
const SELECTORS: &[&str] = &["networkd::machine", "networkd::link::config", "networkd::inputs"];
/// Files of the configuration are written once, when the machine boots.
const FILES: &[&str] = &["machined::tasks::start"];

pub(super) static ROWS: &[Row] = &[
    noop(V1, "version", "there is only one"),
    unbuilt(V1, "debug", "services log as they always do").when(When::Only("", "true")),
    noop(V1, "persist", "a configuration is always kept"),
    unbuilt(
        V1,
        "machine.type",
        "the machine is a control plane and waits for `talosctl bootstrap` as any other",
    )
    .when(When::Only("", "init"))
    .by(&["machined::controllers::config::machine_type", "machined::tasks"]),
    done(V1, "machine.token", ROOT_OS),
    done(V1, "machine.ca", ROOT_OS),
    done(V1, "machine.acceptedCAs", ROOT_OS),
    done(V1, "machine.certSANs", ROOT_OS),
    done(V1, "machine.controlPlane.controllerManager", super::CONTROLLER_MANAGER),
    done(V1, "machine.controlPlane.scheduler", super::SCHEDULER),
    done(V1, "machine.kubelet", KUBELET),
    done(V1, "machine.kubelet.registerWithFQDN", NODE),
    done(V1, "machine.kubelet.nodeIP", NODE),
    done(V1, "machine.kubelet.skipNodeRegistration", NODE),
    unbuilt(V1, "machine.kubelet.extraMounts[].type", "every extra mount is a bind mount")
        .when(When::Unless("", "bind")),
    unbuilt(V1, "machine.kubelet.extraMounts[].uidMappings", "owners are the same inside and outside"),
    unbuilt(V1, "machine.kubelet.extraMounts[].gidMappings", "groups are the same inside and outside"),
    done(V1, "machine.pods", STATIC_PODS),
    done(V1, "machine.network.hostname", HOSTNAME),
    done(V1, "machine.network.interfaces", LINKS),
    done(V1, "machine.network.interfaces[].deviceSelector", SELECTORS),
    done(V1, "machine.network.interfaces[].bond.deviceSelectors", SELECTORS),
    done(V1, "machine.network.interfaces[].dhcp", DHCP4),
    done(V1, "machine.network.interfaces[].dhcpOptions", DHCP4),
    unbuilt(V1, "machine.network.interfaces[].dhcpOptions.ipv6", NO_DHCP6).when(When::Only("", "true")),
    unbuilt(V1, "machine.network.interfaces[].dhcpOptions.duidv6", NO_DHCP6),
    done(V1, "machine.network.interfaces[].vlans[].dhcp", DHCP4),
    done(V1, "machine.network.interfaces[].vlans[].dhcpOptions", DHCP4),
    unbuilt(V1, "machine.network.interfaces[].vlans[].dhcpOptions.ipv6", NO_DHCP6)
        .when(When::Only("", "true")),
    unbuilt(V1, "machine.network.interfaces[].vlans[].dhcpOptions.duidv6", NO_DHCP6),
    done(V1, "machine.network.interfaces[].ignore", &["networkd::machine", "networkd::inputs"]),
    unbuilt(V1, "machine.network.interfaces[].vip", NO_VIP),
    unbuilt(V1, "machine.network.interfaces[].vlans[].vip", NO_VIP),
    unbuilt(
        V1,
        "machine.network.interfaces[].wireguard",
        "the link is not made, and nothing is encrypted by it",
    )
    .grave(),
    unbuilt(V1, "machine.network.interfaces[].bridgePort", "the link is not put into the bridge"),
    unbuilt(V1, "machine.network.interfaces[].bond.arpIPTarget", BOND_OPTION),
    unbuilt(V1, "machine.network.interfaces[].bond.adActorSystem", BOND_OPTION),
    unbuilt(V1, "machine.network.interfaces[].bond.primary", BOND_OPTION),
    unbuilt(V1, "machine.network.interfaces[].bond.tlbDynamicLb", BOND_OPTION),
    unbuilt(V1, "machine.network.interfaces[].bond.useCarrier", BOND_OPTION).when(When::Unless("", "true")),
    done(V1, "machine.network.nameservers", RESOLVERS),
    done(V1, "machine.network.searchDomains", RESOLVERS),
    done(V1, "machine.network.disableSearchDomain", RESOLVERS),
    done(V1, "machine.network.extraHostEntries", STATIC_HOSTS),
    unbuilt(
        V1,
        "machine.network.kubespan",
        "there is no mesh: traffic between nodes is not encrypted and takes the usual way",
    )
    .when(When::Only("enabled", "true"))
    .grave(),
    host(V1, "machine.disks", "a container has no disks: nothing is partitioned or mounted"),
    host(V1, "machine.install", "nothing is installed to a disk").quiet(),
    done(V1, "machine.files", FILES),
    unbuilt(V1, "machine.files[].path", "only files below /var are written")
        .when(When::Outside("/var/"))
        .by(FILES),
    unbuilt(V1, "machine.files[].op", "the file is written anew with this content, not appended to")
        .when(When::Only("", "append")),
    done(V1, "machine.env", ENVIRONMENT),
    host(V1, "machine.time", "the clock is that of the host").quiet(),
    host(V1, "machine.sysctls", "parameters outside net. belong to the host and stay as they are")
        .when(When::Outside("net"))
        .by(KERNEL_PARAMS),
    host(V1, "machine.sysfs", "parameters below /sys belong to the host and stay as they are")
        .by(KERNEL_PARAMS),
    done(V1, "machine.registries", REGISTRIES),
    unbuilt(
        V1,
        "machine.systemDiskEncryption",
        "volumes are not encrypted: what is on them can be read on the disk",
    )
    .grave(),
    noop(V1, "machine.features.rbac", "roles are always enforced"),
    done(V1, "machine.features.stableHostname", HOSTNAME),
    unbuilt(
        V1,
        "machine.features.kubernetesTalosAPIAccess",
        "pods get no access to the API of the nodes: service accounts for it are not given certificates",
    )
    .when(When::Only("enabled", "true")),
    noop(V1, "machine.features.apidCheckExtKeyUsage", "the usage of certificates is always checked"),
    done(V1, "machine.features.diskQuotaSupport", KUBELET),
    done(V1, "machine.features.kubePrism", KUBE_PRISM),
    done(V1, "machine.features.hostDNS", HOST_DNS),
    unbuilt(V1, "machine.features.imageCache", "images are not taken from a store on the node's disk")
        .when(When::Only("localEnabled", "true")),
    done(
        V1,
        "machine.features.nodeAddressSortAlgorithm",
        &["networkd::machine", "networkd::configuration", "networkd::nodeaddress::status"],
    ),
    host(V1, "machine.udev", "device files are made by the host"),
    unbuilt(V1, "machine.logging", "logs of services are sent to nobody"),
    host(V1, "machine.kernel", "modules are loaded by the host"),
    unbuilt(
        V1,
        "machine.seccompProfiles",
        "the profiles are not written, and pods that name one do not start",
    ),
    done(V1, "machine.baseRuntimeSpecOverrides", CRI_FILES),
    done(V1, "machine.nodeLabels", NODE),
    done(V1, "machine.nodeAnnotations", NODE),
    done(V1, "machine.nodeTaints", NODE),
];
