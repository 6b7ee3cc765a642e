//! DHCP.

use crate::schema::formats;

choice! {
    /// What a DHCP client identifies itself by.
    ClientIdentifier { None = "none", Mac = "mac", Duid = "duid" }
}

record! {
    /// DHCP for IPv4 on a link.
    DHCPv4Config {
        /// The link, by name or alias.
        "name" name: String => required;
        /// The metric of routes that the server gives; 1024 when left out.
        "routeMetric" route_metric: Option<u32>;
        /// Whether the server's host name is ignored.
        "ignoreHostname" ignore_hostname: Option<bool>;
        /// Whether the server's routes are ignored.
        "ignoreRoutes" ignore_routes: Option<bool>;
        /// What the client identifies itself by; `mac` when left out.
        "clientIdentifier" client_identifier: Option<ClientIdentifier>;
        /// The identifier when it is a DUID: hexadecimal bytes.
        "duidRaw" duid_raw: String => format(&formats::HEX_BYTES);
    }

    /// DHCP for IPv6 on a link.
    DHCPv6Config {
        /// The link, by name or alias.
        "name" name: String => required;
        /// The metric of routes that the server gives; 1024 when left out.
        "routeMetric" route_metric: Option<u32>;
        /// Whether the server's host name is ignored.
        "ignoreHostname" ignore_hostname: Option<bool>;
        /// What the client identifies itself by; `mac` when left out.
        "clientIdentifier" client_identifier: Option<ClientIdentifier>;
        /// The identifier when it is a DUID: hexadecimal bytes.
        "duidRaw" duid_raw: String => format(&formats::HEX_BYTES);
    }
}
