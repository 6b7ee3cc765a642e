//! Actions on a node that answers from a script.

use std::sync::{Arc, Mutex};

use prost::Message;
use proto::common::Data;
use proto::machine::machine_status_event::{MachineStage, MachineStatus};
use proto::machine::{
    Event, EventsRequest, MachineStatusEvent, Reboot, RebootResponse, SequenceEvent, TaskEvent,
};
use tonic::Code;

use super::*;
use crate::commands::reboot;
use crate::events::tests::any;
use crate::fake::{self, Answer};
use crate::track::Style;
use crate::track::tracker::Failed;

const ACTOR: &str = "5a5b";

fn event(id: &str, data: prost_types::Any) -> Event {
    Event { data: Some(data), id: id.into(), actor_id: ACTOR.into(), ..Event::default() }
}

fn task(id: &str, task: &str) -> Event {
    event(id, any("TaskEvent", &TaskEvent { task: task.into(), action: 0 }))
}

fn status(stage: MachineStage, ready: bool) -> Event {
    let status = Some(MachineStatus { ready, unmet_conditions: vec![] });
    event("s", any("MachineStatusEvent", &MachineStatusEvent { stage: stage as i32, status }))
}

fn data(text: &str) -> Answer {
    Answer::ok([Data { metadata: None, bytes: text.as_bytes().to_vec().into() }])
}

/// Follows a reboot on a node; what was called, and how it ended.
async fn followed(
    goal: Goal,
    script: impl Fn(&str, usize) -> Answer + Send + Sync + 'static,
) -> (Vec<String>, anyhow::Result<()>) {
    let calls: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = Arc::clone(&calls);
    let node = fake::node("n", move |method, message| {
        let mut seen = seen.lock().unwrap();
        let before = seen.iter().filter(|call| call.starts_with(method)).count();
        let mut call = method.to_owned();
        if method == "Events" {
            let request = EventsRequest::decode(message).unwrap();
            call.push_str(&format!(" {} {}", request.tail_events, request.tail_id));
        }
        seen.push(call);
        script(method, before)
    });
    let progress = Progress::new(&["n".to_owned()], Style::Plain);
    let start = reboot::action(reboot::Mode::Default);
    let result = follow(&Global::default(), &node, goal, &start, &progress).await;
    let calls = calls.lock().unwrap().clone();
    (calls, result)
}

fn started() -> Answer {
    Answer::ok([RebootResponse { messages: vec![Reboot { metadata: None, actor_id: ACTOR.into() }] }])
}

#[tokio::test(start_paused = true)]
async fn a_reboot_is_followed_through_the_time_in_which_nobody_answers() {
    let script = |method: &str, before: usize| match (method, before) {
        // The greeting comes first: the action begins only when its events are listened to.
        ("Events", 0) => Answer::ok([Event::default(), task("e1", "stopAllPods"), task("e2", "reboot")])
            .broken(Code::Unavailable),
        ("Events", 1) => Answer::ok([Event::default()]).broken(Code::Unavailable),
        ("Events", _) => {
            let events =
                [Event::default(), status(MachineStage::Booting, false), status(MachineStage::Running, true)];
            Answer::ok(events).endless()
        }
        ("Read", 0) => data("first\n"),
        ("Read", 1) => Answer::refuse(Code::Unavailable, "no route to host"),
        // apid may go before the node does.
        ("Read", 2) => data("first\n"),
        ("Read", _) => data("second\n"),
        _ => started(),
    };
    let (calls, result) = followed(Goal::Running, script).await;
    result.unwrap();
    assert_eq!(
        calls,
        ["Events 0 ", "Read", "Reboot", "Read", "Read", "Events 0 e2", "Read", "Events -1 "],
        "{calls:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_node_that_goes_down_for_good_is_not_waited_for() {
    let script = |method: &str, _: usize| match method {
        "Events" => Answer::ok([Event::default(), task("e1", "stopAllServices")]).endless(),
        "Read" => data("first\n"),
        _ => started(),
    };
    let (calls, result) = followed(Goal::Down, script).await;
    result.unwrap();
    assert_eq!(calls.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_falls_silent_on_its_way_down_is_down() {
    let script = |method: &str, before: usize| match (method, before) {
        ("Events", _) => Answer::ok([Event::default(), task("e1", "stopAllPods")]).broken(Code::Unavailable),
        ("Read", 0) => data("first\n"),
        ("Read", _) => Answer::refuse(Code::Unavailable, "no route to host"),
        _ => started(),
    };
    followed(Goal::Down, script).await.1.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_sequence_that_fails_and_a_call_that_is_refused_are_errors() {
    let script = |method: &str, _: usize| match method {
        "Events" => {
            let error = proto::common::Error { message: "locked".into(), ..Default::default() };
            let failed = SequenceEvent { sequence: "reboot".into(), action: 0, error: Some(error) };
            Answer::ok([Event::default(), event("e1", any("SequenceEvent", &failed))]).endless()
        }
        "Read" => data("first\n"),
        _ => started(),
    };
    assert!(followed(Goal::Running, script).await.1.unwrap_err().is::<Failed>());

    let script = |method: &str, _: usize| match method {
        "Events" => Answer::ok([Event::default()]).endless(),
        // Not everybody may read files; that alone is no reason to give up.
        "Read" => Answer::refuse(Code::PermissionDenied, "not authorized"),
        _ => Answer::refuse(Code::FailedPrecondition, "method is not supported in container mode"),
    };
    let (calls, result) = followed(Goal::Running, script).await;
    assert_eq!(calls, ["Events 0 ", "Read", "Reboot"]);
    assert_eq!(
        crate::failure::text(&result.unwrap_err()),
        "rpc error: code = FailedPrecondition desc = method is not supported in container mode"
    );
}
