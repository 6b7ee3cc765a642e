//! Routes: what is, in all tables.

use std::collections::BTreeMap;

use proto::resource::network::RouteStatusSpec;

use crate::id;
use crate::kernel::Snapshot;
use crate::kernel::watch::Nouns;
use crate::status::Observed;

impl Observed for RouteStatusSpec {
    const CONTROLLER: &'static str = "network.RouteStatusController";
    const NOUNS: Nouns = Nouns { links: false, addresses: false, routes: true, rules: false };

    fn observed(now: &Snapshot) -> BTreeMap<String, Self> {
        now.routes.iter().map(|r| (id::route_status(r), r.clone())).collect()
    }
}
