//! Routes: the highest layer counts; equal routes of routing daemons become one route with several next hops.

use proto::resource::enums::NethelpersRouteProtocol;
use proto::resource::network::{RouteNextHop, RouteSpecSpec};

use crate::id;
use crate::layer::{Layered, Merged, highest};

impl Layered for RouteSpecSpec {
    fn layer(&self) -> i32 {
        self.config_layer
    }

    fn key(&self) -> String {
        id::route_spec(self)
    }

    fn merged(wishes: Vec<Self>) -> Self {
        let bgp = NethelpersRouteProtocol::ProtocolBgp as i32;
        let top = wishes.iter().map(Layered::layer).max().unwrap_or_default();
        let mut hops: Vec<RouteNextHop> = Vec::new();
        for wish in wishes.iter().filter(|w| w.config_layer == top && w.protocol == bgp) {
            for hop in &wish.next_hops {
                if !hops.contains(hop) {
                    hops.push(hop.clone());
                }
            }
        }
        let mut merged = highest(wishes);
        if merged.protocol == bgp {
            merged.next_hops = hops;
        }
        merged
    }
}

impl Merged for RouteSpecSpec {
    const CONTROLLER: &'static str = "network.RouteMergeController";
}
