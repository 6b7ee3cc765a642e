//! What is told while a cluster is made: plain lines with the time that has passed.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use provision::local::{Event, NodePhase};

use crate::health;
use crate::output::note;

/// How long a check may say the same before it is told why it does not pass.
const STUCK: Duration = Duration::from_secs(4);

/// Tells what happens.
pub struct Progress {
    start: Instant,
    /// What was said last about each node, so that nothing is said twice.
    nodes: Mutex<BTreeMap<String, String>>,
    /// Why the check that runs does not pass, and since when it runs: told if it goes on for long.
    held: Mutex<Option<(Instant, String)>>,
}

impl Progress {
    /// Time begins now.
    pub fn start() -> Self {
        Self { start: Instant::now(), nodes: Mutex::default(), held: Mutex::default() }
    }

    /// One line.
    pub fn say(&self, text: &str) {
        note(&format!("[{:6.1}s] {text}", self.start.elapsed().as_secs_f32()));
    }

    /// Something about a node.
    pub fn node(&self, name: &str, text: &str) {
        let mut nodes = sys::sync::lock(&self.nodes);
        if nodes.get(name).is_none_or(|last| last != text) {
            nodes.insert(name.to_owned(), text.to_owned());
            self.say(&format!("{name}: {text}"));
        }
    }

    /// Something that the host of the nodes did.
    pub fn host(&self, event: &Event) {
        match event {
            Event::Cluster(text) => self.say(text),
            Event::Node { name, phase: NodePhase::Booting } => self.node(name, "started"),
            Event::Node { name, phase: NodePhase::Configured } => self.node(name, "has its configuration"),
        }
    }

    /// Checks of health: what passed, and what holds up for some time.
    pub fn health(&self) -> impl FnMut(health::Progress) {
        let since = Cell::new(Instant::now());
        move |progress| {
            let held = match &progress {
                health::Progress::NotYet(..) => Some((since.get(), progress.line())),
                health::Progress::Waiting(_) => {
                    since.set(Instant::now());
                    None
                }
                health::Progress::Done(_, health::Verdict::Passed) => {
                    self.say(&progress.line());
                    None
                }
                health::Progress::Done(..) => None,
            };
            *self.held() = held;
            self.tell_held();
        }
    }

    /// Tells why a check does not pass when it has not for some time. It is told once; another reason is again.
    fn tell_held(&self) {
        let due = self.held().take_if(|(since, _)| since.elapsed() >= STUCK);
        if let Some((_, line)) = due {
            self.say(&line);
        }
    }

    /// Looks after what is held back, beside the checks, until it is dropped.
    pub async fn look_after(&self) -> Infallible {
        loop {
            tokio::time::sleep(Duration::from_millis(500)).await;
            self.tell_held();
        }
    }

    fn held(&self) -> MutexGuard<'_, Option<(Instant, String)>> {
        sys::sync::lock(&self.held)
    }
}
