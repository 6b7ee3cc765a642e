//! Addresses: the highest layer counts.

use proto::resource::network::AddressSpecSpec;

use crate::id;
use crate::layer::{Layered, Merged, highest};

impl Layered for AddressSpecSpec {
    fn layer(&self) -> i32 {
        self.config_layer
    }

    fn key(&self) -> String {
        id::address_spec(self)
    }

    fn merged(wishes: Vec<Self>) -> Self {
        highest(wishes)
    }
}

impl Merged for AddressSpecSpec {
    const CONTROLLER: &'static str = "network.AddressMergeController";
}
