//! The ring of the latest events, and readers of it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use tokio::sync::watch;

use super::xid::XidSource;
use super::{Event, Payload, Xid};

/// Events kept (contract api.md 5.7).
const CAPACITY: usize = 1000;

/// Where a reader begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tail {
    /// With what happens next.
    None,
    /// With everything that is kept.
    All,
    /// With the last n.
    Last(usize),
    /// With what followed the event of this id.
    After(Xid),
    /// With what happened in this time.
    Since(Duration),
}

/// The log. Clones share it.
#[derive(Clone)]
pub struct EventLog {
    shared: Arc<Shared>,
}

struct Shared {
    ids: XidSource,
    ring: Mutex<Ring>,
    end: watch::Sender<u64>,
}

#[derive(Default)]
struct Ring {
    events: VecDeque<Event>,
    end: u64,
}

impl Ring {
    fn begin(&self) -> u64 {
        self.end - self.events.len() as u64
    }
}

impl Default for EventLog {
    fn default() -> Self {
        let shared = Shared { ids: XidSource::default(), ring: Mutex::default(), end: watch::Sender::new(0) };
        Self { shared: Arc::new(shared) }
    }
}

impl EventLog {
    fn lock(&self) -> MutexGuard<'_, Ring> {
        sys::sync::lock(&self.shared.ring)
    }

    /// A fresh id, for the hello that every stream begins with.
    pub fn fresh_id(&self) -> Xid {
        self.shared.ids.next(SystemTime::now())
    }

    /// Publishes `payload` as caused by `actor_id` (empty: by the machine itself).
    pub fn publish<P: Payload>(&self, actor_id: &str, payload: &P) {
        let id = self.fresh_id();
        let event = Event {
            id,
            actor_id: actor_id.to_owned(),
            message: P::NAME,
            value: payload.encode_to_vec().into(),
        };
        let mut ring = self.lock();
        if ring.events.len() == CAPACITY {
            ring.events.pop_front();
        }
        ring.events.push_back(event);
        ring.end += 1;
        let end = ring.end;
        drop(ring);
        self.shared.end.send_replace(end);
    }

    /// Starts reading. `actor_id` selects the events of one call; empty selects all.
    pub fn follow(&self, tail: Tail, actor_id: &str) -> Follow {
        let ring = self.lock();
        let cursor = match tail {
            Tail::None => ring.end,
            Tail::All => ring.begin(),
            Tail::Last(n) => ring.end - n.min(ring.events.len()) as u64,
            Tail::After(id) => ring.begin() + ring.events.partition_point(|e| e.id <= id) as u64,
            Tail::Since(age) => {
                let oldest = SystemTime::now()
                    .checked_sub(age)
                    .and_then(|t| t.duration_since(SystemTime::UNIX_EPOCH).ok())
                    .map_or(0, |d| d.as_secs() as u32);
                ring.begin() + ring.events.partition_point(|e| e.id.seconds() < oldest) as u64
            }
        };
        Follow { log: self.clone(), cursor, actor_id: actor_id.to_owned() }
    }
}

/// A reader of the log.
pub struct Follow {
    log: EventLog,
    cursor: u64,
    actor_id: String,
}

impl Follow {
    /// The next event; `None` when the reader was overtaken and must start over.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            let mut end = self.log.shared.end.subscribe();
            {
                let ring = self.log.lock();
                if self.cursor < ring.begin() {
                    return None;
                }
                while let Some(event) = ring.events.get((self.cursor - ring.begin()) as usize) {
                    self.cursor += 1;
                    if self.actor_id.is_empty() || self.actor_id == event.actor_id {
                        return Some(event.clone());
                    }
                }
            }
            let cursor = self.cursor;
            end.wait_for(|end| *end > cursor).await.ok()?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::machine::TaskEvent;

    fn publish(log: &EventLog, actor: &str, task: &str) {
        log.publish(actor, &TaskEvent { task: task.to_owned(), action: 0 });
    }

    async fn tasks(mut follow: Follow, n: usize) -> Vec<String> {
        let mut found = Vec::new();
        for _ in 0..n {
            let event = follow.next().await.unwrap();
            found.push(<TaskEvent as prost::Message>::decode(event.value).unwrap().task);
        }
        found
    }

    #[tokio::test]
    async fn a_reader_gets_the_tail_it_asked_for_and_then_what_follows() {
        let log = EventLog::default();
        for task in ["a", "b", "c"] {
            publish(&log, "", task);
        }
        let last = log.follow(Tail::Last(2), "");
        let all = log.follow(Tail::All, "");
        let none = log.follow(Tail::None, "");
        publish(&log, "", "d");
        assert_eq!(tasks(last, 3).await, ["b", "c", "d"]);
        assert_eq!(tasks(all, 4).await, ["a", "b", "c", "d"]);
        assert_eq!(tasks(none, 1).await, ["d"]);
    }

    #[tokio::test]
    async fn a_reader_of_one_actor_sees_only_its_events() {
        let log = EventLog::default();
        for (actor, task) in [("x", "1"), ("y", "2"), ("x", "3")] {
            publish(&log, actor, task);
        }
        assert_eq!(tasks(log.follow(Tail::All, "x"), 2).await, ["1", "3"]);
    }

    #[tokio::test]
    async fn an_overtaken_reader_is_closed() {
        let log = EventLog::default();
        let mut follow = log.follow(Tail::None, "");
        for _ in 0..=CAPACITY {
            publish(&log, "", "x");
        }
        assert_eq!(follow.next().await, None);
    }

    #[tokio::test]
    async fn a_reader_can_go_on_after_an_id() {
        let log = EventLog::default();
        publish(&log, "", "a");
        let first = log.follow(Tail::All, "").next().await.unwrap();
        publish(&log, "", "b");
        assert_eq!(tasks(log.follow(Tail::After(first.id), ""), 1).await, ["b"]);
    }
}
