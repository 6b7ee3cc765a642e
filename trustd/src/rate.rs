//! How often somebody may ask: a bucket of tokens for each address. Pure, on a clock that is passed in.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use rpc::places::network;

/// How many calls, how fast.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// Calls that may come at once.
    pub burst: f64,
    /// Calls a second in the long run.
    pub per_second: f64,
}

/// The discovery service's (contract os.md 5.8).
pub const DISCOVERY: Rate = Rate { burst: 60.0, per_second: 15.0 };

/// Certificates: a node needs one in twelve hours, and asks again a few times when something fails.
pub const CERTIFICATES: Rate = Rate { burst: 10.0, per_second: 1.0 };

/// Addresses remembered at a time.
const REMEMBERED: usize = 4096;

/// Buckets of all addresses that asked lately.
#[derive(Debug)]
pub struct Limiter {
    rate: Rate,
    buckets: HashMap<IpAddr, Bucket>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: f64,
    at: Duration,
}

impl Limiter {
    /// With full buckets for everybody.
    #[must_use]
    pub fn new(rate: Rate) -> Limiter {
        Limiter { rate, buckets: HashMap::new() }
    }

    /// Whether one more call is allowed from this address. While more addresses ask than can be
    /// remembered, new ones are refused.
    pub fn allow(&mut self, now: Duration, from: IpAddr) -> bool {
        let from = network(from);
        if self.buckets.len() >= REMEMBERED && !self.buckets.contains_key(&from) {
            let rate = self.rate;
            self.buckets.retain(|_, bucket| bucket.refilled(rate, now) < rate.burst);
            if self.buckets.len() >= REMEMBERED {
                return false;
            }
        }
        let rate = self.rate;
        let bucket = self.buckets.entry(from).or_insert(Bucket { left: rate.burst, at: now });
        bucket.left = bucket.refilled(rate, now);
        bucket.at = now;
        let allowed = bucket.left >= 1.0;
        if allowed {
            bucket.left -= 1.0;
        }
        allowed
    }
}

impl Bucket {
    fn refilled(&self, rate: Rate, now: Duration) -> f64 {
        let more = now.saturating_sub(self.at).as_secs_f64() * rate.per_second;
        (self.left + more).min(rate.burst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { burst: 3.0, per_second: 2.0 };

    fn at(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn allowed(limiter: &mut Limiter, now: Duration, from: &str) -> usize {
        (0..100).filter(|_| limiter.allow(now, from.parse().unwrap())).count()
    }

    #[test]
    fn a_burst_is_followed_by_the_long_run_rate() {
        let mut limiter = Limiter::new(RATE);
        assert_eq!(allowed(&mut limiter, at(0), "10.0.0.1"), 3);
        assert_eq!(allowed(&mut limiter, at(499), "10.0.0.1"), 0);
        assert_eq!(allowed(&mut limiter, at(500), "10.0.0.1"), 1);
        assert_eq!(allowed(&mut limiter, at(60_000), "10.0.0.1"), 3);
    }

    #[test]
    fn addresses_do_not_share_a_bucket_but_a_network_does() {
        let mut limiter = Limiter::new(RATE);
        assert_eq!(allowed(&mut limiter, at(0), "10.0.0.1"), 3);
        assert_eq!(allowed(&mut limiter, at(0), "10.0.0.2"), 3);
        assert_eq!(allowed(&mut limiter, at(0), "::ffff:10.0.0.1"), 0);
        assert_eq!(allowed(&mut limiter, at(0), "fd00:0:0:1::1"), 3);
        assert_eq!(allowed(&mut limiter, at(0), "fd00:0:0:1:ffff::9"), 0);
        assert_eq!(allowed(&mut limiter, at(0), "fd00:0:0:2::1"), 3);
    }

    #[test]
    fn a_clock_that_stands_still_or_goes_back_gives_nothing() {
        let mut limiter = Limiter::new(RATE);
        assert_eq!(allowed(&mut limiter, at(1000), "10.0.0.1"), 3);
        assert_eq!(allowed(&mut limiter, at(0), "10.0.0.1"), 0);
    }

    #[test]
    fn memory_is_bounded_and_freed_by_those_who_rest() {
        let mut limiter = Limiter::new(RATE);
        for n in 0..u32::try_from(REMEMBERED).unwrap() {
            assert!(limiter.allow(at(0), IpAddr::V4(n.into())));
        }
        assert!(!limiter.allow(at(0), "10.0.0.1".parse().unwrap()));
        assert!(limiter.allow(at(2000), "10.0.0.1".parse().unwrap()));
        assert_eq!(limiter.buckets.len(), 1);
    }
}
