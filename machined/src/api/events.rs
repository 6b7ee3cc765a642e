//! The stream of events (contract api.md 5.7).

use std::time::Duration;

use futures::stream::{self, BoxStream, StreamExt};
use proto::machine::{Event, EventsRequest};
use tonic::Status;

use super::plain;
use crate::events::{EventLog, Tail, Xid};

/// Handles `Events`: a hello, then the history that was asked for, then what happens.
pub fn events(
    log: &EventLog,
    request: EventsRequest,
) -> Result<BoxStream<'static, Result<Event, Status>>, Status> {
    let tail = tail(&request)?;
    // Clients read the hello before they act, so they miss nothing.
    let hello = Event {
        metadata: None,
        data: Some(prost_types::Any::default()),
        id: log.fresh_id().to_string(),
        actor_id: request.with_actor_id.clone(),
    };
    let follow = log.follow(tail, &request.with_actor_id);
    let rest = stream::unfold(follow, |mut follow| async move {
        let event = follow.next().await?;
        Some((Ok(event.to_proto()), follow))
    });
    Ok(stream::iter([Ok(hello)]).chain(rest).boxed())
}

fn tail(request: &EventsRequest) -> Result<Tail, Status> {
    let EventsRequest { tail_events, tail_id, tail_seconds, .. } = request;
    let chosen = [*tail_events != 0, !tail_id.is_empty(), *tail_seconds != 0];
    if chosen.iter().filter(|c| **c).count() > 1 {
        return Err(plain("only one of tail_events, tail_id and tail_seconds can be given"));
    }
    if !tail_id.is_empty() {
        let id =
            Xid::parse(tail_id).ok_or_else(|| plain(format!("{tail_id:?} is not the id of an event")))?;
        return Ok(Tail::After(id));
    }
    Ok(match (*tail_events, *tail_seconds) {
        (0, 0) => Tail::None,
        (0, seconds) => Tail::Since(Duration::from_secs(u64::try_from(seconds).unwrap_or(0))),
        (events, _) => usize::try_from(events).map_or(Tail::All, Tail::Last),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::machine::TaskEvent;

    #[tokio::test]
    async fn the_first_message_is_a_hello_that_echoes_the_actor() {
        let log = EventLog::default();
        log.publish("me", &TaskEvent { task: "t".into(), action: 0 });
        let request = EventsRequest { with_actor_id: "me".into(), tail_events: -1, ..Default::default() };
        let mut stream = events(&log, request).unwrap();
        let hello = stream.next().await.unwrap().unwrap();
        assert_eq!((hello.data.unwrap().type_url.as_str(), hello.actor_id.as_str()), ("", "me"));
        let first = stream.next().await.unwrap().unwrap();
        assert_eq!(first.data.unwrap().type_url, "talos/runtime/machine.TaskEvent");
    }

    #[test]
    fn two_ways_of_asking_for_history_at_once_are_refused() {
        let request = EventsRequest { tail_events: 1, tail_seconds: 1, ..Default::default() };
        assert!(events(&EventLog::default(), request).is_err());
    }
}
