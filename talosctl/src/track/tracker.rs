//! What events say about an action. Pure.

use proto::machine::machine_status_event::MachineStage;
use proto::machine::sequence_event;
use proto::machine::{Event, SequenceEvent, phase_event, task_event};

use crate::events::{Payload, decode};

/// The task after which a node that goes down can do nothing more (contract api.md 8.5).
const LAST_TASK: &str = "stopAllServices";

/// When an action is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// The node has booted anew and is ready.
    Running,
    /// The node goes down for good.
    Down,
    /// The node goes down and comes back, running or in maintenance mode.
    Back,
}

/// The node gave the action up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("sequence {sequence} failed: {reason}")]
pub struct Failed {
    /// Which.
    pub sequence: String,
    /// Why, in the node's words.
    pub reason: String,
}

/// What an event changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Nothing.
    Nothing,
    /// The action goes on; what to tell.
    Told(String),
    /// Nothing more will be told: the node goes down.
    Down,
    /// It is done.
    Done,
    /// The node gave up.
    Failed(Failed),
}

/// Follows one action on one node.
#[derive(Debug, Clone)]
pub struct Tracker {
    actor: String,
    goal: Goal,
    begun: bool,
    down: bool,
    rebooted: bool,
}

impl Tracker {
    /// A tracker of the action that `actor` identifies.
    pub fn new(actor: &str, goal: Goal) -> Self {
        Self { actor: actor.to_owned(), goal, begun: false, down: false, rebooted: false }
    }

    /// Whether the node has begun with it.
    pub fn has_begun(&self) -> bool {
        self.begun
    }

    /// Whether the node said that it goes down.
    pub fn is_down(&self) -> bool {
        self.down
    }

    /// Whether the node has booted since.
    pub fn has_rebooted(&self) -> bool {
        self.rebooted
    }

    /// The node has booted anew.
    pub fn rebooted(&mut self) {
        self.rebooted = true;
    }

    /// Takes an event.
    pub fn event(&mut self, event: &Event) -> Step {
        let Some(payload) = event.data.as_ref().and_then(decode) else { return Step::Nothing };
        match payload {
            Payload::Status(status) if self.rebooted => {
                let (stage, message) = Payload::Status(status.clone()).describe();
                let ready = status.status.is_some_and(|s| s.ready);
                let running = status.stage == MachineStage::Running as i32;
                if self.goal == Goal::Running && running && ready {
                    return Step::Done;
                }
                Step::Told(format!("stage: {stage} {message}"))
            }
            _ if event.actor_id != self.actor => Step::Nothing,
            Payload::Sequence(sequence) => self.sequence(sequence),
            Payload::Phase(phase) if phase.action() == phase_event::Action::Start => {
                self.begun = true;
                Step::Told(format!("phase: {} action: START", phase.phase))
            }
            Payload::Task(task) if task.action() == task_event::Action::Start => {
                self.begun = true;
                if task.task == LAST_TASK {
                    self.down = true;
                    if self.goal != Goal::Running {
                        return Step::Down;
                    }
                }
                Step::Told(format!("task: {} action: START", task.task))
            }
            Payload::Restart(_) => {
                self.down = true;
                let (_, message) = payload.describe();
                Step::Told(message)
            }
            _ => Step::Nothing,
        }
    }

    fn sequence(&mut self, event: SequenceEvent) -> Step {
        if let Some(error) = event.error.as_ref().filter(|error| !error.message.is_empty()) {
            return Step::Failed(Failed { sequence: event.sequence, reason: error.message.clone() });
        }
        if event.action() != sequence_event::Action::Start {
            return Step::Nothing;
        }
        self.begun = true;
        Step::Told(format!("sequence: {} action: START", event.sequence))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::tests::any;
    use proto::machine::machine_status_event::MachineStatus;
    use proto::machine::{MachineStatusEvent, PhaseEvent, TaskEvent};

    fn event(actor: &str, data: prost_types::Any) -> Event {
        Event { data: Some(data), actor_id: actor.into(), ..Event::default() }
    }

    fn task(actor: &str, task: &str) -> Event {
        event(actor, any("TaskEvent", &TaskEvent { task: task.into(), action: 0 }))
    }

    fn status(stage: MachineStage, ready: bool) -> Event {
        let status = Some(MachineStatus { ready, unmet_conditions: vec![] });
        event("", any("MachineStatusEvent", &MachineStatusEvent { stage: stage as i32, status }))
    }

    #[test]
    fn events_of_other_actors_are_not_ours() {
        let mut tracker = Tracker::new("me", Goal::Down);
        assert_eq!(tracker.event(&task("other", LAST_TASK)), Step::Nothing);
        assert_eq!(tracker.event(&task("", LAST_TASK)), Step::Nothing);
        assert!(!tracker.has_begun());
        assert_eq!(tracker.event(&task("me", LAST_TASK)), Step::Down);
    }

    #[test]
    fn a_reboot_is_done_when_the_node_is_ready_after_its_next_boot() {
        let mut tracker = Tracker::new("me", Goal::Running);
        assert_eq!(tracker.event(&status(MachineStage::Running, true)), Step::Nothing);
        assert!(matches!(tracker.event(&task("me", LAST_TASK)), Step::Told(_)));
        tracker.rebooted();
        assert_eq!(
            tracker.event(&status(MachineStage::Booting, false)),
            Step::Told("stage: BOOTING ready: false, unmet conditions: []".into())
        );
        assert!(matches!(tracker.event(&status(MachineStage::Running, false)), Step::Told(_)));
        assert_eq!(tracker.event(&status(MachineStage::Running, true)), Step::Done);
    }

    #[test]
    fn a_sequence_that_fails_or_does_not_get_the_machine_ends_it() {
        let mut tracker = Tracker::new("me", Goal::Running);
        let error = proto::common::Error { message: "disk is gone".into(), ..Default::default() };
        let failed = SequenceEvent { sequence: "reset".into(), action: 0, error: Some(error) };
        let Step::Failed(failed) = tracker.event(&event("me", any("SequenceEvent", &failed))) else {
            panic!("not failed")
        };
        assert_eq!(failed.to_string(), "sequence reset failed: disk is gone");
    }

    #[test]
    fn phases_are_told_when_they_begin() {
        let mut tracker = Tracker::new("me", Goal::Running);
        let phase = |action| event("me", any("PhaseEvent", &PhaseEvent { phase: "drain".into(), action }));
        assert_eq!(tracker.event(&phase(0)), Step::Told("phase: drain action: START".into()));
        assert_eq!(tracker.event(&phase(1)), Step::Nothing);
        assert!(tracker.has_begun());
    }
}
