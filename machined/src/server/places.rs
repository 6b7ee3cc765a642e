//! Places of calls: so many for each class of callers, and of calls that last the oldest goes for a new one.
//!
//! apid has a connection for each of its clients, so nobody's calls take up the streams of another's: what is shared
//! are these places. All of them together fit into one connection.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::oneshot;

use super::kind::Class;

/// Places of one class of callers.
#[derive(Debug, Clone, Copy)]
struct Size {
    /// Calls that end by themselves.
    calls: usize,
    /// Calls that last.
    lasting: usize,
    /// Calls that last and were ended for newer ones, but whose callers do not take notice.
    ended: usize,
    /// Large requests.
    large: usize,
}

/// Fewer than [`rpc::limits::STREAMS`] in all.
const READERS: Size = Size { calls: 96, lasting: 160, ended: 24, large: 2 };
const OPERATORS: Size = Size { calls: 64, lasting: 96, ended: 16, large: 2 };

/// The places of the node. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Places(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    readers: Room,
    operators: Room,
}

impl Default for Inner {
    fn default() -> Self {
        Self { readers: Room::new(READERS), operators: Room::new(OPERATORS) }
    }
}

/// What is taken by one class.
#[derive(Debug)]
struct Room {
    size: Size,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    calls: usize,
    lasting: usize,
    large: usize,
    /// Lasting calls by age, with what ends them.
    oldest: VecDeque<(u64, oneshot::Sender<()>)>,
    next: u64,
}

impl Room {
    fn new(size: Size) -> Self {
        Self { size, taken: Mutex::default() }
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        sys::sync::lock(&self.taken)
    }
}

/// The place of one call, for as long as it is kept.
#[derive(Debug)]
pub(super) struct Place {
    inner: Arc<Inner>,
    class: Class,
    large: bool,
    /// Number of a lasting call.
    lasting: Option<u64>,
}

/// Ready when a lasting call is to end for a newer one.
pub(super) type Ended = Option<oneshot::Receiver<()>>;

impl Places {
    /// A place for a call; `None` when all are taken.
    pub(super) fn take(&self, class: Class, lasts: bool, large: bool) -> Option<(Place, Ended)> {
        let room = self.0.room(class);
        let (mut taken, size) = (room.taken(), &room.size);
        if large && taken.large >= size.large {
            return None;
        }
        let (mut lasting, mut ended) = (None, None);
        if lasts {
            if taken.lasting >= size.lasting + size.ended {
                return None;
            }
            if taken.lasting >= size.lasting
                && let Some((_, end)) = taken.oldest.pop_front()
            {
                // It may be ending by itself.
                let _ = end.send(());
            }
            let (end, ending) = oneshot::channel();
            let number = taken.next;
            taken.next = number.wrapping_add(1);
            taken.oldest.push_back((number, end));
            taken.lasting += 1;
            (lasting, ended) = (Some(number), Some(ending));
        } else {
            if taken.calls >= size.calls {
                return None;
            }
            taken.calls += 1;
        }
        taken.large += usize::from(large);
        let place = Place { inner: self.0.clone(), class, large, lasting };
        Some((place, ended))
    }
}

impl Inner {
    fn room(&self, class: Class) -> &Room {
        match class {
            Class::Reader => &self.readers,
            Class::Operator => &self.operators,
        }
    }
}

impl Place {
    /// What it brought has been taken in: another one may bring much. The answer may last.
    pub(super) fn has_brought_all(&mut self) {
        if std::mem::take(&mut self.large) {
            let mut taken = self.inner.room(self.class).taken();
            taken.large = taken.large.saturating_sub(1);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let room = self.inner.room(self.class);
        let mut taken = room.taken();
        match self.lasting {
            Some(number) => {
                taken.lasting = taken.lasting.saturating_sub(1);
                taken.oldest.retain(|(other, _)| *other != number);
            }
            None => taken.calls = taken.calls.saturating_sub(1),
        }
        taken.large = taken.large.saturating_sub(usize::from(self.large));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_places_together_are_fewer_than_the_streams_of_a_connection() {
        let all =
            [READERS, OPERATORS].map(|size| size.calls + size.lasting + size.ended).iter().sum::<usize>();
        assert!(all < rpc::limits::STREAMS as usize, "{all}");
    }

    #[test]
    fn idle_readers_lock_out_neither_operators_nor_each_other() {
        let places = Places::default();
        let mut idle: VecDeque<_> = VecDeque::new();
        let mut ended = 0;
        for _ in 0..600 {
            let (place, end) = places.take(Class::Reader, true, false).unwrap();
            idle.push_back((place, end.unwrap()));
            // Whoever is told to end does.
            while idle.front_mut().is_some_and(|(_, end)| end.try_recv().is_ok()) {
                drop(idle.pop_front());
                ended += 1;
            }
        }
        assert_eq!((idle.len(), ended), (READERS.lasting, 600 - READERS.lasting));
        assert!(places.take(Class::Reader, false, false).is_some());
        assert!(places.take(Class::Operator, true, false).is_some());
        eprintln!("600 idle calls held: {ended} ended, {} kept", idle.len());
    }

    #[test]
    fn who_does_not_take_notice_of_the_end_is_counted_all_the_same() {
        let places = Places::default();
        let kept: Vec<_> = (0..600).map_while(|_| places.take(Class::Reader, true, false)).collect();
        assert_eq!(kept.len(), READERS.lasting + READERS.ended);
        assert!(places.take(Class::Operator, true, false).is_some());
        drop(kept);
        assert!(places.take(Class::Reader, true, false).is_some());
    }

    #[test]
    fn large_requests_are_bounded_for_each_class_and_given_back() {
        let places = Places::default();
        let large: Vec<_> = (0..9).map_while(|_| places.take(Class::Reader, false, true)).collect();
        assert_eq!(large.len(), READERS.large);
        assert!(places.take(Class::Operator, false, true).is_some());
        drop(large);
        let (mut answering, _) = places.take(Class::Reader, false, true).unwrap();
        answering.has_brought_all();
        let bringing: Vec<_> = (0..9).map_while(|_| places.take(Class::Reader, false, true)).collect();
        assert_eq!(
            bringing.len(),
            READERS.large,
            "an answer that lasts keeps nobody from bringing something"
        );
        drop((answering, bringing));
        assert_eq!(places.0.readers.taken().large, 0);
    }
}
