//! The life of a lease as a state machine without sockets or clock (RFC 2131 4.4).
//!
//! It is told what came and what time it is, and answers with what to send, what to use, and when it wants to be
//! woken. Time is a duration since any fixed moment.

use std::net::Ipv4Addr;
use std::time::Duration;

use dhcproto::v4::{Message, MessageType};

use super::lease::{Lease, MIN_RENEWAL, server};
use super::message::{self, Identity};

/// First wait for an answer; doubled each time (RFC 2131 4.1).
const FIRST_WAIT: Duration = Duration::from_secs(2);

/// Longest wait for an answer (RFC 2131 4.1).
const LAST_WAIT: Duration = Duration::from_secs(64);

/// Requests for an offer, before looking for servers again.
const REQUESTS: u32 = 3;

/// Wait after an address turned out to be somebody else's (RFC 2131 3.1.5).
const AFTER_DECLINE: Duration = Duration::from_secs(10);

/// What the client wants done.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Send to everybody on the link.
    Broadcast(Box<Message>),
    /// Send to one server.
    Unicast(Box<Message>, Ipv4Addr),
    /// Use this lease from now on.
    Use(Box<Lease>),
    /// Stop using the address.
    Stop,
}

/// Where the client is.
#[derive(Debug, Clone, PartialEq)]
enum State {
    /// Waiting before looking for servers.
    Idle,
    /// Looking for servers.
    Selecting { wait: Duration },
    /// Asked for what a server offered.
    Requesting { address: Ipv4Addr, server: Ipv4Addr, wait: Duration, tries: u32 },
    /// Using a lease.
    Bound { lease: Lease, since: Duration },
    /// Asking the lease's server for more time.
    Renewing { lease: Lease, since: Duration },
    /// Asking any server for more time.
    Rebinding { lease: Lease, since: Duration },
}

/// A client on one link.
#[derive(Debug)]
pub struct Client {
    identity: Identity,
    state: State,
    wake: Duration,
    begun: Duration,
    xid: u32,
    /// When the last request for the present lease was sent; its time counts from there (RFC 2131 4.4.5).
    asked: Duration,
}

impl Client {
    /// A client that begins at once.
    pub fn new(identity: Identity, now: Duration) -> Self {
        Self { identity, state: State::Idle, wake: now, begun: now, xid: 0, asked: now }
    }

    /// When it wants to be woken by [`Client::tick`].
    pub fn wake_at(&self) -> Duration {
        self.wake
    }

    /// The lease in use.
    pub fn lease(&self) -> Option<&Lease> {
        match &self.state {
            State::Bound { lease, .. } | State::Renewing { lease, .. } | State::Rebinding { lease, .. } => {
                Some(lease)
            }
            _ => None,
        }
    }

    fn elapsed(&self, now: Duration) -> u16 {
        u16::try_from(now.saturating_sub(self.begun).as_secs()).unwrap_or(u16::MAX)
    }

    /// Time has come; `random` is fresh each time.
    pub fn tick(&mut self, now: Duration, random: u32) -> Vec<Action> {
        if now < self.wake {
            return Vec::new();
        }
        match self.state.clone() {
            State::Idle => {
                self.begun = now;
                self.xid = random;
                self.discover(now, FIRST_WAIT, random)
            }
            State::Selecting { wait } => self.discover(now, (wait * 2).min(LAST_WAIT), random),
            State::Requesting { tries, .. } if tries >= REQUESTS => {
                self.xid = random;
                self.discover(now, FIRST_WAIT, random)
            }
            State::Requesting { address, server, wait, tries } => {
                self.request(now, address, server, (wait * 2).min(LAST_WAIT), tries + 1)
            }
            State::Bound { lease, since } => {
                self.xid = random;
                self.begun = now;
                self.renew(now, lease, since)
            }
            State::Renewing { lease, since } if now < since + lease.rebind => self.renew(now, lease, since),
            State::Renewing { lease, since } => self.rebind(now, lease, since),
            State::Rebinding { lease, since } if now < since + lease.time => self.rebind(now, lease, since),
            State::Rebinding { .. } => {
                let mut actions = vec![Action::Stop];
                self.begun = now;
                self.xid = random;
                actions.extend(self.discover(now, FIRST_WAIT, random));
                actions
            }
        }
    }

    /// A message came.
    pub fn receive(&mut self, message: &Message, now: Duration) -> Vec<Action> {
        // An address that claims to be longer than there is room for it would end the process where it is read.
        let fits = usize::from(message.hlen()) == self.identity.hardware.len();
        if message.xid() != self.xid || !fits || message.chaddr() != self.identity.hardware.as_slice() {
            return Vec::new();
        }
        match (message.opts().msg_type(), self.state.clone()) {
            (Some(MessageType::Offer), State::Selecting { .. }) => {
                if Lease::from_ack(message).is_none() {
                    return Vec::new();
                }
                self.request(now, message.yiaddr(), server(message), FIRST_WAIT, 1)
            }
            (Some(MessageType::Ack), State::Requesting { address, .. }) if message.yiaddr() == address => {
                self.bind(message, now)
            }
            (Some(MessageType::Ack), State::Renewing { lease, .. } | State::Rebinding { lease, .. })
                if message.yiaddr() == lease.address.addr() =>
            {
                self.bind(message, now)
            }
            (Some(MessageType::Nak), State::Requesting { .. }) => self.restart(now, FIRST_WAIT),
            (Some(MessageType::Nak), State::Renewing { .. } | State::Rebinding { .. }) => {
                let mut actions = vec![Action::Stop];
                actions.extend(self.restart(now, Duration::ZERO));
                actions
            }
            _ => Vec::new(),
        }
    }

    /// Somebody else on the link answers for the leased address.
    pub fn conflict(&mut self, now: Duration) -> Vec<Action> {
        let Some(lease) = self.lease() else { return Vec::new() };
        let decline = message::decline(&self.identity, self.xid, lease.address.addr(), lease.server);
        let mut actions = vec![Action::Broadcast(Box::new(decline)), Action::Stop];
        actions.extend(self.restart(now, AFTER_DECLINE));
        actions
    }

    /// The link was away, and may be in another network now: any server is asked at once whether the address is
    /// still good, while it is used on.
    pub fn reconnected(&mut self, now: Duration, random: u32) {
        self.wake = now;
        match self.state.clone() {
            State::Bound { lease, since }
            | State::Renewing { lease, since }
            | State::Rebinding { lease, since } => {
                self.xid = random;
                self.begun = now;
                self.state = State::Rebinding { lease, since };
            }
            _ => self.state = State::Idle,
        }
    }

    /// The client ends.
    pub fn release(&mut self) -> Vec<Action> {
        let Some(lease) = self.lease() else { return Vec::new() };
        let release = message::release(&self.identity, self.xid, lease.address.addr(), lease.server);
        let actions = vec![Action::Unicast(Box::new(release), lease.server), Action::Stop];
        self.state = State::Idle;
        self.wake = Duration::MAX;
        actions
    }

    fn restart(&mut self, now: Duration, after: Duration) -> Vec<Action> {
        self.state = State::Idle;
        self.wake = now + after;
        Vec::new()
    }

    fn discover(&mut self, now: Duration, wait: Duration, random: u32) -> Vec<Action> {
        self.state = State::Selecting { wait };
        self.wake = now + jittered(wait, random);
        let discover = message::discover(&self.identity, self.xid, self.elapsed(now));
        vec![Action::Broadcast(Box::new(discover))]
    }

    fn request(
        &mut self,
        now: Duration,
        address: Ipv4Addr,
        server: Ipv4Addr,
        wait: Duration,
        tries: u32,
    ) -> Vec<Action> {
        self.asked = now;
        self.state = State::Requesting { address, server, wait, tries };
        self.wake = now + wait;
        let request = message::request(&self.identity, self.xid, self.elapsed(now), address, server);
        vec![Action::Broadcast(Box::new(request))]
    }

    fn renew(&mut self, now: Duration, lease: Lease, since: Duration) -> Vec<Action> {
        let request = message::extend(&self.identity, self.xid, self.elapsed(now), lease.address.addr());
        let action = Action::Unicast(Box::new(request), lease.server);
        self.asked = now;
        self.wake = next_try(now, since + lease.rebind);
        self.state = State::Renewing { lease, since };
        vec![action]
    }

    fn rebind(&mut self, now: Duration, lease: Lease, since: Duration) -> Vec<Action> {
        let request = message::extend(&self.identity, self.xid, self.elapsed(now), lease.address.addr());
        self.asked = now;
        self.wake = next_try(now, since + lease.time);
        self.state = State::Rebinding { lease, since };
        vec![Action::Broadcast(Box::new(request))]
    }

    fn bind(&mut self, ack: &Message, now: Duration) -> Vec<Action> {
        let Some(lease) = Lease::from_ack(ack) else { return Vec::new() };
        let since = self.asked;
        self.wake = (since + lease.renew).max(now + MIN_RENEWAL);
        self.state = State::Bound { lease: lease.clone(), since };
        vec![Action::Use(Box::new(lease))]
    }
}

/// Half of what is left (RFC 2131 4.4.5), but neither hectic nor beyond the end.
fn next_try(now: Duration, end: Duration) -> Duration {
    let left = end.saturating_sub(now);
    if left <= MIN_RENEWAL { end.max(now) } else { now + (left / 2).max(MIN_RENEWAL) }
}

/// A second more or less, so that nodes that boot together do not ask together.
fn jittered(wait: Duration, random: u32) -> Duration {
    let jitter = Duration::from_millis(u64::from(random % 2000));
    (wait + jitter).saturating_sub(Duration::from_secs(1))
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
