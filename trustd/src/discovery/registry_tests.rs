//! Rules of the registry, one a test, and what must hold after any sequence of calls.

use proptest::prelude::*;

use super::*;

const MINUTE: Duration = Duration::from_secs(60);

fn says(id: &str, data: &str, endpoints: &[&str]) -> Update {
    Update { data: Some(data.into()), ..adds(id, endpoints) }
}

fn adds(id: &str, endpoints: &[&str]) -> Update {
    let endpoints = endpoints.iter().map(|endpoint| endpoint.as_bytes().to_vec()).collect();
    Update { cluster: "c".into(), id: id.into(), data: None, endpoints, ttl: MINUTE, by: by(1) }
}

fn by(last: u8) -> Writer {
    Writer { network: Some(IpAddr::from([10, 0, 0, last])), key: None }
}

fn affiliate(id: &str, data: &str, endpoints: &[&str]) -> Affiliate {
    let endpoints = endpoints.iter().map(|endpoint| endpoint.as_bytes().to_vec()).collect();
    Affiliate { id: id.into(), data: data.into(), endpoints }
}

/// The registry's calls as functions of their changes.
impl Registry {
    fn updated(&mut self, now: Moment, update: Update) -> Result<Vec<Change>, Refusal> {
        let mut changes = Vec::new();
        self.update(now, update, &mut changes).map(|()| changes)
    }

    fn deleted(&mut self, now: Moment, cluster: &str, id: &str) -> Vec<Change> {
        let mut changes = Vec::new();
        self.delete(now, cluster, id, &by(1), &mut changes).unwrap();
        changes
    }

    fn expired(&mut self, now: Moment) -> Vec<Change> {
        let mut changes = Vec::new();
        self.expire(now, &mut changes);
        changes
    }
}

fn at(seconds: u64) -> Moment {
    Duration::from_secs(seconds)
}

#[test]
fn an_affiliate_is_listed_until_its_time_is_over() {
    let mut registry = Registry::default();
    let changes = registry.updated(at(0), says("a", "one", &["e1"])).unwrap();
    let one = affiliate("a", "one", &["e1"]);
    assert_eq!(changes, [Change { cluster: "c".into(), affiliate: one.clone(), deleted: false }]);
    assert_eq!(registry.list(at(59), "c").unwrap(), [one]);
    assert_eq!(registry.list(at(60), "c").unwrap(), []);
    assert_eq!(registry.next_expiry(), Some(at(60)));
    assert_eq!(registry.expired(at(59)), []);
    assert_eq!(registry.expired(at(60)), [gone("c", "a")]);
    assert_eq!(registry.next_expiry(), None);
    assert!(registry.clusters.is_empty());
}

#[test]
fn saying_the_same_again_prolongs_and_tells_nobody() {
    let mut registry = Registry::default();
    registry.updated(at(0), says("a", "one", &["e1"])).unwrap();
    assert_eq!(registry.updated(at(30), says("a", "one", &["e1"])).unwrap(), []);
    assert_eq!(registry.list(at(89), "c").unwrap().len(), 1);
    assert_eq!(registry.updated(at(31), says("a", "two", &[])).unwrap().len(), 1);
    assert_eq!(registry.list(at(31), "c").unwrap(), [affiliate("a", "two", &["e1"])]);
}

#[test]
fn endpoints_of_others_do_not_keep_a_node_alive() {
    let mut registry = Registry::default();
    registry.updated(at(0), says("a", "one", &[])).unwrap();
    registry.updated(at(50), adds("a", &["seen"])).unwrap();
    assert_eq!(registry.list(at(55), "c").unwrap(), [affiliate("a", "one", &["seen"])]);
    assert_eq!(registry.list(at(60), "c").unwrap(), []);
    assert_eq!(registry.expired(at(60)), [gone("c", "a")]);
    assert!(registry.clusters.is_empty());
}

#[test]
fn a_node_that_has_said_nothing_is_not_shown() {
    let mut registry = Registry::default();
    assert_eq!(registry.updated(at(0), adds("a", &["seen"])).unwrap(), []);
    assert_eq!(registry.list(at(0), "c").unwrap(), []);
    let changes = registry.updated(at(1), says("a", "one", &[])).unwrap();
    assert_eq!(changes[0].affiliate, affiliate("a", "one", &["seen"]));
}

#[test]
fn an_endpoint_stays_with_the_node_that_has_it() {
    let mut registry = Registry::default();
    registry.updated(at(0), says("a", "one", &["e1"])).unwrap();
    registry.updated(at(0), says("b", "two", &["e1", "e2"])).unwrap();
    registry.updated(at(0), adds("b", &["e1"])).unwrap();
    let both = [affiliate("a", "one", &["e1"]), affiliate("b", "two", &["e2"])];
    assert_eq!(registry.list(at(1), "c").unwrap(), both);
    // Once its holder is gone it is free.
    registry.deleted(at(2), "c", "a");
    registry.updated(at(3), adds("b", &["e1"])).unwrap();
    assert_eq!(registry.list(at(3), "c").unwrap(), [affiliate("b", "two", &["e1", "e2"])]);
}

#[test]
fn no_update_takes_endpoints_away_before_their_time() {
    let mut registry = Registry::default();
    registry.updated(at(0), says("a", "one", &["e1", "e2"])).unwrap();
    let short = Update { ttl: at(1), ..says("a", "one", &["e1"]) };
    registry.updated(at(10), short).unwrap();
    let long = says("a", "one", &[]);
    registry.updated(at(10), long).unwrap();
    assert_eq!(registry.list(at(59), "c").unwrap(), [affiliate("a", "one", &["e1", "e2"])]);
    assert_eq!(registry.expired(at(60)).len(), 1, "those who watch see endpoints go");
    assert_eq!(registry.list(at(60), "c").unwrap(), [affiliate("a", "one", &[])]);
}

#[test]
fn deleting_is_told_once() {
    let mut registry = Registry::default();
    registry.updated(at(0), says("a", "one", &["e"])).unwrap();
    assert_eq!(registry.deleted(at(1), "c", "a"), [gone("c", "a")]);
    assert_eq!(registry.deleted(at(1), "c", "a"), []);
    assert_eq!(registry.deleted(at(1), "other", "a"), []);
    assert!(registry.clusters.is_empty());
}

#[test]
fn whoever_said_it_first_keeps_an_id_until_it_expires() {
    let mut registry = Registry::default();
    let keyed = |last, key: &str| Writer { key: Some(key.into()), ..by(last) };
    registry.updated(at(0), Update { by: keyed(1, "k"), ..says("a", "one", &["e1"]) }).unwrap();
    let thief = || keyed(2, "guess");
    let stolen = || Update { by: thief(), ..says("a", "two", &["e2"]) };
    assert_eq!(registry.updated(at(1), stolen()), Err(Refusal::Kept));
    assert_eq!(registry.delete(at(1), "c", "a", &thief(), &mut Vec::new()), Err(Refusal::Kept));
    assert_eq!(registry.delete(at(1), "c", "a", &Writer::default(), &mut Vec::new()), Err(Refusal::Kept));
    assert_eq!(registry.list(at(1), "c").unwrap(), [affiliate("a", "one", &["e1"])]);
    // Others have met it, which is no word of its own.
    registry.updated(at(1), Update { by: thief(), ..adds("a", &["seen"]) }).unwrap();
    // It comes another way, and then starts anew.
    registry.updated(at(2), Update { by: keyed(3, "k"), ..says("a", "three", &[]) }).unwrap();
    registry.updated(at(3), Update { by: keyed(3, "new"), ..says("a", "four", &[]) }).unwrap();
    assert_eq!(registry.updated(at(62), stolen()), Err(Refusal::Kept));
    registry.updated(at(63), stolen()).unwrap();
    assert_eq!(registry.list(at(63), "c").unwrap(), [affiliate("a", "two", &["e2"])]);
}

#[test]
fn clusters_do_not_see_each_other() {
    let mut registry = Registry::default();
    registry.updated(at(0), says("a", "one", &["e"])).unwrap();
    let other = Update { cluster: "d".into(), ..says("a", "two", &["e"]) };
    registry.updated(at(0), other).unwrap();
    assert_eq!(registry.list(at(0), "c").unwrap(), [affiliate("a", "one", &["e"])]);
    assert_eq!(registry.list(at(0), "d").unwrap(), [affiliate("a", "two", &["e"])]);
}

#[test]
fn what_is_over_a_limit_changes_nothing() {
    let long = |length| "x".repeat(length);
    let too_long = |what, size, limit| Refusal::TooLong { what, size, limit };
    let many: Vec<String> = (0..=MAX_ENDPOINTS).map(|n| n.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let table = [
        (Update { cluster: String::new(), ..says("a", "", &[]) }, Refusal::Empty("cluster_id")),
        (says("", "", &[]), Refusal::Empty("affiliate_id")),
        (says(&long(257), "", &[]), too_long("affiliate_id", 257, 256)),
        (Update { cluster: long(257), ..says("a", "", &[]) }, too_long("cluster_id", 257, 256)),
        (says("a", &long(2049), &[]), too_long("affiliate_data", 2049, 2048)),
        (says("a", "", &[&long(33)]), too_long("endpoint", 33, 32)),
        (says("a", "", &many), Refusal::TooMany { what: "endpoints of an affiliate", limit: 64 }),
        (Update { ttl: Duration::ZERO, ..says("a", "", &[]) }, Refusal::Ttl),
        (Update { ttl: MAX_TTL + at(1), ..says("a", "", &[]) }, Refusal::Ttl),
    ];
    for (update, refusal) in table {
        let mut registry = Registry::default();
        assert_eq!(registry.updated(at(0), update), Err(refusal));
        assert!(registry.clusters.is_empty(), "{refusal}");
    }
    let mut registry = Registry::default();
    registry.updated(at(0), says(&long(256), &long(2048), &[&long(32)])).unwrap();
    registry.updated(at(0), says("b", "", &many[..64])).unwrap();
    assert!(registry.updated(at(0), adds("b", &["new"])).unwrap_err().is_exhausted());
    registry.updated(at(0), adds("b", &many[..64])).unwrap();
}

#[test]
fn a_full_cluster_takes_nobody_new_but_serves_the_others() {
    let mut registry = Registry::default();
    for n in 0..MAX_AFFILIATES {
        registry.updated(at(0), says(&n.to_string(), "x", &[])).unwrap();
    }
    let refusal = registry.updated(at(0), says("new", "x", &[])).unwrap_err();
    assert_eq!(refusal, Refusal::TooMany { what: "affiliates", limit: MAX_AFFILIATES });
    registry.updated(at(30), says("0", "y", &[])).unwrap();
    registry.updated(at(61), says("new", "x", &[])).unwrap();
    assert_eq!(registry.list(at(61), "c").unwrap().len(), 2);
    for n in 1..MAX_CLUSTERS {
        let update = Update { cluster: n.to_string(), ..says("a", "x", &[]) };
        registry.updated(at(61), update).unwrap();
    }
    let more = Update { cluster: "more".into(), ..says("a", "x", &[]) };
    assert_eq!(
        registry.updated(at(61), more),
        Err(Refusal::TooMany { what: "clusters", limit: MAX_CLUSTERS })
    );
}

#[test]
fn what_has_expired_is_told_even_when_the_update_is_refused() {
    let mut registry = Registry::default();
    let many: Vec<String> = (0..MAX_ENDPOINTS).map(|n| n.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    registry.updated(at(0), says("a", "one", &[])).unwrap();
    registry.updated(at(30), says("b", "two", &many)).unwrap();
    let mut changes = Vec::new();
    registry.update(at(60), adds("b", &["more"]), &mut changes).unwrap_err();
    assert_eq!(changes, [gone("c", "a")]);
}

#[derive(Debug, Clone)]
enum Call {
    Says(u8, u8, Vec<u8>, u8),
    Adds(u8, Vec<u8>, u8),
    Deletes(u8),
    Waits(u8),
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let (id, endpoints) = (0..5_u8, prop::collection::vec(0..6_u8, 0..4));
    let call = prop_oneof![
        (id.clone(), any::<u8>(), endpoints.clone(), 1..100_u8)
            .prop_map(|(i, d, e, t)| Call::Says(i, d, e, t)),
        (id.clone(), endpoints, 1..100_u8).prop_map(|(i, e, t)| Call::Adds(i, e, t)),
        id.prop_map(Call::Deletes),
        (0..40_u8).prop_map(Call::Waits),
    ];
    prop::collection::vec(call, 0..60)
}

proptest! {
    #[test]
    fn whoever_watches_knows_what_is_listed(calls in calls()) {
        let (mut registry, mut now) = (Registry::default(), at(0));
        let mut watched: BTreeMap<String, Affiliate> = BTreeMap::new();
        // Until when each node's own last word holds.
        let mut until: BTreeMap<String, Moment> = BTreeMap::new();
        for call in calls {
            let update = |id: u8, data: Option<u8>, endpoints: Vec<u8>, ttl: u8| Update {
                cluster: "c".into(),
                id: id.to_string(),
                data: data.map(|data| vec![data]),
                endpoints: endpoints.into_iter().map(|endpoint| vec![endpoint]).collect(),
                ttl: at(ttl.into()),
                by: by(1),
            };
            let changes = match call {
                Call::Says(id, data, endpoints, ttl) => {
                    until.insert(id.to_string(), now + at(ttl.into()));
                    registry.updated(now, update(id, Some(data), endpoints, ttl)).unwrap()
                }
                Call::Adds(id, endpoints, ttl) => registry.updated(now, update(id, None, endpoints, ttl)).unwrap(),
                Call::Deletes(id) => {
                    until.remove(&id.to_string());
                    registry.deleted(now, "c", &id.to_string())
                }
                Call::Waits(seconds) => {
                    now += at(seconds.into());
                    registry.expired(now)
                }
            };
            for change in changes {
                if change.deleted {
                    prop_assert!(watched.remove(&change.affiliate.id).is_some(), "gone twice");
                } else {
                    watched.insert(change.affiliate.id.clone(), change.affiliate);
                }
            }
            let listed = registry.list(now, "c").unwrap();
            prop_assert_eq!(&listed, &watched.values().cloned().collect::<Vec<_>>());
            let mut endpoints: Vec<_> = listed.iter().flat_map(|affiliate| &affiliate.endpoints).collect();
            let all = endpoints.len();
            endpoints.sort();
            endpoints.dedup();
            prop_assert_eq!(endpoints.len(), all, "an endpoint belongs to one node");
            for affiliate in &listed {
                prop_assert!(until[&affiliate.id] > now, "nobody outlives its own word");
            }
            prop_assert!(registry.next_expiry().is_none_or(|next| next > now));
        }
    }
}
