//! Answers that may be given again: bounded, aged on a clock that is an argument.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use super::message::{self, Key};

/// How long it is remembered that a name does not exist, seconds (contract os.md 5.5).
pub const NEGATIVE_TTL: u32 = 10;

/// Longest time that an answer is kept, seconds: records of a day would outlive a change of the network.
const MAX_TTL: u32 = 3600;

/// Answers kept at most; the oldest goes first.
const MAX_ANSWERS: usize = 1024;

/// Answers larger than this are not kept, bytes; with the count above it bounds the cache at 1 MiB.
const MAX_SIZE: usize = 1024;

struct Kept {
    answer: Vec<u8>,
    since: Instant,
    until: Instant,
}

/// The cache.
#[derive(Default)]
pub struct Cache {
    answers: HashMap<Key, Kept>,
    order: VecDeque<(Key, Instant)>,
}

impl Cache {
    /// The answer to `key` as of `now`, its times shortened, with identifier 0.
    pub fn get(&self, key: &Key, now: Instant) -> Option<Vec<u8>> {
        let kept = self.answers.get(key).filter(|k| now < k.until)?;
        let age = now.saturating_duration_since(kept.since).as_secs();
        message::aged(&kept.answer, u32::try_from(age).unwrap_or(u32::MAX))
    }

    /// Keeps an answer, if it may be kept.
    pub fn put(&mut self, key: Key, answer: &[u8], now: Instant) {
        if answer.len() > MAX_SIZE {
            return;
        }
        let Some(ttl) = message::lifetime(answer, NEGATIVE_TTL).filter(|ttl| *ttl > 0) else { return };
        while self.order.len() >= MAX_ANSWERS {
            let Some((oldest, since)) = self.order.pop_front() else { break };
            // The same question may have been answered again since.
            if self.answers.get(&oldest).is_some_and(|k| k.since == since) {
                self.answers.remove(&oldest);
            }
        }
        let until = now + Duration::from_secs(u64::from(ttl.min(MAX_TTL)));
        let answer = message::with_id(answer.to_vec(), 0);
        self.order.push_back((key.clone(), now));
        self.answers.insert(key, Kept { answer, since: now, until });
    }

    /// Forgets everything: other servers may know other answers.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Answers kept.
    pub fn len(&self) -> usize {
        self.answers.len()
    }

    /// No answers are kept.
    pub fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use hickory_proto::rr::RecordType;

    use super::super::message::Query;
    use super::super::message::tests::{query, response};
    use super::*;

    fn key(name: &str) -> (Key, Vec<u8>) {
        let bytes = query(name, RecordType::A);
        (Query::parse(&bytes).unwrap().key(), bytes)
    }

    #[test]
    fn an_answer_is_given_until_its_time_is_over() {
        let (key, bytes) = key("a.example.");
        let mut cache = Cache::default();
        let start = Instant::now();
        cache.put(key.clone(), &response(&bytes, &[("10.0.0.1", 30)]), start);
        assert!(cache.get(&key, start + Duration::from_secs(29)).is_some());
        assert!(cache.get(&key, start + Duration::from_secs(30)).is_none());
    }

    #[test]
    fn that_a_name_does_not_exist_is_remembered_for_ten_seconds() {
        let (key, bytes) = key("none.example.");
        let mut cache = Cache::default();
        let start = Instant::now();
        cache.put(key.clone(), &response(&bytes, &[]), start);
        assert!(cache.get(&key, start + Duration::from_secs(9)).is_some());
        assert!(cache.get(&key, start + Duration::from_secs(10)).is_none());
    }

    #[test]
    fn the_cache_is_bounded_and_the_oldest_answer_goes_first() {
        let mut cache = Cache::default();
        let start = Instant::now();
        for i in 0..MAX_ANSWERS + 10 {
            let (key, bytes) = key(&format!("n{i}.example."));
            cache.put(key, &response(&bytes, &[("10.0.0.1", 30)]), start + Duration::from_millis(i as u64));
        }
        assert!(cache.len() <= MAX_ANSWERS);
        assert!(cache.get(&key("n0.example.").0, start).is_none());
        assert!(cache.get(&key(&format!("n{}.example.", MAX_ANSWERS + 9)).0, start).is_some());
    }

    #[test]
    fn failures_are_not_kept() {
        let (key, bytes) = key("a.example.");
        let mut cache = Cache::default();
        let failure = Query::parse(&bytes).unwrap().failure(hickory_proto::op::ResponseCode::ServFail);
        cache.put(key, &failure, Instant::now());
        assert!(cache.is_empty());
    }
}
