//! Addresses: what is, published by link and prefix.

use std::collections::BTreeMap;

use proto::resource::network::AddressStatusSpec;

use crate::id;
use crate::kernel::Snapshot;
use crate::kernel::watch::Nouns;
use crate::status::Observed;

impl Observed for AddressStatusSpec {
    const CONTROLLER: &'static str = "network.AddressStatusController";
    const NOUNS: Nouns = Nouns { links: false, addresses: true, routes: false, rules: false };

    fn observed(now: &Snapshot) -> BTreeMap<String, Self> {
        now.addresses.iter().map(|a| (id::address_status(a), a.clone())).collect()
    }
}
