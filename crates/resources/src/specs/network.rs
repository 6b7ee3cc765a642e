//! The network, wanted and actual.

use proto::internal::specs as own;
use proto::resource::device_config;
use proto::resource::network;

define! {
    network::AddressSpecSpec => "AddressSpecs.net.talos.dev" in "network" {}
    network::AddressStatusSpec => "AddressStatuses.net.talos.dev" in "network" {
        aliases: &["address", "addresses"],
        columns: &[("Address", "{.address}"), ("Link", "{.linkName}")],
    }
    network::BgpInstanceConfigSpec => "BGPInstanceConfigs.net.talos.dev" in "network" {
        columns: &[
            ("Local ASN", "{.localASN}"),
            ("Router ID", "{.routerID}"),
            ("VRF", "{.vrf}"),
            ("Neighbors", "{.neighbors}"),
        ],
    }
    network::BgpPeerStatusSpec => "BGPPeerStatuses.net.talos.dev" in "network" {
        columns: &[
            ("Instance", "{.instance}"),
            ("Peer", "{.peer}"),
            ("Peer AS", "{.peerASN}"),
            ("State", "{.state}"),
            ("Since", "{.since}"),
            ("Received", "{.received}"),
        ],
    }
    device_config::DeviceConfigSpecSpec => "DeviceConfigSpecs.net.talos.dev" in "network" {
        sensitive: true,
    }
    network::DnsResolveCacheSpec => "DNSResolveCaches.net.talos.dev" in "network" {
        columns: &[("Status", "{.status}")],
    }
    own::DnsUpstreamSpec => "DNSUpstreams.net.talos.dev" in "network" {
        columns: &[("Healthy", "{.healthy}"), ("Address", "{.addr}")],
    }
    network::EthernetSpecSpec => "EthernetSpecs.net.talos.dev" in "network" {}
    network::EthernetStatusSpec => "EthernetStatuses.net.talos.dev" in "network" {
        aliases: &["ethtool"],
        columns: &[("Link", "{.linkState}"), ("Speed", "{.speedMbit}")],
    }
    network::HardwareAddrSpec => "HardwareAddresses.net.talos.dev" in "network" {}
    network::HostDnsConfigSpec => "HostDNSConfigs.net.talos.dev" in "network" {
        columns: &[("Enabled", "{.enabled}")],
    }
    network::HostnameSpecSpec => "HostnameSpecs.net.talos.dev" in "network" {}
    network::HostnameStatusSpec => "HostnameStatuses.net.talos.dev" in "network" {
        aliases: &["hostname"],
        columns: &[("Hostname", "{.hostname}"), ("Domainname", "{.domainname}")],
    }
    network::LinkAliasSpecSpec => "LinkAliasSpecs.net.talos.dev" in "network" {
        columns: &[("Alias", "{.alias}")],
    }
    network::LinkRefreshSpec => "LinkRefreshes.net.talos.dev" in "network" {}
    network::LinkSpecSpec => "LinkSpecs.net.talos.dev" in "network" {
        sensitive: true,
    }
    network::LinkStatusSpec => "LinkStatuses.net.talos.dev" in "network" {
        aliases: &["link", "links"],
        columns: &[
            ("Alias", "{.alias}"),
            ("Type", "{.type}"),
            ("Kind", "{.kind}"),
            ("Hw Addr", "{.hardwareAddr}"),
            ("Oper State", "{.operationalState}"),
            ("Link State", "{.linkState}"),
        ],
    }
    network::NfTablesChainSpec => "NfTablesChains.net.talos.dev" in "network" {
        aliases: &["chain", "chains"],
        columns: &[
            ("Type", "{.type}"),
            ("Hook", "{.hook}"),
            ("Priority", "{.priority}"),
            ("Policy", "{.policy}"),
        ],
    }
    network::NodeAddressSpec => "NodeAddresses.net.talos.dev" in "network" {
        columns: &[("Addresses", "{.addresses}"), ("SortAlgorithm", "{.sortAlgorithm}")],
    }
    network::NodeAddressFilterSpec => "NodeAddressFilters.net.talos.dev" in "network" {
        columns: &[("Include Subnets", "{.includeSubnets}"), ("Exclude Subnets", "{.excludeSubnets}")],
    }
    network::NodeAddressSortAlgorithmSpec => "NodeAddressSortAlgorithms.net.talos.dev" in "network" {
        columns: &[("Algorithm", "{.algorithm}")],
    }
    network::OperatorSpecSpec => "OperatorSpecs.net.talos.dev" in "network" {
        sensitive: true,
    }
    network::PlatformConfigSpec => "PlatformConfigs.net.talos.dev" in "network" {}
    network::ProbeSpecSpec => "ProbeSpecs.net.talos.dev" in "network" {}
    network::ProbeStatusSpec => "ProbeStatuses.net.talos.dev" in "network" {
        aliases: &["probe", "probes"],
        columns: &[("Success", "{.success}")],
    }
    network::ResolverSpecSpec => "ResolverSpecs.net.talos.dev" in "network" {
        columns: &[
            ("Layer", "{.layer}"),
            ("Resolvers", "{.dnsServers}"),
            ("Search Domains", "{.searchDomains}"),
        ],
    }
    network::ResolverStatusSpec => "ResolverStatuses.net.talos.dev" in "network" {
        aliases: &["resolvers"],
        columns: &[("Resolvers", "{.dnsServers}"), ("Search Domains", "{.searchDomains}")],
    }
    network::RouteSpecSpec => "RouteSpecs.net.talos.dev" in "network" {}
    network::RouteStatusSpec => "RouteStatuses.net.talos.dev" in "network" {
        aliases: &["route", "routes"],
        columns: &[
            ("Destination", "{.dst}"),
            ("Gateway", "{.gateway}"),
            ("Link", "{.outLinkName}"),
            ("Metric", "{.priority}"),
        ],
    }
    network::RoutingRuleSpecSpec => "RoutingRuleSpecs.net.talos.dev" in "network" {}
    network::RoutingRuleStatusSpec => "RoutingRuleStatuses.net.talos.dev" in "network" {
        aliases: &["routingrule", "routingrules"],
        columns: &[
            ("Src", "{.src}"),
            ("Dst", "{.dst}"),
            ("Table", "{.table}"),
            ("Priority", "{.priority}"),
        ],
    }
    network::StaticHostSpec => "StaticHosts.net.talos.dev" in "network" {
        columns: &[("Addresses", "{.addresses}")],
    }
    network::StatusSpec => "NetworkStatuses.net.talos.dev" in "network" {
        aliases: &["netstatus", "netstatuses"],
        columns: &[
            ("Address", "{.addressReady}"),
            ("Connectivity", "{.connectivityReady}"),
            ("Hostname", "{.hostnameReady}"),
            ("Etc", "{.etcFilesReady}"),
        ],
    }
    network::TimeServerSpecSpec => "TimeServerSpecs.net.talos.dev" in "network" {
        columns: &[("Timeservers", "{.timeServers}"), ("UseNTS", "{.useNTS}")],
    }
    network::TimeServerStatusSpec => "TimeServerStatuses.net.talos.dev" in "network" {
        aliases: &["timeserver", "timeservers"],
        columns: &[("Timeservers", "{.timeServers}"), ("UseNTS", "{.useNTS}")],
    }
}
