//! The life of one supervised child, without a clock or a process: events in, actions out.
//!
//! ```text
//! Stopped → Starting → Waiting ⇄ Running ⇄ Unhealthy → Killed ─┐
//!              ↑                    (any) ── exit ─────────────┤
//!              └────────────── Restarting ←────────────────────┘
//! (any) ── stop → Stopping → Stopped
//! ```

use std::time::Duration;

use sys::process::Exit;

use crate::backoff::{Backoff, BackoffSettings};

/// Deadlines of one child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Time between an answer and the next health question.
    pub health_period: Duration,
    /// Silence after which the child is shown as unhealthy.
    pub unhealthy_after: Duration,
    /// Silence after which the child is killed.
    pub kill_after: Duration,
    /// Time a child has to end when asked to.
    pub grace: Duration,
    /// Waiting times between starts.
    pub backoff: BackoffSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            health_period: Duration::from_secs(4),
            unhealthy_after: Duration::from_secs(1),
            kill_after: Duration::from_secs(5),
            // Contract os.md 7: apid and trustd have 15 s.
            grace: Duration::from_secs(15),
            backoff: BackoffSettings::default(),
        }
    }
}

/// Where a child is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Not wanted and not there.
    Stopped,
    /// About to be started.
    Starting,
    /// Started; it has not said that it is ready.
    Waiting,
    /// Ready, and answering.
    Running,
    /// It does not answer, or says itself that it is not well.
    Unhealthy,
    /// It was killed; its end has not been seen yet.
    Killed,
    /// It ended; it will be started again.
    Restarting,
    /// It was asked to end.
    Stopping,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// It is wanted.
    Start,
    /// It is not wanted any more.
    Stop,
    /// It was started.
    Spawned,
    /// It could not be started.
    SpawnFailed,
    /// It says whether it is ready.
    Ready(bool),
    /// It answered the health question, and how.
    Health(bool),
    /// It ended.
    Exited(Exit),
    /// Nothing but time.
    Tick,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Start the process; answered by [`Event::Spawned`] or [`Event::SpawnFailed`].
    Spawn,
    /// Ask for its health; answered by [`Event::Health`], or not at all.
    AskHealth,
    /// Ask it to end within this time.
    Drain(Duration),
    /// SIGKILL it.
    Kill,
}

/// The state machine. Times are any monotonic clock's, as a distance from a fixed point.
#[derive(Debug, Clone)]
pub struct Machine {
    settings: Settings,
    backoff: Backoff,
    phase: Phase,
    wanted: bool,
    ready: bool,
    well: bool,
    started: Duration,
    asked: Option<Duration>,
    ask_at: Duration,
    restart_at: Duration,
    kill_at: Duration,
}

impl Machine {
    /// A child that is not wanted yet.
    pub fn new(settings: Settings) -> Self {
        Self {
            backoff: Backoff::new(settings.backoff),
            settings,
            phase: Phase::Stopped,
            wanted: false,
            ready: false,
            well: true,
            started: Duration::ZERO,
            asked: None,
            ask_at: Duration::ZERO,
            restart_at: Duration::ZERO,
            kill_at: Duration::ZERO,
        }
    }

    /// Where the child is.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Crashes in a row.
    pub fn failures(&self) -> u32 {
        self.backoff.failures()
    }

    /// When [`Event::Tick`] is due next, if nothing else happens.
    pub fn deadline(&self) -> Option<Duration> {
        match self.phase {
            Phase::Stopped | Phase::Starting | Phase::Killed => None,
            Phase::Restarting => Some(self.restart_at),
            Phase::Stopping => Some(self.kill_at),
            Phase::Waiting | Phase::Running | Phase::Unhealthy => Some(match self.asked {
                None => self.ask_at,
                Some(asked) if self.phase == Phase::Unhealthy => asked + self.settings.kill_after,
                Some(asked) => asked + self.settings.unhealthy_after,
            }),
        }
    }

    /// Takes in what happened at `now` and tells what to do, in this order.
    pub fn step(&mut self, now: Duration, event: Event) -> Vec<Action> {
        let mut actions = Vec::new();
        match event {
            Event::Start => self.start(&mut actions),
            Event::Stop => self.stop(now, &mut actions),
            Event::Spawned => self.spawned(now, &mut actions),
            Event::SpawnFailed => self.ended(now, now),
            Event::Exited(_) => self.ended(now, self.started),
            Event::Ready(ready) => {
                self.ready = ready;
                self.settle();
            }
            Event::Health(well) if self.asked.take().is_some() => {
                self.well = well;
                self.ask_at = now + self.settings.health_period;
                self.settle();
            }
            Event::Health(_) | Event::Tick => {}
        }
        self.pass_time(now, &mut actions);
        actions
    }

    fn start(&mut self, actions: &mut Vec<Action>) {
        self.wanted = true;
        if self.phase == Phase::Stopped {
            self.phase = Phase::Starting;
            actions.push(Action::Spawn);
        }
    }

    fn stop(&mut self, now: Duration, actions: &mut Vec<Action>) {
        self.wanted = false;
        match self.phase {
            Phase::Restarting => self.phase = Phase::Stopped,
            Phase::Waiting | Phase::Running | Phase::Unhealthy => self.begin_stopping(now, actions),
            // Starting: as soon as it is there. The others are over or on their way.
            Phase::Starting | Phase::Stopped | Phase::Killed | Phase::Stopping => {}
        }
    }

    fn begin_stopping(&mut self, now: Duration, actions: &mut Vec<Action>) {
        self.phase = Phase::Stopping;
        self.kill_at = now + self.settings.grace;
        actions.push(Action::Drain(self.settings.grace));
    }

    fn spawned(&mut self, now: Duration, actions: &mut Vec<Action>) {
        if self.phase != Phase::Starting {
            return;
        }
        self.phase = Phase::Waiting;
        (self.ready, self.well, self.asked) = (false, true, None);
        (self.started, self.ask_at) = (now, now);
        if !self.wanted {
            self.begin_stopping(now, actions);
        }
    }

    fn ended(&mut self, now: Duration, started: Duration) {
        self.asked = None;
        self.ready = false;
        if self.wanted {
            self.phase = Phase::Restarting;
            self.restart_at = now + self.backoff.after_run(now.saturating_sub(started));
        } else {
            self.phase = Phase::Stopped;
        }
    }

    /// The phase of a live child that answers.
    fn settle(&mut self) {
        if matches!(self.phase, Phase::Waiting | Phase::Running | Phase::Unhealthy) {
            let silent = self.phase == Phase::Unhealthy && self.asked.is_some();
            self.phase = match (silent || !self.well, self.ready) {
                (true, _) => Phase::Unhealthy,
                (false, true) => Phase::Running,
                (false, false) => Phase::Waiting,
            };
        }
    }

    fn pass_time(&mut self, now: Duration, actions: &mut Vec<Action>) {
        match self.phase {
            Phase::Restarting if now >= self.restart_at => {
                self.phase = Phase::Starting;
                actions.push(Action::Spawn);
            }
            Phase::Stopping if now >= self.kill_at => self.kill(actions),
            Phase::Waiting | Phase::Running | Phase::Unhealthy => match self.asked {
                Some(asked) if now >= asked + self.settings.kill_after => self.kill(actions),
                Some(asked) if now >= asked + self.settings.unhealthy_after => self.phase = Phase::Unhealthy,
                None if now >= self.ask_at => {
                    self.asked = Some(now);
                    actions.push(Action::AskHealth);
                }
                _ => {}
            },
            _ => {}
        }
    }

    fn kill(&mut self, actions: &mut Vec<Action>) {
        self.phase = Phase::Killed;
        actions.push(Action::Kill);
    }
}

#[cfg(test)]
#[path = "machine_tests.rs"]
mod tests;
