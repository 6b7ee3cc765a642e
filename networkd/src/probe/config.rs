//! Probes: what the machine configuration wishes for.

use config::access::ProbeKind;
use proto::resource::enums::NetworkConfigLayer;
use proto::resource::network::{HttpProbeSpec, ProbeSpecSpec, TcpProbeSpec};

use crate::inputs::Inputs;

/// The probes of the machine configuration.
pub fn machine(inputs: &Inputs) -> Vec<ProbeSpecSpec> {
    let probes = inputs.machine.iter().flat_map(|m| &m.probes);
    probes
        .map(|probe| {
            let timeout = probe.timeout.to_std().try_into().ok();
            let mut spec = ProbeSpecSpec {
                interval: probe.interval.to_std().try_into().ok(),
                failure_threshold: i64::from(probe.failure_threshold),
                config_layer: NetworkConfigLayer::ConfigMachineConfiguration as i32,
                ..Default::default()
            };
            match &probe.kind {
                ProbeKind::Tcp(endpoint) => {
                    spec.tcp = Some(TcpProbeSpec { endpoint: endpoint.clone(), timeout });
                }
                ProbeKind::Http(url) => {
                    let url = Some(proto::common::Url { full_path: url.clone() });
                    spec.http = Some(HttpProbeSpec { url, timeout });
                }
            }
            spec
        })
        .collect()
}
