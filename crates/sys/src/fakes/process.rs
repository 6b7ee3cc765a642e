//! Children that exist only on paper.

use std::sync::{Arc, Mutex};

use nix::sys::signal::Signal;
use tokio::sync::watch;

use super::lock;
use crate::process::{Child, Command, Control, Exit, SpawnPort};
use crate::{Error, Result};

/// Starts nothing, remembers everything.
#[derive(Debug, Clone, Default)]
pub struct Reaper {
    started: Arc<Mutex<Vec<FakeChild>>>,
    failing: Arc<Mutex<Vec<String>>>,
}

/// The other side of a child that was "started": the test plays the process.
#[derive(Debug, Clone)]
pub struct FakeChild {
    /// What was to be run.
    pub command: Command,
    /// Its invented process id; the first is 1001.
    pub pid: i32,
    signals: Arc<Mutex<Vec<Signal>>>,
    exit: watch::Sender<Option<Exit>>,
}

impl FakeChild {
    /// Ends the process.
    pub fn exit(&self, exit: Exit) {
        self.exit.send_replace(Some(exit));
    }

    /// Signals it was sent so far.
    pub fn signals(&self) -> Vec<Signal> {
        lock(&self.signals).clone()
    }
}

#[derive(Debug)]
struct Recorder {
    signals: Arc<Mutex<Vec<Signal>>>,
    exit: watch::Sender<Option<Exit>>,
}

impl Control for Recorder {
    fn signal(&self, signal: Signal) -> Result<()> {
        lock(&self.signals).push(signal);
        // Nothing survives SIGKILL, not even on paper.
        if signal == Signal::SIGKILL && self.exit.borrow().is_none() {
            self.exit.send_replace(Some(Exit::Signal(Signal::SIGKILL as i32)));
        }
        Ok(())
    }
}

impl Reaper {
    /// All children so far, in the order they were started.
    pub fn children(&self) -> Vec<FakeChild> {
        lock(&self.started).clone()
    }

    /// The child that was started last.
    pub fn last(&self) -> Option<FakeChild> {
        lock(&self.started).last().cloned()
    }

    /// From now on `program` cannot be started.
    pub fn fail(&self, program: &str) {
        lock(&self.failing).push(program.to_owned());
    }
}

impl SpawnPort for Reaper {
    fn spawn(&self, command: &Command) -> Result<Child> {
        let program = command.program.display().to_string();
        if lock(&self.failing).contains(&program) {
            return Err(Error::new(format!("start {program}"), nix::errno::Errno::ENOENT));
        }
        let (exit, receiver) = watch::channel(None);
        let signals = Arc::new(Mutex::new(Vec::new()));
        let mut started = lock(&self.started);
        let pid = 1001 + i32::try_from(started.len()).unwrap_or(0);
        let control = Arc::new(Recorder { signals: Arc::clone(&signals), exit: exit.clone() });
        started.push(FakeChild { command: command.clone(), pid, signals, exit });
        Ok(Child::new(pid, control, receiver))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_fake_child_ends_when_the_test_says_so_and_at_once_when_killed() {
        let reaper = Reaper::default();
        let mut first = reaper.spawn(&Command::new("/usr/bin/apid").arg("--x")).unwrap();
        let mut second = reaper.spawn(&Command::new("/usr/bin/trustd")).unwrap();
        reaper.children()[0].exit(Exit::Code(3));
        assert_eq!(first.wait().await, Exit::Code(3));
        second.signal(Signal::SIGKILL).unwrap();
        assert_eq!(second.wait().await, Exit::Signal(9));
        assert_eq!(reaper.last().unwrap().signals(), [Signal::SIGKILL]);
    }
}
