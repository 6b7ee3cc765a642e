//! Hostname: the highest layer that has one counts, among equals the first.

use proto::resource::network::HostnameSpecSpec;

use crate::id;
use crate::layer::{Layered, Merged};

impl Layered for HostnameSpecSpec {
    fn layer(&self) -> i32 {
        self.config_layer
    }

    fn key(&self) -> String {
        id::HOSTNAME.to_owned()
    }

    fn merged(wishes: Vec<Self>) -> Self {
        let mut best: Option<Self> = None;
        for wish in wishes.into_iter().filter(|w| !w.hostname.is_empty()) {
            if best.as_ref().is_none_or(|b| wish.config_layer > b.config_layer) {
                best = Some(wish);
            }
        }
        best.unwrap_or_default()
    }
}

impl Merged for HostnameSpecSpec {
    const CONTROLLER: &'static str = "network.HostnameMergeController";
}
