//! Name resolution and time.

use std::net::IpAddr;

use crate::value::Duration;

choice! {
    /// How a name server is asked.
    DnsProtocol { Do53 = "Do53", DoT = "DoT", DoH = "DoH" }
}

record! {
    /// A name server.
    NameserverConfig {
        /// Its address.
        "address" address: Option<IpAddr> => enforced;
        /// How it is asked; plain DNS (Do53) when left out.
        "protocol" protocol: Option<DnsProtocol>;
        /// The name in its certificate, for DoT and DoH.
        "tlsServerName" tls_server_name: String;
    }

    /// Domains that are tried for short names.
    SearchDomainsConfig {
        /// The domains, in order.
        "domains" domains: Vec<String>;
        /// Whether the node's own domain is left out.
        "disableDefault" disable_default: Option<bool>;
    }

    /// The node's own DNS cache.
    HostDNSConfig {
        /// Whether it runs.
        "enabled" enabled: Option<bool>;
        /// Whether the cluster's DNS asks it.
        "forwardKubeDNSToHost" forward_kube_dns_to_host: Option<bool>;
        /// Whether it answers for names of members of the cluster.
        "resolveMemberNames" resolve_member_names: Option<bool>;
    }

    /// How names are resolved.
    ResolverConfig {
        /// Name servers, in order.
        "nameservers" nameservers: Vec<NameserverConfig>
            => example("- address: 192.0.2.53");
        /// Domains for short names.
        "searchDomains" search_domains: SearchDomainsConfig
            => example("domains:\n    - example.org");
        /// The node's own cache.
        "hostDNS" host_dns: HostDNSConfig;
    }

    /// Time over the network.
    NTPConfig {
        /// Time servers, by name or address.
        "servers" servers: Vec<String>;
        /// Whether answers must be authenticated.
        "useNTS" use_nts: Option<bool>;
    }

    /// Time from a clock device.
    PTPConfig {
        /// The devices.
        "devices" devices: Vec<String>;
    }

    /// How the clock is kept.
    TimeSyncConfig {
        /// Whether the clock is kept at all; it is when left out.
        "enabled" enabled: Option<bool>;
        /// How long the boot waits for the first answer; for ever when left out.
        "bootTimeout" boot_timeout: Option<Duration>
            => example("2m0s");
        /// Time over the network; not together with `ptp`.
        "ntp" ntp: Option<NTPConfig>
            => example("servers:\n    - time.example.org");
        /// Time from a clock device; not together with `ntp`.
        "ptp" ptp: Option<PTPConfig>;
    }
}
