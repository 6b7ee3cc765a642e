//! What nodes have said about themselves, for how long, and what changed: a pure state machine over a
//! clock that is passed in.
//!
//! Nothing here can be read: data and endpoints are encrypted by the nodes. Endpoints are encrypted in
//! such a way that the same endpoint always has the same bytes.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::net::IpAddr;
use std::time::Duration;

/// Longest id of a cluster or an affiliate, in bytes (contract os.md 5.8).
pub const MAX_ID: usize = 256;
/// Longest data of an affiliate, in bytes (contract os.md 5.8).
pub const MAX_DATA: usize = 2048;
/// Longest endpoint, in bytes (contract os.md 5.8).
pub const MAX_ENDPOINT: usize = 32;
/// Most endpoints of an affiliate (contract os.md 5.8).
pub const MAX_ENDPOINTS: usize = 64;
/// Most affiliates of a cluster (contract os.md 5.8).
pub const MAX_AFFILIATES: usize = 1024;
/// Most clusters. The token belongs to one; more than that one is somebody's mistake.
pub const MAX_CLUSTERS: usize = 4;
/// Longest key of a writer, in bytes.
pub const MAX_KEY: usize = 64;
/// Longest time to live, that which nodes ask for (contract os.md 5.8).
pub const MAX_TTL: Duration = Duration::from_secs(30 * 60);

/// Time since any fixed moment.
pub type Moment = Duration;

/// Why a request is not served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// An id is empty.
    #[error("{0} is empty")]
    Empty(&'static str),
    /// Something is longer than allowed.
    #[error("{what} is too long: {size} bytes, more than {limit}")]
    TooLong {
        /// What.
        what: &'static str,
        /// Its size.
        size: usize,
        /// What is allowed.
        limit: usize,
    },
    /// Nothing lives for no time, or longer than [`MAX_TTL`].
    #[error("ttl must be more than 0 s and at most {} s", MAX_TTL.as_secs())]
    Ttl,
    /// Another node said it first, and its word still holds.
    #[error("this id belongs to another node until its record expires")]
    Kept,
    /// There are as many of something as there may be.
    #[error("too many {what}: there may be {limit}")]
    TooMany {
        /// What.
        what: &'static str,
        /// What is allowed.
        limit: usize,
    },
}

impl Refusal {
    /// Whether it is the amount that is refused, not the request itself.
    #[must_use]
    pub const fn is_exhausted(&self) -> bool {
        matches!(self, Refusal::TooMany { .. })
    }
}

/// A node as others see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Affiliate {
    /// The node's id.
    pub id: String,
    /// What it says about itself.
    pub data: Vec<u8>,
    /// Where it was found to be reachable, sorted.
    pub endpoints: Vec<Vec<u8>>,
}

/// What those who watch a cluster are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The cluster.
    pub cluster: String,
    /// The affiliate, as it is now.
    pub affiliate: Affiliate,
    /// Whether it is gone; then only the id counts.
    pub deleted: bool,
}

/// What a node, or another one that has met it, says.
#[derive(Debug, Clone, Default)]
pub struct Update {
    /// The cluster.
    pub cluster: String,
    /// The node that it is about.
    pub id: String,
    /// What it says about itself; nothing when somebody else only adds endpoints.
    pub data: Option<Vec<u8>>,
    /// Endpoints to add.
    pub endpoints: Vec<Vec<u8>>,
    /// For how long this is true.
    pub ttl: Duration,
    /// Who says so.
    pub by: Writer,
}

/// Who writes about a node. Whoever did so first is known again by either.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Writer {
    /// Where it is, so that a node that has just started is known.
    pub network: Option<IpAddr>,
    /// What nobody else knows, so that a node that comes another way is known.
    pub key: Option<Vec<u8>>,
}

impl Writer {
    fn is(&self, other: &Writer) -> bool {
        (self.network.is_some() && self.network == other.network)
            || (self.key.is_some() && self.key == other.key)
    }
}

#[derive(Debug, Default)]
struct Record {
    /// What the node said, and until when it holds. Without it nobody is shown the record.
    data: Option<(Vec<u8>, Moment)>,
    /// Who said it.
    writer: Writer,
    endpoints: BTreeMap<Vec<u8>, Moment>,
}

type Records = BTreeMap<String, Record>;

/// All clusters. Every call that changes something first forgets what has expired by then, and says so:
/// what changed is added to `changes`, whether or not the call itself is served.
#[derive(Debug, Default)]
pub struct Registry {
    clusters: BTreeMap<String, Records>,
}

impl Registry {
    /// Takes note of an update.
    ///
    /// Whoever says something about a node first is the only one whose word counts until it expires.
    ///
    /// Endpoints are only ever added: one that another affiliate holds stays with it, and none is taken
    /// away before its time. An affiliate lives as long as its own data says; endpoints that others add
    /// do not keep it alive.
    ///
    /// # Errors
    /// When the update is over a limit, or another's to make; then it has changed nothing.
    pub fn update(&mut self, now: Moment, update: Update, changes: &mut Vec<Change>) -> Result<(), Refusal> {
        check(&update)?;
        self.expire(now, changes);
        let until = now.saturating_add(update.ttl);
        let Update { cluster, id, data, endpoints, by, .. } = update;
        if data.is_some() && self.is_kept(&cluster, &id, &by) {
            return Err(Refusal::Kept);
        }
        self.make_room(&cluster, &id)?;
        let records = self.clusters.entry(cluster.clone()).or_default();

        let held = |endpoint: &Vec<u8>| {
            records.iter().any(|(other, record)| *other != id && record.endpoints.contains_key(endpoint))
        };
        let endpoints: Vec<_> = endpoints.into_iter().filter(|endpoint| !held(endpoint)).collect();
        let known = records.get(&id).map(|record| &record.endpoints);
        let added =
            endpoints.iter().filter(|endpoint| !known.is_some_and(|known| known.contains_key(*endpoint)));
        let count = known.map_or(0, BTreeMap::len) + added.count();
        if count > MAX_ENDPOINTS {
            self.sweep(&cluster);
            return Err(Refusal::TooMany { what: "endpoints of an affiliate", limit: MAX_ENDPOINTS });
        }

        let record = records.entry(id.clone()).or_default();
        let before = record.view(&id);
        if let Some(data) = data {
            record.data = Some((data, until));
            record.writer = by;
        }
        for endpoint in endpoints {
            let expiry = record.endpoints.entry(endpoint).or_default();
            *expiry = until.max(*expiry);
        }
        let after = record.view(&id);
        if let Some(affiliate) = after.filter(|after| before.as_ref() != Some(after)) {
            changes.push(Change { cluster: cluster.clone(), affiliate, deleted: false });
        }
        self.sweep(&cluster);
        Ok(())
    }

    /// Forgets an affiliate; one that is not there is no error.
    ///
    /// # Errors
    /// When an id is empty or too long, or the affiliate is another's.
    pub fn delete(
        &mut self,
        now: Moment,
        cluster: &str,
        id: &str,
        by: &Writer,
        changes: &mut Vec<Change>,
    ) -> Result<(), Refusal> {
        check_id("cluster_id", cluster)?;
        check_id("affiliate_id", id)?;
        self.expire(now, changes);
        if self.is_kept(cluster, id, by) {
            return Err(Refusal::Kept);
        }
        let removed = self.clusters.get_mut(cluster).and_then(|records| records.remove(id));
        if removed.and_then(|record| record.view(id)).is_some() {
            changes.push(gone(cluster, id));
        }
        self.sweep(cluster);
        Ok(())
    }

    /// The affiliates of a cluster that have said something about themselves, by id.
    ///
    /// # Errors
    /// When the id is empty or too long.
    pub fn list(&self, now: Moment, cluster: &str) -> Result<Vec<Affiliate>, Refusal> {
        check_id("cluster_id", cluster)?;
        let records = self.clusters.get(cluster).into_iter().flatten();
        Ok(records.filter_map(|(id, record)| record.at(now)?.view(id)).collect())
    }

    /// Forgets what has expired.
    pub fn expire(&mut self, now: Moment, changes: &mut Vec<Change>) {
        for (cluster, records) in &mut self.clusters {
            records.retain(|id, record| {
                let before = record.view(id);
                let alive = record.expire(now);
                match (before, alive.then(|| record.view(id)).flatten()) {
                    (Some(_), None) => changes.push(gone(cluster, id)),
                    (before, Some(after)) if before.as_ref() != Some(&after) => {
                        changes.push(Change { cluster: cluster.clone(), affiliate: after, deleted: false });
                    }
                    _ => {}
                }
                alive
            });
        }
        self.clusters.retain(|_, records| !records.is_empty());
    }

    /// When [`Registry::expire`] has something to do next.
    #[must_use]
    pub fn next_expiry(&self) -> Option<Moment> {
        let records = self.clusters.values().flat_map(BTreeMap::values);
        let expiries = records.flat_map(|record| {
            record.endpoints.values().copied().chain(record.data.as_ref().map(|(_, until)| *until))
        });
        expiries.min()
    }

    /// Whether somebody else's word about a node holds.
    fn is_kept(&self, cluster: &str, id: &str, by: &Writer) -> bool {
        let record = self.clusters.get(cluster).and_then(|records| records.get(id));
        record.is_some_and(|record| record.data.is_some() && !record.writer.is(by))
    }

    /// Whether one more affiliate, and maybe one more cluster, may be made.
    fn make_room(&self, cluster: &str, id: &str) -> Result<(), Refusal> {
        match self.clusters.get(cluster) {
            None if self.clusters.len() >= MAX_CLUSTERS => {
                Err(Refusal::TooMany { what: "clusters", limit: MAX_CLUSTERS })
            }
            Some(records) if !records.contains_key(id) && records.len() >= MAX_AFFILIATES => {
                Err(Refusal::TooMany { what: "affiliates", limit: MAX_AFFILIATES })
            }
            _ => Ok(()),
        }
    }

    /// Leaves nothing empty behind.
    fn sweep(&mut self, cluster: &str) {
        if let Entry::Occupied(mut entry) = self.clusters.entry(cluster.to_owned()) {
            entry.get_mut().retain(|_, record| !record.is_empty());
            if entry.get().is_empty() {
                entry.remove();
            }
        }
    }
}

impl Record {
    fn view(&self, id: &str) -> Option<Affiliate> {
        let (data, _) = self.data.as_ref()?;
        let endpoints = self.endpoints.keys().cloned().collect();
        Some(Affiliate { id: id.to_owned(), data: data.clone(), endpoints })
    }

    /// The record without what has expired, for those who only look.
    fn at(&self, now: Moment) -> Option<Record> {
        let endpoints = self.endpoints.clone();
        let mut record = Record { data: self.data.clone(), writer: self.writer.clone(), endpoints };
        record.expire(now).then_some(record)
    }

    /// Drops what has expired; false when nothing is left. With a node's own word its endpoints go too.
    fn expire(&mut self, now: Moment) -> bool {
        if self.data.as_ref().is_some_and(|(_, until)| *until <= now) {
            return false;
        }
        self.endpoints.retain(|_, until| *until > now);
        !self.is_empty()
    }

    fn is_empty(&self) -> bool {
        self.data.is_none() && self.endpoints.is_empty()
    }
}

fn gone(cluster: &str, id: &str) -> Change {
    let affiliate = Affiliate { id: id.to_owned(), data: Vec::new(), endpoints: Vec::new() };
    Change { cluster: cluster.to_owned(), affiliate, deleted: true }
}

/// Checks an id of that name.
///
/// # Errors
/// When it is empty or too long.
pub fn check_id(what: &'static str, id: &str) -> Result<(), Refusal> {
    if id.is_empty() {
        return Err(Refusal::Empty(what));
    }
    check_length(what, id.len(), MAX_ID)
}

fn check_length(what: &'static str, size: usize, limit: usize) -> Result<(), Refusal> {
    if size > limit { Err(Refusal::TooLong { what, size, limit }) } else { Ok(()) }
}

fn check(update: &Update) -> Result<(), Refusal> {
    check_id("cluster_id", &update.cluster)?;
    check_id("affiliate_id", &update.id)?;
    check_length("affiliate_data", update.data.as_ref().map_or(0, Vec::len), MAX_DATA)?;
    for endpoint in &update.endpoints {
        check_length("endpoint", endpoint.len(), MAX_ENDPOINT)?;
    }
    if update.endpoints.len() > MAX_ENDPOINTS {
        return Err(Refusal::TooMany { what: "endpoints of an affiliate", limit: MAX_ENDPOINTS });
    }
    if update.ttl.is_zero() || update.ttl > MAX_TTL {
        return Err(Refusal::Ttl);
    }
    Ok(())
}

#[cfg(test)]
#[path = "registry_tests.rs"]
mod tests;
