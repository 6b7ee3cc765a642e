//! Probes: the highest layer counts.

use proto::resource::network::ProbeSpecSpec;

use crate::layer::{Layered, Merged, highest};

impl Layered for ProbeSpecSpec {
    fn layer(&self) -> i32 {
        self.config_layer
    }

    fn key(&self) -> String {
        super::id(self)
    }

    fn merged(wishes: Vec<Self>) -> Self {
        highest(wishes)
    }
}

impl Merged for ProbeSpecSpec {
    const CONTROLLER: &'static str = "network.ProbeMergeController";
}
