//! Routing rules: the highest layer counts.

use proto::resource::network::RoutingRuleSpecSpec;

use crate::id;
use crate::layer::{Layered, Merged, highest};

impl Layered for RoutingRuleSpecSpec {
    fn layer(&self) -> i32 {
        self.config_layer
    }

    fn key(&self) -> String {
        id::rule_spec(self)
    }

    fn merged(wishes: Vec<Self>) -> Self {
        highest(wishes)
    }
}

impl Merged for RoutingRuleSpecSpec {
    const CONTROLLER: &'static str = "network.RoutingRuleMergeController";
}
