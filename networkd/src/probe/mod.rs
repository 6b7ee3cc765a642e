//! Probes: is an endpoint reachable from this node?

pub mod attempt;
pub mod config;
pub mod judge;
pub mod merge;
pub mod status;

use proto::resource::network::ProbeSpecSpec;

/// Identifier of a probe: `tcp:host:port` or `http:url`.
pub fn id(spec: &ProbeSpecSpec) -> String {
    match (&spec.tcp, &spec.http) {
        (Some(tcp), _) => format!("tcp:{}", tcp.endpoint),
        (None, Some(http)) => {
            format!("http:{}", http.url.as_ref().map(|u| u.full_path.as_str()).unwrap_or_default())
        }
        (None, None) => String::new(),
    }
}
