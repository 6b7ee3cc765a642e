//! Follows an action on one node, through the time in which the node does not answer.

use std::convert::Infallible;
use std::time::Duration;

use futures::future::LocalBoxFuture;
use proto::machine::{DmesgRequest, Event, EventsRequest, ReadRequest};
use tokio::time::{Instant, sleep, timeout};
use tonic::{Code, Status, Streaming};

use super::progress::Progress;
use super::tracker::{Goal, Step, Tracker};
use crate::global::{Global, Insecure};
use crate::node::Node;
use crate::session::Session;
use crate::stream;

/// Readable on every node, another one after each boot (contract api.md 5.8).
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// Between attempts to reach a node that is down.
const PAUSE: Duration = Duration::from_millis(500);

/// How long one attempt may take.
const ATTEMPT: Duration = Duration::from_secs(10);

/// A node that was to go down and has not answered for that long is down.
const SILENCE: Duration = Duration::from_secs(5);

/// Lines of the kernel's log that explain a failure.
const LAST_LINES: usize = 50;

/// An answer under way: the id of the events that will tell of the action. Empty from a node that is too old
/// to be followed.
pub type Starting = LocalBoxFuture<'static, anyhow::Result<String>>;

/// Asks a node for an action.
pub type Action<'a> = dyn Fn(&Node) -> Starting + 'a;

/// Starts an action and follows it until its goal is reached.
///
/// # Errors
/// If the node refuses it or gives it up ([`super::tracker::Failed`]).
pub async fn follow(
    global: &Global,
    node: &Node,
    goal: Goal,
    action: &Action<'_>,
    progress: &Progress,
) -> anyhow::Result<()> {
    // In this order, so that no event is missed.
    let mut events = open(node, EventsRequest::default()).await?;
    let before = boot_id(node).await?;
    let actor = action(node).await?;
    if actor.is_empty() {
        progress.tell(&node.name, "the node is too old to be followed");
        return Ok(());
    }
    let mut watch = Watch {
        global,
        node,
        goal,
        progress,
        before,
        tracker: Tracker::new(&actor, goal),
        last: String::new(),
    };
    loop {
        if watch.read(&mut events).await? == End::Done {
            progress.tell(&node.name, "done");
            return Ok(());
        }
        match watch.reach().await? {
            Some(again) => events = again,
            None => {
                progress.tell(&node.name, "done");
                return Ok(());
            }
        }
    }
}

#[derive(PartialEq, Eq)]
enum End {
    Done,
    Lost,
}

struct Watch<'a> {
    global: &'a Global,
    node: &'a Node,
    goal: Goal,
    progress: &'a Progress,
    /// The boot id at the beginning; empty if nobody may know it.
    before: String,
    tracker: Tracker,
    /// Id of the last event.
    last: String,
}

impl Watch<'_> {
    /// Reads events until the goal is reached or the connection is lost.
    async fn read(&mut self, events: &mut Streaming<Event>) -> anyhow::Result<End> {
        loop {
            let Ok(Some(event)) = events.message().await else { return Ok(End::Lost) };
            if !event.id.is_empty() && event.data.as_ref().is_some_and(|data| !data.type_url.is_empty()) {
                self.last.clone_from(&event.id);
            }
            match self.tracker.event(&event) {
                Step::Nothing => {}
                Step::Told(text) => self.progress.tell(&self.node.name, &text),
                Step::Down => {
                    self.progress.tell(&self.node.name, "task: stopAllServices action: START");
                    return Ok(if self.goal == Goal::Down { End::Done } else { End::Lost });
                }
                Step::Done => return Ok(End::Done),
                Step::Failed(failed) => return Err(failed.into()),
            }
        }
    }

    /// Waits for the node to answer again. `None`: the goal is reached without.
    async fn reach(&mut self) -> anyhow::Result<Option<Streaming<Event>>> {
        self.progress.tell(&self.node.name, "waiting for the node to answer again");
        let since = Instant::now();
        loop {
            match timeout(ATTEMPT, boot_id(self.node)).await.unwrap_or_else(|_| Err(silent())) {
                Ok(now) => {
                    // Where nobody may know the id, that the connection was lost has to do.
                    if now != self.before || now.is_empty() {
                        self.tracker.rebooted();
                        if self.goal == Goal::Back {
                            return Ok(None);
                        }
                    }
                    if let Ok(events) = self.again().await {
                        return Ok(Some(events));
                    }
                }
                Err(status) if is_passing(&status) => {
                    if self.goal == Goal::Down && self.is_silent(since) {
                        return Ok(None);
                    }
                    if self.goal == Goal::Back && self.in_maintenance().await {
                        return Ok(None);
                    }
                }
                Err(status) => return Err(status.into()),
            }
            sleep(PAUSE).await;
        }
    }

    /// Whether a node that goes down can be taken to be down.
    fn is_silent(&self, since: Instant) -> bool {
        self.tracker.is_down() || (self.tracker.has_begun() && since.elapsed() > SILENCE)
    }

    async fn again(&self) -> Result<Streaming<Event>, Status> {
        let request = if self.tracker.has_rebooted() {
            EventsRequest { tail_events: -1, ..EventsRequest::default() }
        } else {
            EventsRequest { tail_id: self.last.clone(), ..EventsRequest::default() }
        };
        open(self.node, request).await
    }

    /// Whether the node answers without credentials, which it does only in maintenance mode.
    async fn in_maintenance(&self) -> bool {
        let global = Global { nodes: vec![self.node.name.clone()], ..self.global.clone() };
        let insecure = Insecure { insecure: true, cert_fingerprint: Vec::new() };
        let Ok(node) = Session::open_for(&global, &insecure).and_then(|session| session.one()) else {
            return false;
        };
        matches!(timeout(ATTEMPT, node.storage().disks(node.request(()))).await, Ok(Ok(_)))
    }
}

/// Opens the stream of events and reads its greeting.
async fn open(node: &Node, request: EventsRequest) -> Result<Streaming<Event>, Status> {
    let mut events = node.machine().events(node.request(request)).await?.into_inner();
    events.message().await?;
    Ok(events)
}

/// The id of the present boot; empty if this client may not know it.
async fn boot_id(node: &Node) -> Result<String, Status> {
    let request = node.request(ReadRequest { path: BOOT_ID.to_owned() });
    let mut stream = match node.machine().read(request).await {
        Ok(answer) => answer.into_inner(),
        Err(status) if status.code() == Code::PermissionDenied => return Ok(String::new()),
        Err(status) => return Err(status),
    };
    let mut text = Vec::new();
    loop {
        match stream.message().await {
            Ok(Some(data)) => text.extend_from_slice(&data.bytes),
            Ok(None) => return Ok(String::from_utf8_lossy(&text).trim().to_owned()),
            Err(status) if status.code() == Code::PermissionDenied => return Ok(String::new()),
            Err(status) => return Err(status),
        }
    }
}

fn silent() -> Status {
    Status::deadline_exceeded("no answer")
}

/// Whether an error is to be expected while a node goes down or comes up.
fn is_passing(status: &Status) -> bool {
    matches!(
        status.code(),
        Code::Unavailable
            | Code::DeadlineExceeded
            | Code::Cancelled
            | Code::Unknown
            | Code::Internal
            | Code::Unauthenticated
            // In maintenance mode.
            | Code::Unimplemented
    )
}

/// Prints the kernel's log as it grows, for ever.
pub(super) async fn kernel_log(node: &Node, progress: &Progress) -> Infallible {
    loop {
        let request = node.request(DmesgRequest { follow: true, tail: true });
        let stream = node.machine().dmesg(request).await.map(tonic::Response::into_inner);
        let print = |chunk: bytes::Bytes| {
            progress.line(&node.name, String::from_utf8_lossy(&chunk).trim_end());
            Ok(())
        };
        // It ends when the node goes down; another one begins when it is back.
        let _ = stream::copy(stream, print).await;
        sleep(PAUSE).await;
    }
}

/// Prints the end of the kernel's log.
pub(super) async fn tell_kernel_log(node: &Node, progress: &Progress) {
    let request = node.request(DmesgRequest { follow: false, tail: false });
    let stream = node.machine().dmesg(request).await.map(tonic::Response::into_inner);
    let mut lines = std::collections::VecDeque::new();
    let keep = |chunk: bytes::Bytes| {
        if lines.len() == LAST_LINES {
            lines.pop_front();
        }
        lines.push_back(String::from_utf8_lossy(&chunk).trim_end().to_owned());
        Ok(())
    };
    // What could be read is better than nothing.
    let _ = timeout(ATTEMPT, stream::copy(stream, keep)).await;
    lines.iter().for_each(|line| progress.line(&node.name, line));
}

#[cfg(test)]
#[path = "follow_tests.rs"]
mod tests;
