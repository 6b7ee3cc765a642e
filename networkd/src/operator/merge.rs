//! Operators: the highest layer counts, among equals the later.

use proto::resource::network::OperatorSpecSpec;

use crate::id;
use crate::layer::{Layered, Merged, highest};

impl Layered for OperatorSpecSpec {
    fn layer(&self) -> i32 {
        self.config_layer
    }

    fn key(&self) -> String {
        id::operator(self)
    }

    fn merged(wishes: Vec<Self>) -> Self {
        highest(wishes)
    }
}

impl Merged for OperatorSpecSpec {
    const CONTROLLER: &'static str = "network.OperatorMergeController";
}
