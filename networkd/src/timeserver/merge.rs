//! Time servers: the highest layer counts; one layer's lists are appended.

use proto::resource::network::TimeServerSpecSpec;

use crate::id;
use crate::layer::{Layered, Merged};

impl Layered for TimeServerSpecSpec {
    fn layer(&self) -> i32 {
        self.config_layer
    }

    fn key(&self) -> String {
        id::TIMESERVERS.to_owned()
    }

    fn merged(wishes: Vec<Self>) -> Self {
        wishes.into_iter().reduce(over).unwrap_or_default()
    }
}

impl Merged for TimeServerSpecSpec {
    const CONTROLLER: &'static str = "network.TimeServerMergeController";
}

fn over(low: TimeServerSpecSpec, mut high: TimeServerSpecSpec) -> TimeServerSpecSpec {
    if low.config_layer != high.config_layer {
        return if high.ntp_servers.is_empty() { low } else { high };
    }
    let mut servers = low.ntp_servers;
    servers.append(&mut high.ntp_servers);
    TimeServerSpecSpec {
        ntp_servers: servers,
        use_nts: low.use_nts && high.use_nts,
        config_layer: high.config_layer,
    }
}
