//! What is told while a cluster is made: plain lines with the time that has passed.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Mutex;
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
}

impl Progress {
    /// Time begins now.
    pub fn start() -> Self {
        Self { start: Instant::now(), nodes: Mutex::default() }
    }

    /// One line.
    pub fn say(&self, text: &str) {
        note(&format!("[{:6.1}s] {text}", self.start.elapsed().as_secs_f32()));
    }

    /// Something about a node.
    pub fn node(&self, name: &str, text: &str) {
        let mut nodes = self.nodes.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
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
        let since = RefCell::new(Instant::now());
        move |progress| {
            let told = match &progress {
                health::Progress::Waiting(_) => {
                    since.replace(Instant::now());
                    false
                }
                health::Progress::NotYet(..) => since.borrow().elapsed() >= STUCK,
                health::Progress::Done(_, verdict) => *verdict == health::Verdict::Passed,
            };
            if told {
                self.say(&progress.line());
            }
        }
    }
}
