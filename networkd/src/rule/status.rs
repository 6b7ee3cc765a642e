//! Routing rules: what is, by family and priority.

use std::collections::BTreeMap;

use proto::resource::network::RoutingRuleStatusSpec;

use crate::id;
use crate::kernel::Snapshot;
use crate::kernel::watch::Nouns;
use crate::status::Observed;

impl Observed for RoutingRuleStatusSpec {
    const CONTROLLER: &'static str = "network.RoutingRuleStatusController";
    const NOUNS: Nouns = Nouns { links: false, addresses: false, routes: false, rules: true };

    fn observed(now: &Snapshot) -> BTreeMap<String, Self> {
        now.rules.iter().map(|r| (id::rule_status(r), r.clone())).collect()
    }
}
