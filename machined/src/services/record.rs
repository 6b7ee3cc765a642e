//! What is known of one service: its state, how it came to it, its health. Pure.

use std::collections::VecDeque;
use std::time::SystemTime;

use prost_types::Timestamp;
use proto::machine::{ServiceEvent, ServiceEvents, ServiceHealth, ServiceInfo, ServiceStateEvent};

/// Events kept for each service (contract api.md 9.4).
const EVENTS: usize = 64;

/// Message of the event that a service has become healthy (contract api.md 9.4).
pub const HEALTHY: &str = "Health check successful";

/// State of a service; the numbers are those of the wire (contract api.md 9.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum ServiceState {
    Initialized = 0,
    Preparing = 1,
    Waiting = 2,
    Running = 3,
    Stopping = 4,
    Finished = 5,
    Failed = 6,
    Skipped = 7,
    Starting = 8,
}

impl ServiceState {
    /// The word that users see.
    pub fn as_str(self) -> &'static str {
        match self {
            ServiceState::Initialized => "Initialized",
            ServiceState::Preparing => "Preparing",
            ServiceState::Waiting => "Waiting",
            ServiceState::Running => "Running",
            ServiceState::Stopping => "Stopping",
            ServiceState::Finished => "Finished",
            ServiceState::Failed => "Failed",
            ServiceState::Skipped => "Skipped",
            ServiceState::Starting => "Starting",
        }
    }
}

/// Health of a running service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// `None` while nothing is known.
    pub healthy: Option<bool>,
    /// What the last check said; empty for a success.
    pub message: String,
    /// When the verdict changed.
    pub changed: SystemTime,
}

/// One event in the history of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// State after it.
    pub state: ServiceState,
    /// What happened, in words.
    pub message: String,
    /// When.
    pub at: SystemTime,
}

/// Everything that is known of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    state: ServiceState,
    history: VecDeque<HistoryEntry>,
    health: Health,
    pid: Option<i32>,
}

impl Record {
    /// A service that nothing happened to yet.
    pub fn new(now: SystemTime) -> Self {
        let health = Health { healthy: None, message: String::new(), changed: now };
        Self { state: ServiceState::Initialized, history: VecDeque::new(), health, pid: None }
    }

    /// Its state.
    pub fn state(&self) -> ServiceState {
        self.state
    }

    /// Its health.
    pub fn health(&self) -> &Health {
        &self.health
    }

    /// Its main process, while it has one.
    pub fn pid(&self) -> Option<i32> {
        self.pid
    }

    /// Its history, oldest first.
    pub fn history(&self) -> impl Iterator<Item = &HistoryEntry> {
        self.history.iter()
    }

    /// Whether others may depend on it: skipped, or running and, where that is checked, healthy.
    pub fn is_up(&self, health_checked: bool) -> bool {
        match self.state {
            ServiceState::Skipped => true,
            ServiceState::Running => !health_checked || self.health.healthy == Some(true),
            _ => false,
        }
    }

    /// Enters a state. Saying again what was said last is no event; returns whether it is one.
    pub fn enter(&mut self, state: ServiceState, message: &str, pid: Option<i32>, now: SystemTime) -> bool {
        let same = self.history.back().is_some_and(|e| e.state == state && e.message == message);
        self.pid = pid;
        if self.state != ServiceState::Running || state != ServiceState::Running || !same {
            // Nothing is known of a process that was just started, or has just ended.
            self.health = Health { healthy: None, message: String::new(), changed: now };
        }
        self.state = state;
        if same {
            return false;
        }
        self.remember(message, now);
        true
    }

    /// Takes in the result of a health check of a running service: an event only when the verdict changes.
    pub fn checked(&mut self, result: Result<(), String>, now: SystemTime) -> bool {
        if self.state != ServiceState::Running {
            return false;
        }
        let healthy = result.is_ok();
        let changed = self.health.healthy != Some(healthy);
        let said = match &result {
            Ok(()) => HEALTHY.to_owned(),
            Err(reason) => format!("Health check failed: {reason}"),
        };
        self.health.message = result.err().unwrap_or_default();
        if changed {
            self.health.healthy = Some(healthy);
            self.health.changed = now;
            self.remember(&said, now);
        }
        changed
    }

    fn remember(&mut self, message: &str, now: SystemTime) {
        if self.history.len() == EVENTS {
            self.history.pop_front();
        }
        self.history.push_back(HistoryEntry { state: self.state, message: message.to_owned(), at: now });
    }

    /// The service as `ServiceList` tells it.
    pub fn info(&self, id: &str) -> ServiceInfo {
        let events = self.history.iter().map(|entry| ServiceEvent {
            msg: entry.message.clone(),
            state: entry.state.as_str().to_owned(),
            ts: Some(Timestamp::from(entry.at)),
        });
        ServiceInfo {
            id: id.to_owned(),
            state: self.state.as_str().to_owned(),
            events: Some(ServiceEvents { events: events.collect() }),
            health: Some(self.wire_health()),
        }
    }

    /// The latest event as it is published.
    pub fn latest_event(&self, id: &str) -> ServiceStateEvent {
        ServiceStateEvent {
            service: id.to_owned(),
            action: self.state as i32,
            message: self.history.back().map(|e| e.message.clone()).unwrap_or_default(),
            health: Some(self.wire_health()),
        }
    }

    fn wire_health(&self) -> ServiceHealth {
        ServiceHealth {
            unknown: self.health.healthy.is_none(),
            healthy: self.health.healthy == Some(true),
            last_message: self.health.message.clone(),
            last_change: Some(Timestamp::from(self.health.changed)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn a_life_reads_as_users_know_it() {
        let mut record = Record::new(at(0));
        record.enter(ServiceState::Starting, "Starting service", None, at(1));
        record.enter(ServiceState::Waiting, "Waiting for etcd spec", None, at(1));
        record.enter(
            ServiceState::Running,
            "Started task etcd (PID 280) for container etcd",
            Some(280),
            at(2),
        );
        assert!(record.checked(Err("dial failed".into()), at(3)));
        assert!(!record.checked(Err("dial failed again".into()), at(4)));
        assert!(record.checked(Ok(()), at(5)));
        let info = record.info("etcd");
        let events = info.events.unwrap().events;
        let said: Vec<_> = events.iter().map(|e| format!("[{}]: {}", e.state, e.msg)).collect();
        let expected = [
            "[Starting]: Starting service",
            "[Waiting]: Waiting for etcd spec",
            "[Running]: Started task etcd (PID 280) for container etcd",
            "[Running]: Health check failed: dial failed",
            "[Running]: Health check successful",
        ];
        assert_eq!(said, expected);
        let health = info.health.unwrap();
        assert!(health.healthy && !health.unknown && health.last_message.is_empty());
        assert_eq!(health.last_change.unwrap().seconds, 5);
        assert_eq!(record.latest_event("etcd").action, 3);
    }

    #[test]
    fn health_is_unknown_again_after_a_restart() {
        let mut record = Record::new(at(0));
        record.enter(ServiceState::Running, "started", Some(1), at(1));
        record.checked(Ok(()), at(2));
        assert!(record.is_up(true));
        record.enter(ServiceState::Waiting, "restarting", None, at(3));
        assert!(!record.checked(Ok(()), at(3)));
        record.enter(ServiceState::Running, "started", Some(2), at(4));
        assert_eq!(record.health().healthy, None);
        assert!(!record.is_up(true) && record.is_up(false));
        assert_eq!(record.pid(), Some(2));
    }

    #[test]
    fn a_skipped_service_does_not_hold_others_up() {
        let mut record = Record::new(at(0));
        assert!(!record.is_up(false));
        record.enter(ServiceState::Skipped, "Service skipped", None, at(0));
        assert!(record.is_up(true));
    }

    #[test]
    fn the_history_is_bounded_and_does_not_repeat_itself() {
        let mut record = Record::new(at(0));
        for i in 0..100 {
            record.enter(ServiceState::Failed, &format!("attempt {i}"), None, at(i));
            assert!(!record.enter(ServiceState::Failed, &format!("attempt {i}"), None, at(i)));
        }
        assert_eq!(record.history().count(), 64);
        assert_eq!(record.history().next().unwrap().message, "attempt 36");
    }
}
