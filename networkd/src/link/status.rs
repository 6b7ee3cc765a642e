//! Links: what is, published by name.

use std::collections::BTreeMap;

use proto::resource::network::LinkStatusSpec;

use crate::kernel::Snapshot;
use crate::kernel::watch::Nouns;
use crate::status::Observed;

impl Observed for LinkStatusSpec {
    const CONTROLLER: &'static str = "network.LinkStatusController";
    const NOUNS: Nouns = Nouns::LINKS;

    fn observed(now: &Snapshot) -> BTreeMap<String, Self> {
        now.links.iter().map(|(name, link)| (name.clone(), link.status.clone())).collect()
    }
}
