//! Who may hold one of a bounded number of places, and who has to give one up for another. Pure, on a clock that
//! is passed in; [`crate::gate`] puts it into effect.
//!
//! A place is a connection or a call. Nobody holds so many that the others find none: each caller has a bound of its
//! own, strangers leave room for those who are known, and those leave room for administrators. When there is no room
//! the caller's own oldest idle place goes, or the oldest idle one of those who do not stand higher, the lowest first.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

/// What is known of a caller, from the least on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// An address, nothing else.
    Stranger,
    /// A certificate or a token that counts.
    Known,
    /// Somebody who can mend the node: there is always room for one more.
    Administrator,
}

/// How many places there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// In all.
    pub all: usize,
    /// Kept free for administrators.
    pub for_administrators: usize,
    /// Kept free of strangers besides.
    pub for_known: usize,
    /// Of one stranger.
    pub stranger: usize,
    /// Of one caller who is known.
    pub known: usize,
}

/// Tells a place from all others, those of the past included.
pub type Id = u64;

/// Time since any fixed moment.
pub type Moment = Duration;

/// There is no room, and nobody has to go for this caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no room for more; try again later")]
pub struct Full;

/// A place that was given, and the one that was taken away for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Given {
    /// The new place.
    pub id: Id,
    /// Whoever holds this has lost it.
    pub lost: Option<Id>,
}

#[derive(Debug)]
struct Held<K> {
    who: K,
    standing: Standing,
    /// What goes on here; while there is anything the place is not idle.
    under_way: usize,
    /// Since when it is as it is.
    since: Moment,
}

/// All places, by caller.
#[derive(Debug)]
pub struct Places<K> {
    bounds: Bounds,
    next: Id,
    held: BTreeMap<Id, Held<K>>,
    callers: HashMap<K, usize>,
    standings: [usize; 3],
}

impl<K: Hash + Eq + Clone> Places<K> {
    /// Nobody is there.
    #[must_use]
    pub fn new(bounds: Bounds) -> Places<K> {
        Places { bounds, next: 0, held: BTreeMap::new(), callers: HashMap::new(), standings: [0; 3] }
    }

    /// How many are held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.held.len()
    }

    /// Nobody is there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// How many a caller holds.
    #[must_use]
    pub fn of(&self, who: &K) -> usize {
        self.callers.get(who).copied().unwrap_or_default()
    }

    /// Gives a place; `under_way` says how much goes on there from the beginning.
    ///
    /// # Errors
    /// When there is no room.
    pub fn enter(
        &mut self,
        now: Moment,
        who: K,
        standing: Standing,
        under_way: usize,
    ) -> Result<Given, Full> {
        let lost = self.make_room(&who, standing)?;
        let id = self.next;
        self.next = self.next.wrapping_add(1);
        self.insert(id, Held { who, standing, under_way, since: now });
        Ok(Given { id, lost })
    }

    /// Its holder has shown who it is, or who it is besides.
    ///
    /// # Errors
    /// When there is no room for that caller; then the place is lost.
    pub fn promote(&mut self, now: Moment, id: Id, who: K, standing: Standing) -> Result<Option<Id>, Full> {
        let Some(before) = self.take(id) else { return Err(Full) };
        let lost = self.make_room(&who, standing)?;
        self.insert(id, Held { who, standing, since: now, ..before });
        Ok(lost)
    }

    /// Something begins there.
    pub fn begin(&mut self, id: Id) {
        if let Some(held) = self.held.get_mut(&id) {
            held.under_way = held.under_way.saturating_add(1);
        }
    }

    /// Something has ended there.
    pub fn end(&mut self, now: Moment, id: Id) {
        if let Some(held) = self.held.get_mut(&id) {
            held.under_way = held.under_way.saturating_sub(1);
            held.since = now;
        }
    }

    /// Something has happened there, for places of which nobody knows when anything is under way.
    pub fn touch(&mut self, now: Moment, id: Id) {
        if let Some(held) = self.held.get_mut(&id) {
            held.since = now;
        }
    }

    /// How long nothing has happened there.
    #[must_use]
    pub fn quiet(&self, now: Moment, id: Id) -> Duration {
        self.held.get(&id).map_or(Duration::MAX, |held| now.saturating_sub(held.since))
    }

    /// The place is free again.
    pub fn leave(&mut self, id: Id) {
        self.take(id);
    }

    fn insert(&mut self, id: Id, held: Held<K>) {
        *self.callers.entry(held.who.clone()).or_default() += 1;
        if let Some(count) = self.standings.get_mut(held.standing as usize) {
            *count += 1;
        }
        self.held.insert(id, held);
    }

    fn take(&mut self, id: Id) -> Option<Held<K>> {
        let held = self.held.remove(&id)?;
        if let Some(count) = self.callers.get_mut(&held.who) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.callers.remove(&held.who);
            }
        }
        if let Some(count) = self.standings.get_mut(held.standing as usize) {
            *count = count.saturating_sub(1);
        }
        Some(held)
    }

    /// Sees to it that one more fits.
    fn make_room(&mut self, who: &K, standing: Standing) -> Result<Option<Id>, Full> {
        let own = if standing == Standing::Stranger { self.bounds.stranger } else { self.bounds.known };
        let lost = if self.of(who) >= own {
            self.oldest_idle(|held| held.who == *who)
        } else if !self.fits(standing) {
            self.oldest_idle(|held| held.standing <= standing)
        } else {
            return Ok(None);
        };
        let lost = lost.ok_or(Full)?;
        let before = self.take(lost);
        if self.fits(standing) {
            return Ok(Some(lost));
        }
        // One that goes does not help where many are to stay free.
        if let Some(before) = before {
            self.insert(lost, before);
        }
        Err(Full)
    }

    fn fits(&self, standing: Standing) -> bool {
        let Bounds { all, for_administrators, for_known, .. } = self.bounds;
        let [strangers, ..] = self.standings;
        let below = all.saturating_sub(for_administrators);
        match standing {
            Standing::Administrator => self.len() < all,
            Standing::Known => self.len() < below,
            Standing::Stranger => self.len() < below && strangers < below.saturating_sub(for_known),
        }
    }

    fn oldest_idle(&self, candidate: impl Fn(&Held<K>) -> bool) -> Option<Id> {
        let idle = self.held.iter().filter(|(_, held)| held.under_way == 0 && candidate(held));
        idle.min_by_key(|(id, held)| (held.standing, held.since, **id)).map(|(id, _)| *id)
    }
}

/// Whom an address stands for: whoever has an IPv6 address has its whole /64.
#[must_use]
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Standing::{Administrator, Known, Stranger};

    const BOUNDS: Bounds = Bounds { all: 10, for_administrators: 2, for_known: 3, stranger: 3, known: 4 };

    fn at(seconds: u64) -> Moment {
        Duration::from_secs(seconds)
    }

    /// Enters as many as fit without anybody having to go.
    fn fill(
        places: &mut Places<u32>,
        who: impl Iterator<Item = u32>,
        standing: Standing,
        busy: usize,
    ) -> usize {
        let mut count = 0;
        for who in who {
            match places.enter(at(0), who, standing, busy) {
                Ok(Given { lost: None, .. }) => count += 1,
                Ok(_) | Err(_) => break,
            }
        }
        count
    }

    #[test]
    fn strangers_leave_room_for_the_known_and_those_for_administrators() {
        let mut places = Places::new(BOUNDS);
        assert_eq!(fill(&mut places, 0..100, Stranger, 1), 5);
        assert_eq!(places.enter(at(0), 100, Stranger, 0), Err(Full));
        assert_eq!(fill(&mut places, 200..300, Known, 1), 3);
        assert_eq!(places.enter(at(0), 300, Known, 0), Err(Full));
        assert_eq!(fill(&mut places, 400..500, Administrator, 1), 2);
        assert_eq!(places.enter(at(0), 500, Administrator, 0), Err(Full));
        assert_eq!(places.len(), 10);
    }

    #[test]
    fn whoever_holds_too_many_loses_his_own_oldest_idle_one() {
        let mut places = Places::new(BOUNDS);
        let first = places.enter(at(0), 1, Stranger, 0).unwrap().id;
        let second = places.enter(at(1), 1, Stranger, 0).unwrap().id;
        places.enter(at(2), 1, Stranger, 0).unwrap();
        places.touch(at(3), first);
        let given = places.enter(at(4), 1, Stranger, 0).unwrap();
        assert_eq!(given.lost, Some(second));
        assert_eq!((places.of(&1), places.len()), (3, 3));
        // Others do not pay for him.
        assert_eq!(places.enter(at(4), 2, Stranger, 0).unwrap().lost, None);
    }

    #[test]
    fn what_is_under_way_is_not_taken_away() {
        let mut places = Places::new(BOUNDS);
        let ids: Vec<Id> = (0..4).map(|_| places.enter(at(0), 1, Known, 1).unwrap().id).collect();
        assert_eq!(places.enter(at(1), 1, Known, 0), Err(Full));
        places.end(at(2), ids[2]);
        assert_eq!(places.enter(at(3), 1, Known, 0).unwrap().lost, Some(ids[2]));
    }

    #[test]
    fn the_lowest_goes_first_and_nobody_for_one_below_him() {
        let mut places = Places::new(BOUNDS);
        let stranger = places.enter(at(5), 1, Stranger, 0).unwrap().id;
        for n in 0..7 {
            places.enter(at(n), 10 + u32::try_from(n).unwrap(), Known, 0).unwrap();
        }
        assert_eq!(places.enter(at(9), 30, Known, 0).unwrap().lost, Some(stranger));
        // A stranger who comes now finds eight places of known ones taken.
        assert_eq!(places.enter(at(9), 2, Stranger, 0), Err(Full));
        assert_eq!(places.len(), 8, "a refusal takes nothing away");
    }

    #[test]
    fn who_shows_a_certificate_counts_as_its_owner_from_then_on() {
        let mut places = Places::new(BOUNDS);
        let ids: Vec<Id> = (0..3).map(|_| places.enter(at(0), 1, Stranger, 0).unwrap().id).collect();
        for id in &ids {
            assert_eq!(places.promote(at(1), *id, 9, Known), Ok(None));
        }
        assert_eq!((places.of(&1), places.of(&9)), (0, 3));
        let more = places.enter(at(2), 1, Stranger, 0).unwrap().id;
        places.promote(at(2), more, 9, Known).unwrap();
        let more = places.enter(at(2), 1, Stranger, 0).unwrap().id;
        assert_eq!(places.promote(at(3), more, 9, Known), Ok(Some(ids[0])));
        places.leave(more);
        assert_eq!(places.len(), 3);
    }

    #[test]
    fn one_place_of_a_network_counts_for_all_its_addresses() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("fd00:0:0:1::1"), of("fd00:0:0:1:ffff::9"));
        assert_ne!(of("fd00:0:0:1::1"), of("fd00:0:0:2::1"));
        assert_eq!(of("::ffff:10.0.0.1"), of("10.0.0.1"));
        assert_ne!(of("10.0.0.1"), of("10.0.0.2"));
    }
}
