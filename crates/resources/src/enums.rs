//! Texts of enumerations: what YAML contains and what people see (contract resource-yaml.md).

use crate::texts::Texts;

/// `AddressFlag`.
pub static ADDRESS_FLAG: Texts = Texts::new(
    "AddressFlag",
    &[
        (1, "temporary"),
        (2, "nodad"),
        (4, "optimistic"),
        (8, "dadfailed"),
        (16, "homeaddress"),
        (32, "deprecated"),
        (64, "tentative"),
        (128, "permanent"),
        (256, "mngmtmpaddr"),
        (512, "noprefixroute"),
        (1024, "mcautojoin"),
        (2048, "stableprivacy"),
    ],
);

/// `AddressSortAlgorithm`.
pub static ADDRESS_SORT_ALGORITHM: Texts = Texts::new("AddressSortAlgorithm", &[(0, "v1"), (1, "v2")]);

/// `ADLACPActive`.
pub static ADLACP_ACTIVE: Texts = Texts::new("ADLACPActive", &[(0, "off"), (1, "on")]);

/// `ADSelect`.
pub static AD_SELECT: Texts = Texts::new("ADSelect", &[(0, "stable"), (1, "bandwidth"), (2, "count")]);

/// `ARPAllTargets`.
pub static ARP_ALL_TARGETS: Texts = Texts::new("ARPAllTargets", &[(0, "any"), (1, "all")]);

/// `ARPValidate`.
pub static ARP_VALIDATE: Texts = Texts::new(
    "ARPValidate",
    &[
        (0, "none"),
        (1, "active"),
        (2, "backup"),
        (3, "all"),
        (4, "filter"),
        (5, "filter-active"),
        (6, "filter-backup"),
    ],
);

/// `AutoHostnameKind`.
pub static AUTO_HOSTNAME_KIND: Texts =
    Texts::new("AutoHostnameKind", &[(0, "off"), (1, "talos-addr"), (2, "stable")]);

/// `BGPSessionState`.
pub static BGP_SESSION_STATE: Texts = Texts::new(
    "BGPSessionState",
    &[
        (0, "UNKNOWN"),
        (1, "IDLE"),
        (2, "CONNECT"),
        (3, "ACTIVE"),
        (4, "OPEN_SENT"),
        (5, "OPEN_CONFIRM"),
        (6, "ESTABLISHED"),
    ],
);

/// `BondMode`.
pub static BOND_MODE: Texts = Texts::new(
    "BondMode",
    &[
        (0, "balance-rr"),
        (1, "active-backup"),
        (2, "balance-xor"),
        (3, "broadcast"),
        (4, "802.3ad"),
        (5, "balance-tlb"),
        (6, "balance-alb"),
    ],
);

/// `BondXmitHashPolicy`.
pub static BOND_XMIT_HASH_POLICY: Texts = Texts::new(
    "BondXmitHashPolicy",
    &[(0, "layer2"), (1, "layer3+4"), (2, "layer2+3"), (3, "encap2+3"), (4, "encap3+4")],
);

/// `ClientIdentifier`.
pub static CLIENT_IDENTIFIER: Texts = Texts::new("ClientIdentifier", &[(0, "none"), (1, "mac"), (2, "duid")]);

/// `ConfigLayer`.
pub static CONFIG_LAYER: Texts = Texts::new(
    "ConfigLayer",
    &[(0, "default"), (1, "cmdline"), (2, "platform"), (3, "operator"), (4, "configuration")],
);

/// `ConntrackState`.
pub static CONNTRACK_STATE: Texts =
    Texts::new("ConntrackState", &[(8, "new"), (4, "related"), (2, "established"), (1, "invalid")]);

/// `DNSProtocol`.
pub static DNS_PROTOCOL: Texts = Texts::new("DNSProtocol", &[(0, "Do53"), (1, "DoT"), (2, "DoH")]);

/// `Duplex`.
pub static DUPLEX: Texts = Texts::new("Duplex", &[(0, "Half"), (1, "Full"), (255, "Unknown")]);

/// `EncryptionKeyType`.
pub static ENCRYPTION_KEY_TYPE: Texts =
    Texts::new("EncryptionKeyType", &[(0, "static"), (1, "nodeID"), (2, "kms"), (3, "tpm")]);

/// `EncryptionProviderType`.
pub static ENCRYPTION_PROVIDER_TYPE: Texts =
    Texts::new("EncryptionProviderType", &[(0, "none"), (1, "luks2")]);

/// `FailOverMAC`.
pub static FAIL_OVER_MAC: Texts = Texts::new("FailOverMAC", &[(0, "none"), (1, "active"), (2, "follow")]);

/// `Family`.
pub static FAMILY: Texts = Texts::new("Family", &[(2, "inet4"), (10, "inet6")]);

/// `FilesystemType`.
pub static FILESYSTEM_TYPE: Texts = Texts::new(
    "FilesystemType",
    &[
        (0, "none"),
        (1, "xfs"),
        (2, "vfat"),
        (3, "ext4"),
        (4, "iso9660"),
        (5, "swapi"),
        (6, "virtiofs"),
        (7, "btrfs"),
    ],
);

/// `FIPSState`.
pub static FIPS_STATE: Texts =
    Texts::new("FIPSState", &[(0, "disabled"), (1, "enabled"), (2, "enabled, strict")]);

/// `FSParameterType`.
pub static FS_PARAMETER_TYPE: Texts =
    Texts::new("FSParameterType", &[(0, "string"), (1, "boolean"), (2, "binary")]);

/// `ICMPType`.
pub static ICMP_TYPE: Texts = Texts::new(
    "ICMPType",
    &[
        (13, "timestamp-request"),
        (14, "timestamp-reply"),
        (17, "address-mask-request"),
        (18, "address-mask-reply"),
    ],
);

/// `ImageCacheCopyStatus`.
pub static IMAGE_CACHE_COPY_STATUS: Texts =
    Texts::new("ImageCacheCopyStatus", &[(0, "unknown"), (1, "skipped"), (2, "copying"), (3, "ready")]);

/// `ImageCacheStatus`.
pub static IMAGE_CACHE_STATUS: Texts =
    Texts::new("ImageCacheStatus", &[(0, "unknown"), (1, "disabled"), (2, "preparing"), (3, "ready")]);

/// `KernelModuleState`.
pub static KERNEL_MODULE_STATE: Texts =
    Texts::new("KernelModuleState", &[(0, "live"), (1, "loading"), (2, "unloading"), (3, "built-in")]);

/// `KernelModuleType`.
pub static KERNEL_MODULE_TYPE: Texts =
    Texts::new("KernelModuleType", &[(0, "unknown"), (1, "built-in"), (2, "dynamic")]);

/// `LACPRate`.
pub static LACP_RATE: Texts = Texts::new("LACPRate", &[(0, "slow"), (1, "fast")]);

/// `LinkFlag`.
pub static LINK_FLAG: Texts = Texts::new(
    "LinkFlag",
    &[
        (1, "UP"),
        (2, "BROADCAST"),
        (4, "DEBUG"),
        (8, "LOOPBACK"),
        (16, "POINTTOPOINT"),
        (32, "NOTRAILERS"),
        (64, "RUNNING"),
        (128, "NOARP"),
        (256, "PROMISC"),
        (512, "ALLMULTI"),
        (1024, "MASTER"),
        (2048, "SLAVE"),
        (4096, "MULTICAST"),
        (8192, "PORTSEL"),
        (16384, "AUTOMEDIA"),
        (32768, "DYNAMIC"),
        (65536, "LOWER_UP"),
        (131072, "DORMANT"),
        (262144, "ECHO"),
    ],
);

/// `LinkType`.
pub static LINK_TYPE: Texts = Texts::new(
    "LinkType",
    &[
        (0, "netrom"),
        (1, "ether"),
        (2, "eether"),
        (3, "ax25"),
        (4, "pronet"),
        (5, "chaos"),
        (6, "ieee802"),
        (7, "arcnet"),
        (8, "atalk"),
        (15, "dlci"),
        (19, "atm"),
        (23, "metricom"),
        (24, "ieee1394"),
        (27, "eui64"),
        (32, "infiniband"),
        (256, "slip"),
        (257, "cslip"),
        (258, "slip6"),
        (259, "cslip6"),
        (260, "rsrvd"),
        (264, "adapt"),
        (270, "rose"),
        (271, "x25"),
        (272, "hwx25"),
        (280, "can"),
        (512, "ppp"),
        (513, "cisco"),
        (513, "hdlc"),
        (516, "lapb"),
        (517, "ddcmp"),
        (518, "rawhdlc"),
        (768, "ipip"),
        (769, "tunnel6"),
        (770, "frad"),
        (771, "skip"),
        (772, "loopback"),
        (773, "localtlk"),
        (774, "fddi"),
        (775, "bif"),
        (776, "sit"),
        (777, "ip/ddp"),
        (778, "gre"),
        (779, "pimreg"),
        (780, "hippi"),
        (781, "ash"),
        (782, "econet"),
        (783, "irda"),
        (784, "fcpp"),
        (785, "fcal"),
        (786, "fcpl"),
        (787, "fcfb_0"),
        (788, "fcfb_1"),
        (789, "fcfb_2"),
        (790, "fcfb_3"),
        (791, "fcfb_4"),
        (792, "fcfb_5"),
        (793, "fcfb_6"),
        (794, "fcfb_7"),
        (795, "fcfb_8"),
        (796, "fcfb_9"),
        (797, "fcfb_10"),
        (798, "fcfb_11"),
        (799, "fcfb_12"),
        (800, "tr"),
        (801, "ieee802.11"),
        (802, "ieee802.11_prism"),
        (803, "ieee802.11_radiotap"),
        (804, "ieee802.15.4"),
        (805, "ieee802.15.4_monitor"),
        (820, "phonet"),
        (821, "phonet_pipe"),
        (822, "caif"),
        (823, "ip6gre"),
        (824, "netlink"),
        (825, "6lowpan"),
        (65535, "void"),
        (65534, "nohdr"),
    ],
);

/// `LVMLogicalVolumeType`.
pub static LVM_LOGICAL_VOLUME_TYPE: Texts =
    Texts::new("LVMLogicalVolumeType", &[(0, "linear"), (1, "raid1"), (2, "raid0"), (3, "raid10")]);

/// `MachineStage`.
pub static MACHINE_STAGE: Texts = Texts::new(
    "MachineStage",
    &[
        (0, "unknown"),
        (1, "booting"),
        (2, "installing"),
        (3, "maintenance"),
        (4, "running"),
        (5, "rebooting"),
        (6, "shutting down"),
        (7, "resetting"),
        (8, "upgrading"),
    ],
);

/// `MachineType`.
pub static MACHINE_TYPE: Texts =
    Texts::new("MachineType", &[(0, "unknown"), (1, "init"), (2, "controlplane"), (3, "worker")]);

/// `MatchOperator`.
pub static MATCH_OPERATOR: Texts = Texts::new("MatchOperator", &[(0, "=="), (1, "!=")]);

/// `MDArrayPhase`.
pub static MD_ARRAY_PHASE: Texts = Texts::new(
    "MDArrayPhase",
    &[(0, "unknown"), (1, "waiting"), (2, "rebuilding"), (3, "ready"), (4, "error")],
);

/// `MDLevel`.
pub static MD_LEVEL: Texts = Texts::new("MDLevel", &[(0, "raid1")]);

/// `MDMetadata`.
pub static MD_METADATA: Texts = Texts::new("MDMetadata", &[(0, "1.0"), (1, "1.2")]);

/// `NfTablesChainHook`.
pub static NF_TABLES_CHAIN_HOOK: Texts = Texts::new(
    "NfTablesChainHook",
    &[(0, "prerouting"), (1, "input"), (2, "forward"), (3, "output"), (4, "postrouting")],
);

/// `NfTablesChainPriority`.
pub static NF_TABLES_CHAIN_PRIORITY: Texts = Texts::new(
    "NfTablesChainPriority",
    &[
        (-2147483648, "first"),
        (-400, "conntrack-defrag"),
        (-300, "raw"),
        (-225, "selinux-first"),
        (-200, "conntrack"),
        (-150, "mangle"),
        (-100, "nat-dest"),
        (0, "filter"),
        (50, "security"),
        (100, "nat-source"),
        (225, "selinux-last"),
        (300, "conntrack-helper"),
        (2147483647, "last"),
    ],
);

/// `NfTablesVerdict`.
pub static NF_TABLES_VERDICT: Texts = Texts::new("NfTablesVerdict", &[(0, "drop"), (1, "accept")]);

/// `OperationalState`.
pub static OPERATIONAL_STATE: Texts = Texts::new(
    "OperationalState",
    &[
        (0, "unknown"),
        (1, "notPresent"),
        (2, "down"),
        (3, "lowerLayerDown"),
        (4, "testing"),
        (5, "dormant"),
        (6, "up"),
    ],
);

/// `Operator`.
pub static OPERATOR: Texts = Texts::new("Operator", &[(0, "dhcp4"), (1, "dhcp6"), (2, "vip")]);

/// `PeerState`.
pub static PEER_STATE: Texts = Texts::new("PeerState", &[(0, "unknown"), (1, "up"), (2, "down")]);

/// `Port`.
pub static PORT: Texts = Texts::new(
    "Port",
    &[
        (0, "TwistedPair"),
        (1, "AUI"),
        (2, "MII"),
        (3, "Fibre"),
        (4, "BNC"),
        (5, "DirectAttach"),
        (239, "None"),
        (255, "Other"),
    ],
);

/// `PrimaryReselect`.
pub static PRIMARY_RESELECT: Texts =
    Texts::new("PrimaryReselect", &[(0, "always"), (1, "better"), (2, "failure")]);

/// `Protocol`.
pub static PROTOCOL: Texts = Texts::new("Protocol", &[(1, "icmp"), (6, "tcp"), (17, "udp"), (58, "icmpv6")]);

/// `RouteFlag`.
pub static ROUTE_FLAG: Texts = Texts::new(
    "RouteFlag",
    &[
        (256, "notify"),
        (512, "cloned"),
        (1024, "equalize"),
        (2048, "prefix"),
        (4096, "lookup_table"),
        (8192, "fib_match"),
        (16384, "offload"),
        (32768, "trap"),
    ],
);

/// `RouteProtocol`.
pub static ROUTE_PROTOCOL: Texts = Texts::new(
    "RouteProtocol",
    &[
        (0, "unspec"),
        (1, "redirect"),
        (2, "kernel"),
        (3, "boot"),
        (4, "static"),
        (9, "ra"),
        (10, "mrt"),
        (11, "zebra"),
        (12, "bird"),
        (13, "dnrouted"),
        (14, "xorp"),
        (15, "ntk"),
        (16, "dhcp"),
        (17, "mrtd"),
        (18, "keepalived"),
        (42, "babel"),
        (99, "openr"),
        (186, "bgp"),
        (187, "isis"),
        (188, "ospf"),
        (189, "rip"),
        (192, "eigrp"),
    ],
);

/// `RouteType`.
pub static ROUTE_TYPE: Texts = Texts::new(
    "RouteType",
    &[
        (0, "unspec"),
        (1, "unicast"),
        (2, "local"),
        (3, "broadcast"),
        (4, "anycast"),
        (5, "multicast"),
        (6, "blackhole"),
        (7, "unreachable"),
        (8, "prohibit"),
        (9, "throw"),
        (10, "nat"),
        (11, "xresolve"),
    ],
);

/// `RoutingRuleAction`.
pub static ROUTING_RULE_ACTION: Texts = Texts::new(
    "RoutingRuleAction",
    &[(0, "unspec"), (1, "unicast"), (6, "blackhole"), (7, "unreachable"), (8, "prohibit")],
);

/// `RoutingTable`.
pub static ROUTING_TABLE: Texts =
    Texts::new("RoutingTable", &[(0, "unspec"), (253, "default"), (254, "main"), (255, "local")]).numbers();

/// `Scope`.
pub static SCOPE: Texts =
    Texts::new("Scope", &[(0, "global"), (200, "site"), (253, "link"), (254, "host"), (255, "nowhere")]);

/// `Sensitivity`.
pub static SENSITIVITY: Texts = Texts::new("Sensitivity", &[(0, ""), (1, "sensitive")]);

/// `SELinuxState`.
pub static SE_LINUX_STATE: Texts =
    Texts::new("SELinuxState", &[(0, "disabled"), (1, "enabled, permissive"), (2, "enabled, enforcing")]);

/// `UnattendedInstallPhase`.
pub static UNATTENDED_INSTALL_PHASE: Texts = Texts::new(
    "UnattendedInstallPhase",
    &[(0, "pending"), (1, "installing"), (2, "installed"), (3, "waiting-for-reboot"), (4, "failed")],
);

/// `VLANProtocol`.
pub static VLAN_PROTOCOL: Texts = Texts::new("VLANProtocol", &[(33024, "802.1q"), (34984, "802.1ad")]);

/// `VolumePhase`.
pub static VOLUME_PHASE: Texts = Texts::new(
    "VolumePhase",
    &[
        (0, "waiting"),
        (1, "failed"),
        (2, "missing"),
        (3, "located"),
        (4, "provisioned"),
        (5, "prepared"),
        (6, "ready"),
        (7, "closed"),
    ],
);

/// `VolumeType`.
pub static VOLUME_TYPE: Texts = Texts::new(
    "VolumeType",
    &[
        (0, "partition"),
        (1, "disk"),
        (2, "tmpfs"),
        (3, "directory"),
        (4, "symlink"),
        (5, "overlay"),
        (6, "external"),
    ],
);

/// `WOLMode`.
pub static WOL_MODE: Texts = Texts::new(
    "WOLMode",
    &[
        (1, "phy"),
        (2, "unicast"),
        (4, "multicast"),
        (8, "broadcast"),
        (32, "magic"),
        (64, "magicsecure"),
        (128, "filter"),
    ],
);
