//! Bonds of several links. Words may be written as the numbers that the kernel has for them, as older
//! configurations do.

use std::net::IpAddr;

use super::CommonLinkConfig;
use crate::value::HardwareAddr;

choice! {
    /// How a bond spreads packets over its links.
    BondMode {
        BalanceRr = "balance-rr" or "0",
        ActiveBackup = "active-backup" or "1",
        BalanceXor = "balance-xor" or "2",
        Broadcast = "broadcast" or "3",
        Lacp = "802.3ad" or "4",
        BalanceTlb = "balance-tlb" or "5",
        BalanceAlb = "balance-alb" or "6",
    }

    /// What a bond hashes to choose a link.
    XmitHashPolicy {
        Layer2 = "layer2" or "0",
        Layer34 = "layer3+4" or "1",
        Layer23 = "layer2+3" or "2",
        Encap23 = "encap2+3" or "3",
        Encap34 = "encap3+4" or "4",
    }

    /// Which links' ARP answers count.
    ArpValidate {
        None = "none" or "0",
        Active = "active" or "1",
        Backup = "backup" or "2",
        All = "all" or "3",
        Filter = "filter" or "4",
        FilterActive = "filter-active" or "5",
        FilterBackup = "filter-backup" or "6",
    }

    /// Whether one or all ARP targets must answer.
    ArpAllTargets { Any = "any" or "0", All = "all" or "1" }

    /// How often LACP packets are asked for.
    LacpRate { Slow = "slow" or "0", Fast = "fast" or "1" }

    /// Which hardware address a bond has after a fail-over.
    FailOverMac { None = "none" or "0", Active = "active" or "1", Follow = "follow" or "2" }

    /// How an aggregator is selected.
    AdSelect { Stable = "stable" or "0", Bandwidth = "bandwidth" or "1", Count = "count" or "2" }

    /// Whether LACP packets are sent unasked.
    AdLacpActive { On = "on" or "1", Off = "off" or "0" }

    /// When the primary link is taken again.
    PrimaryReselect { Always = "always" or "0", Better = "better" or "1", Failure = "failure" or "2" }
}

record! {
    /// Several links that act as one.
    BondConfig {
        /// The name of the bond to create.
        "name" name: String => required;
        /// The hardware address to give to the bond.
        "hardwareAddr" hardware_addr: Option<HardwareAddr>;
        /// The links of the bond, by name or alias.
        "links" links: Vec<String> => required;
        /// How packets are spread over the links.
        "bondMode" mode: Option<BondMode> => required;
        /// Milliseconds between checks of the links; 0 is never.
        "miimon" miimon: Option<u32>;
        /// Milliseconds to wait before a link that came up is used; a multiple of miimon.
        "updelay" updelay: Option<u32>;
        /// Milliseconds to wait before a link that went down is left; a multiple of miimon.
        "downdelay" downdelay: Option<u32>;
        /// Whether the carrier as the driver reports it decides.
        "useCarrier" use_carrier: Option<bool>;
        /// What is hashed to choose a link.
        "xmitHashPolicy" xmit_hash_policy: Option<XmitHashPolicy>;
        /// Milliseconds between ARP checks; 0 is never.
        "arpInterval" arp_interval: Option<u32>;
        /// IPv4 addresses that ARP checks ask for.
        "arpIpTargets" arp_ip_targets: Vec<IpAddr>;
        /// IPv6 addresses that neighbour checks ask for.
        "nsIp6Targets" ns_ip6_targets: Vec<IpAddr>;
        /// Which links' ARP answers count.
        "arpValidate" arp_validate: Option<ArpValidate>;
        /// Whether one or all targets must answer.
        "arpAllTargets" arp_all_targets: Option<ArpAllTargets>;
        /// How often LACP packets are asked for.
        "lacpRate" lacp_rate: Option<LacpRate>;
        /// Which hardware address the bond has after a fail-over.
        "failOverMac" fail_over_mac: Option<FailOverMac>;
        /// How an aggregator is selected.
        "adSelect" ad_select: Option<AdSelect>;
        /// The LACP system priority.
        "adActorSysPrio" ad_actor_sys_prio: Option<u16>;
        /// The upper 10 bits of the port key.
        "adUserPortKey" ad_user_port_key: Option<u16>;
        /// Whether LACP packets are sent unasked.
        "adLACPActive" ad_lacp_active: Option<AdLacpActive>;
        /// When the primary link is taken again.
        "primaryReselect" primary_reselect: Option<PrimaryReselect>;
        /// How many IGMP reports follow a fail-over.
        "resendIGMP" resend_igmp: Option<u32>;
        /// How many links must be up for the bond to be up.
        "minLinks" min_links: Option<u32>;
        /// Seconds between learning packets.
        "lpInterval" lp_interval: Option<u32>;
        /// Packets that leave through one link before the next is taken.
        "packetsPerSlave" packets_per_slave: Option<u32>;
        /// How many notifications follow a fail-over.
        "numPeerNotif" num_peer_notif: Option<u8>;
        /// Whether flows are moved between links by their load: 0 or 1.
        "tlbLogicalLb" tlb_logical_lb: Option<u8>;
        /// Whether duplicates on backup links are delivered: 0 or 1.
        "allSlavesActive" all_slaves_active: Option<u8>;
        /// Milliseconds between notifications after a fail-over.
        "peerNotifDelay" peer_notif_delay: Option<u32>;
        /// How many missed ARP checks take a link down.
        "missedMax" missed_max: Option<u8>;
        .. link: CommonLinkConfig;
    }
}
