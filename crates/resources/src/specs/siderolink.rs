//! The tunnel to a remote management service.

use proto::resource::siderolink;

define! {
    siderolink::ConfigSpec => "SiderolinkConfigs.siderolink.talos.dev" in "config" {
        columns: &[("API Endpoint", "{.apiEndpoint}"), ("Tunnel", "{.tunnel}")],
        sensitive: true,
    }
    siderolink::StatusSpec => "SiderolinkStatuses.siderolink.talos.dev" in "config" {
        columns: &[("Host", "{.host}"), ("Connected", "{.connected}")],
    }
    siderolink::TunnelSpec => "SiderolinkTunnels.siderolink.talos.dev" in "config" {
        columns: &[
            ("API Endpoint", "{.apiEndpoint}"),
            ("Link name", "{.linkName}"),
            ("MTU", "{.mtu}"),
            ("Node address", "{.nodeAddress}"),
        ],
        sensitive: true,
    }
}
