//! Carries out what [`crate::machine`] decides, with real processes, sockets and timers.

use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use sys::process::{Child, Command, Exit, Signal, SpawnPort};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::client::{Connection, Error};
use crate::machine::{Action, Event, Machine, Phase, Settings};
use crate::server::Readiness;

/// One start of a child: what to run, and our end of its supervision socketpair. The other end is
/// among the descriptors that the command inherits.
pub struct Launch {
    /// What to run.
    pub command: Command,
    /// Our end of the socketpair.
    pub supervision: UnixStream,
}

/// Prepares each start of one child; descriptors are new every time.
pub trait Launcher: Send + 'static {
    /// Prepares a start. An error counts as a failed start and is tried again with backoff.
    fn launch(&mut self) -> Result<Launch, String>;
    /// The process was started: take its output pipes, note its PID.
    fn started(&mut self, _child: &mut Child) {}
    /// The process has ended.
    fn ended(&mut self, _exit: Exit) {}
}

/// What is known of a supervised child.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Where it is in its life.
    pub phase: Phase,
    /// Its process id while it has one.
    pub pid: Option<i32>,
    /// Why it is not running, in words; empty if it is.
    pub message: String,
    /// How often it was started again.
    pub restarts: u32,
    /// How its last run ended.
    pub last_exit: Option<Exit>,
}

enum Order {
    Start,
    Stop,
    Reload,
    LogLevel(String),
}

/// Controls one supervised child. When all handles are dropped the child is stopped.
#[derive(Clone)]
pub struct Handle {
    orders: mpsc::UnboundedSender<Order>,
    status: watch::Receiver<Status>,
}

impl Handle {
    /// Wants the child to run (it does from the beginning).
    pub fn start(&self) {
        _ = self.orders.send(Order::Start);
    }

    /// Does not want the child to run any more: it is drained, and killed after its grace.
    pub fn stop(&self) {
        _ = self.orders.send(Order::Stop);
    }

    /// Has the child read its settings again, if it runs.
    pub fn reload(&self) {
        _ = self.orders.send(Order::Reload);
    }

    /// Sets what the child logs, now and after each restart.
    pub fn set_log_level(&self, level: &str) {
        _ = self.orders.send(Order::LogLevel(level.to_owned()));
    }

    /// What is known now, and its changes.
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }

    /// Stops the child and waits until it has ended.
    pub async fn stop_and_wait(&self) {
        self.stop();
        _ = self.status.clone().wait_for(|status| status.phase == Phase::Stopped).await;
    }
}

/// Starts to supervise a child under `name` (for the log); it is started at once.
pub fn supervise(
    name: &str,
    settings: Settings,
    port: Arc<dyn SpawnPort>,
    launcher: impl Launcher,
) -> Handle {
    #[expect(clippy::disallowed_methods, reason = "orders are few, and who gives one must not wait")]
    let (orders, receiver) = mpsc::unbounded_channel();
    let first = Status {
        phase: Phase::Starting,
        pid: None,
        message: "starting".into(),
        restarts: 0,
        last_exit: None,
    };
    let (status, watched) = watch::channel(first);
    let runner = Runner {
        name: name.to_owned(),
        machine: Machine::new(settings),
        settings,
        epoch: Instant::now(),
        port,
        launcher: Box::new(launcher),
        status,
        current: None,
        log_level: None,
    };
    tokio::spawn(runner.run(receiver));
    Handle { orders, status: watched }
}

/// A started child with its connection.
struct Current {
    child: Child,
    connection: Connection,
    readiness: watch::Receiver<Readiness>,
    answers: mpsc::Receiver<Answer>,
    answer_to: mpsc::Sender<Answer>,
}

/// What came of a health question.
enum Answer {
    Well,
    Unwell(String),
    /// No answer; the reason is only for the reader of the status.
    Silence(String),
}

struct Runner {
    name: String,
    machine: Machine,
    settings: Settings,
    epoch: Instant,
    port: Arc<dyn SpawnPort>,
    launcher: Box<dyn Launcher>,
    status: watch::Sender<Status>,
    current: Option<Current>,
    log_level: Option<String>,
}

enum Happening {
    Order(Option<Order>),
    Event(Event),
    Answer(Answer),
}

impl Runner {
    async fn run(mut self, mut orders: mpsc::UnboundedReceiver<Order>) {
        self.feed(Event::Start);
        let mut dismissed = false;
        while !(dismissed && self.machine.phase() == Phase::Stopped) {
            match self.next(&mut orders, dismissed).await {
                Happening::Event(event) => self.feed(event),
                Happening::Answer(Answer::Well) => self.feed(Event::Health(true)),
                Happening::Answer(Answer::Unwell(reason)) => {
                    self.feed(Event::Health(false));
                    self.note(reason);
                }
                Happening::Answer(Answer::Silence(reason)) => self.note(reason),
                Happening::Order(None) => {
                    dismissed = true;
                    self.feed(Event::Stop);
                }
                Happening::Order(Some(order)) => self.obey(order),
            }
        }
    }

    async fn next(&mut self, orders: &mut mpsc::UnboundedReceiver<Order>, dismissed: bool) -> Happening {
        let deadline = self.machine.deadline().map(|at| self.epoch + at);
        let timer = async {
            match deadline {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            order = orders.recv(), if !dismissed => Happening::Order(order),
            happening = from_child(self.current.as_mut()) => happening,
            () = timer => Happening::Event(Event::Tick),
        }
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Start => self.feed(Event::Start),
            Order::Stop => self.feed(Event::Stop),
            Order::LogLevel(level) => {
                self.log_level = Some(level);
                self.send_log_level();
            }
            Order::Reload => {
                self.call(
                    "reload",
                    |connection| async move { connection.reload(Duration::from_secs(5)).await },
                );
            }
        }
    }

    fn send_log_level(&self) {
        if let Some(level) = self.log_level.clone() {
            self.call("set the log level of", |connection| async move {
                connection.set_log_level(&level, Duration::from_secs(5)).await
            });
        }
    }

    /// Makes a call without waiting for it: a child must not be able to hold its supervisor up.
    fn call<F>(&self, what: &'static str, make: impl FnOnce(Connection) -> F)
    where
        F: Future<Output = Result<(), Error>> + Send + 'static,
    {
        let Some(current) = &self.current else { return };
        let (name, call) = (self.name.clone(), make(current.connection.clone()));
        tokio::spawn(async move {
            if let Err(error) = call.await {
                tracing::warn!(child = name, %error, "could not {what} the child");
            }
        });
    }

    fn feed(&mut self, event: Event) {
        let now = self.epoch.elapsed();
        if let Event::Exited(exit) = event {
            self.current = None;
            self.launcher.ended(exit);
            self.status.send_modify(|status| {
                status.last_exit = Some(exit);
                status.message = exit.to_string();
            });
            if self.machine.phase() == Phase::Stopping {
                tracing::debug!(child = self.name, %exit, "stopped");
            } else {
                tracing::warn!(child = self.name, %exit, "ended unasked");
            }
        }
        let mut pending = std::collections::VecDeque::from([event]);
        while let Some(event) = pending.pop_front() {
            for action in self.machine.step(now, event) {
                pending.extend(self.carry_out(action));
            }
        }
        self.publish();
    }

    fn carry_out(&mut self, action: Action) -> Option<Event> {
        match action {
            Action::Spawn => return Some(self.spawn()),
            Action::AskHealth => self.ask_health(),
            Action::Drain(grace) => {
                self.call("drain", move |connection| async move { connection.drain(grace).await });
            }
            Action::Kill => {
                tracing::warn!(child = self.name, "does not answer or end in time: killing it");
                if let Some(current) = &self.current
                    && let Err(error) = current.child.signal(Signal::SIGKILL)
                {
                    tracing::error!(child = self.name, %error, "could not kill the child");
                }
            }
        }
        None
    }

    fn spawn(&mut self) -> Event {
        let started = self.launcher.launch().and_then(|launch| {
            let child = self.port.spawn(&launch.command).map_err(|error| error.to_string())?;
            let connection = Connection::new(launch.supervision).map_err(|error| error.to_string());
            Ok((child, connection))
        });
        let (mut child, connection) = match started {
            Ok((child, Ok(connection))) => (child, connection),
            Ok((child, Err(reason))) => {
                _ = child.signal(Signal::SIGKILL);
                return self.not_started(&reason);
            }
            Err(reason) => return self.not_started(&reason),
        };
        self.launcher.started(&mut child);
        let (ready, readiness) = watch::channel(Readiness::default());
        let follow = connection.clone();
        tokio::spawn(async move { follow.follow_readiness(ready).await });
        let (answer_to, answers) = mpsc::channel(1);
        self.current = Some(Current { child, connection, readiness, answers, answer_to });
        self.send_log_level();
        self.status.send_modify(|status| status.restarts += u32::from(status.last_exit.is_some()));
        Event::Spawned
    }

    fn not_started(&mut self, reason: &str) -> Event {
        tracing::warn!(child = self.name, reason, "could not start the child; trying again");
        self.note(reason.to_owned());
        Event::SpawnFailed
    }

    fn ask_health(&self) {
        let Some(current) = &self.current else { return };
        let (connection, answer_to) = (current.connection.clone(), current.answer_to.clone());
        let patience = self.settings.kill_after;
        tokio::spawn(async move {
            let answer = match connection.health(patience).await {
                Ok(answer) if answer.healthy => Answer::Well,
                Ok(answer) => Answer::Unwell(answer.message),
                Err(error) => Answer::Silence(error.to_string()),
            };
            _ = answer_to.send(answer).await;
        });
    }

    fn note(&mut self, message: String) {
        self.status.send_modify(|status| status.message = message);
    }

    fn publish(&mut self) {
        let phase = self.machine.phase();
        let pid = self.current.as_ref().map(|current| current.child.pid());
        let message = match (phase, &self.current) {
            (Phase::Running, _) => Some(String::new()),
            (Phase::Waiting, Some(current)) => Some(current.readiness.borrow().message.clone()),
            _ => None,
        };
        self.status.send_if_modified(|status| {
            let before = status.clone();
            status.phase = phase;
            status.pid = pid;
            if let Some(message) = message {
                status.message = message;
            }
            *status != before
        });
    }
}

/// The next thing that the child does; never, if there is none.
async fn from_child(current: Option<&mut Current>) -> Happening {
    let Some(current) = current else { return std::future::pending().await };
    let Current { child, readiness, answers, .. } = current;
    tokio::select! {
        exit = child.wait() => Happening::Event(Event::Exited(exit)),
        Some(answer) = answers.recv() => Happening::Answer(answer),
        Ok(()) = readiness.changed() => {
            let ready = readiness.borrow_and_update().ready;
            Happening::Event(Event::Ready(ready))
        }
    }
}

#[cfg(test)]
#[path = "runner_tests.rs"]
mod tests;
