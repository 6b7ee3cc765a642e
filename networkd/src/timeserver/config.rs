//! Time servers: what the defaults and the machine configuration wish for.

use proto::resource::enums::NetworkConfigLayer;
use proto::resource::network::TimeServerSpecSpec;

use crate::inputs::Inputs;

/// Time server of a node that nobody gave one (contract os.md 5.3).
const DEFAULT: &str = "time.cloudflare.com";

/// The time server of a node that nobody gave one.
pub fn defaults() -> Vec<TimeServerSpecSpec> {
    let layer = NetworkConfigLayer::ConfigDefault as i32;
    vec![TimeServerSpecSpec { ntp_servers: vec![DEFAULT.to_owned()], use_nts: false, config_layer: layer }]
}

/// Servers and clock devices of the machine configuration.
pub fn machine(inputs: &Inputs) -> Vec<TimeServerSpecSpec> {
    let Some(time) = inputs.machine.as_ref().map(|m| &m.time) else { return Vec::new() };
    let servers: Vec<String> = time.ptp_devices.iter().chain(&time.servers).cloned().collect();
    if servers.is_empty() {
        return Vec::new();
    }
    let config_layer = NetworkConfigLayer::ConfigMachineConfiguration as i32;
    vec![TimeServerSpecSpec { ntp_servers: servers, use_nts: time.nts, config_layer }]
}
