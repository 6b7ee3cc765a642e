//! Walks the plans, one sequence at a time, and tells of every step in events.

use std::sync::Arc;
use std::time::Duration;

use proto::common;
use proto::machine::{PhaseEvent, SequenceEvent, TaskEvent, phase_event, sequence_event, task_event};
use tokio::sync::{Mutex, watch};
use tokio::task::JoinSet;

use super::plan::{self, Facts, Phase, Task};
use super::{Request, Sequence, takeover};
use crate::events::EventLog;

/// How long a newcomer waits for the running sequence (contract api.md 9.3).
const LOCK_WAIT: Duration = Duration::from_secs(60);

/// The effects: what each task does.
#[async_trait::async_trait]
pub trait Tasks: Send + Sync + 'static {
    /// What plans depend on.
    async fn facts(&self) -> Facts;

    /// Does one task. Cancelled by being dropped when another sequence takes over.
    async fn run(&self, task: Task, request: &Request) -> anyhow::Result<()>;

    /// Told when a sequence starts and when it ends well.
    async fn stage(&self, _sequence: Sequence, _started: bool) {}
}

/// Why a sequence did not end well.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Another sequence holds the machine.
    #[error("the {0} sequence is running: try again when it has ended")]
    Locked(&'static str),
    /// Another sequence took over.
    #[error("the {0} sequence was interrupted by another one")]
    Canceled(&'static str),
    /// A task failed.
    #[error("{sequence} failed in phase {phase}, task {task}: {error:#}")]
    Failed { sequence: &'static str, phase: &'static str, task: &'static str, error: anyhow::Error },
}

struct Running {
    sequence: Sequence,
    cancel: watch::Sender<bool>,
    ended: watch::Receiver<bool>,
}

/// Runs sequences. Clones share the lock.
pub struct Sequencer<T> {
    tasks: Arc<T>,
    events: EventLog,
    running: Arc<Mutex<Option<Running>>>,
}

impl<T> Clone for Sequencer<T> {
    fn clone(&self) -> Self {
        Self { tasks: self.tasks.clone(), events: self.events.clone(), running: self.running.clone() }
    }
}

impl<T: Tasks> Sequencer<T> {
    /// A sequencer over `tasks` that tells `events`.
    pub fn new(tasks: Arc<T>, events: EventLog) -> Self {
        Self { tasks, events, running: Arc::default() }
    }

    /// Runs a sequence to its end. `forced` (signals) interrupts whatever runs.
    pub async fn run(&self, sequence: Sequence, request: &Request, forced: bool) -> Result<(), RunError> {
        let (mut canceled, ended) = match self.acquire(sequence, forced).await {
            Ok(lease) => lease,
            Err(holder) => {
                let error = RunError::Locked(holder.name());
                self.tell_error(sequence, request, common::Code::Locked, &error);
                return Err(error);
            }
        };
        self.tell(sequence, request, sequence_event::Action::Start, None);
        self.tasks.stage(sequence, true).await;
        let result = tokio::select! {
            result = self.walk(sequence, request) => result,
            _ = canceled.wait_for(|c| *c) => Err(RunError::Canceled(sequence.name())),
        };
        self.tell(sequence, request, sequence_event::Action::Stop, None);
        match &result {
            Ok(()) => self.tasks.stage(sequence, false).await,
            Err(error @ RunError::Canceled(_)) => {
                self.tell_error(sequence, request, common::Code::Canceled, error)
            }
            Err(error) => self.tell_error(sequence, request, common::Code::Fatal, error),
        }
        *self.running.lock().await = None;
        ended.send_replace(true);
        result
    }

    async fn acquire(
        &self,
        sequence: Sequence,
        forced: bool,
    ) -> Result<(watch::Receiver<bool>, watch::Sender<bool>), Sequence> {
        let deadline = sys::clock::after(LOCK_WAIT);
        loop {
            let mut slot = self.running.lock().await;
            let Some(running) = &*slot else {
                let (cancel, canceled) = watch::channel(false);
                let (end, ended) = watch::channel(false);
                *slot = Some(Running { sequence, cancel, ended });
                return Ok((canceled, end));
            };
            let holder = running.sequence;
            if takeover::allowed(holder, sequence, forced) {
                tracing::info!("{} takes over from {}", sequence.name(), holder.name());
                running.cancel.send_replace(true);
            }
            let mut ended = running.ended.clone();
            drop(slot);
            match tokio::time::timeout_at(deadline, ended.wait_for(|e| *e)).await {
                Ok(_) => {}
                Err(_) => return Err(holder),
            }
        }
    }

    async fn walk(&self, sequence: Sequence, request: &Request) -> Result<(), RunError> {
        let phases = plan::phases(sequence, request, self.tasks.facts().await);
        let count = phases.len();
        for (i, phase) in phases.iter().enumerate() {
            tracing::info!("phase {} ({}/{count}): {} task(s)", phase.name, i + 1, phase.tasks.len());
            self.tell_phase(request, phase.name, phase_event::Action::Start);
            self.phase(sequence, phase, request).await?;
            self.tell_phase(request, phase.name, phase_event::Action::Stop);
        }
        Ok(())
    }

    async fn phase(&self, sequence: Sequence, phase: &Phase, request: &Request) -> Result<(), RunError> {
        let mut set = JoinSet::new();
        let count = phase.tasks.len();
        for (i, task) in phase.tasks.iter().copied().enumerate() {
            let (this, request) = (self.clone(), request.clone());
            set.spawn(async move {
                this.tell_task(&request, task, task_event::Action::Start);
                tracing::info!("task {} ({}/{count}): starting", task.name(), i + 1);
                let started = tokio::time::Instant::now();
                let result = this.tasks.run(task, &request).await;
                let took = started.elapsed().as_millis();
                match &result {
                    Ok(()) => tracing::info!("task {} ({}/{count}): done, {took} ms", task.name(), i + 1),
                    Err(error) => {
                        tracing::error!("task {} ({}/{count}): failed: {error:#}", task.name(), i + 1)
                    }
                }
                this.tell_task(&request, task, task_event::Action::Stop);
                (task, result)
            });
        }
        let mut outcome = Ok(());
        while let Some(joined) = set.join_next().await {
            let (task, result) = match joined {
                Ok(done) => done,
                Err(panic) => {
                    let error = anyhow::anyhow!("the task ended abnormally: {panic}");
                    return Err(RunError::Failed {
                        sequence: sequence.name(),
                        phase: phase.name,
                        task: "?",
                        error,
                    });
                }
            };
            if let Err(error) = result
                && !task.best_effort()
            {
                let (sequence, phase) = (sequence.name(), phase.name);
                outcome = Err(RunError::Failed { sequence, phase, task: task.name(), error });
            }
        }
        outcome
    }

    fn tell(&self, s: Sequence, r: &Request, action: sequence_event::Action, error: Option<common::Error>) {
        let event = SequenceEvent { sequence: s.name().to_owned(), action: action as i32, error };
        self.events.publish(&r.actor_id, &event);
    }

    fn tell_error(&self, sequence: Sequence, request: &Request, code: common::Code, error: &RunError) {
        let error = common::Error { code: code as i32, message: error.to_string(), details: vec![] };
        self.tell(sequence, request, sequence_event::Action::Noop, Some(error));
    }

    fn tell_phase(&self, request: &Request, phase: &str, action: phase_event::Action) {
        self.events
            .publish(&request.actor_id, &PhaseEvent { phase: phase.to_owned(), action: action as i32 });
    }

    fn tell_task(&self, request: &Request, task: Task, action: task_event::Action) {
        self.events
            .publish(&request.actor_id, &TaskEvent { task: task.name().to_owned(), action: action as i32 });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sequencer::ResetMode;

    /// A machine with two volumes of the system; it notes what is done to it.
    #[derive(Default)]
    struct FakeTasks {
        done: Mutex<Vec<Task>>,
        emptied: Mutex<Vec<&'static str>>,
    }

    #[async_trait::async_trait]
    impl Tasks for FakeTasks {
        async fn facts(&self) -> Facts {
            Facts { control_plane: true }
        }

        async fn run(&self, task: Task, request: &Request) -> anyhow::Result<()> {
            self.done.lock().await.push(task);
            if matches!(task, Task::ResetSystemDisk | Task::ResetSystemDiskSpec) {
                let wiped = ["EPHEMERAL", "STATE"].into_iter().filter(|label| request.wipes(label));
                self.emptied.lock().await.extend(wiped);
            }
            Ok(())
        }
    }

    async fn emptied(mode: ResetMode, partitions: &[&str], user_disks: &[&str]) -> Vec<&'static str> {
        let owned = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect();
        let (partitions, user_disks) = (owned(partitions), owned(user_disks));
        let request = Request { mode, partitions, user_disks, reboot: true, ..Request::default() };
        let tasks = Arc::new(FakeTasks::default());
        let sequencer = Sequencer::new(tasks.clone(), EventLog::default());
        sequencer.run(Sequence::Reset, &request, false).await.unwrap();
        let done = tasks.done.lock().await.clone();
        assert_eq!(done.last(), Some(&Task::Reboot));
        assert_eq!(done.contains(&Task::ResetUserDisks), request.wipes_user_disks());
        std::mem::take(&mut *tasks.emptied.lock().await)
    }

    #[tokio::test]
    async fn a_reset_of_user_disks_leaves_state_and_ephemeral_alone() {
        assert!(emptied(ResetMode::UserDisks, &[], &["/dev/vdb"]).await.is_empty());
        assert!(emptied(ResetMode::UserDisks, &[], &[]).await.is_empty());
    }

    #[tokio::test]
    async fn any_other_reset_empties_what_is_listed_or_all() {
        assert_eq!(emptied(ResetMode::All, &[], &[]).await, ["EPHEMERAL", "STATE"]);
        assert_eq!(emptied(ResetMode::All, &["STATE"], &["/dev/vdb"]).await, ["STATE"]);
        assert_eq!(emptied(ResetMode::SystemDisk, &["EPHEMERAL"], &[]).await, ["EPHEMERAL"]);
    }
}
