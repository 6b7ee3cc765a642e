//! Watching resources across lost connections.

use std::time::Duration;

use proto::cosi::resource::{Event, EventType, WatchOptions, WatchRequest};
use tonic::{Code, Status};

use super::store::Kind;
use crate::node::Node;

/// Pauses between attempts to go on.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// Version of the watch protocol that tells of its errors and of the end of what was there
/// (contract api.md 6.4).
const API_VERSION: i32 = 1;

/// Calls `seen` with every event, those of what is there already included, until it or the node fails.
/// A connection that is lost is taken up again where it broke.
///
/// # Errors
/// When the first attempt fails, or the node refuses to go on.
pub async fn watch(
    node: &Node,
    kind: Kind<'_>,
    id: Option<&str>,
    mut seen: impl FnMut(Event) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut bookmark: Option<Vec<u8>> = None;
    let mut established = false;
    let mut pause = PAUSES.0;
    loop {
        let request = request(kind, id, bookmark.clone());
        let ended = follow(node, request, &mut |event| {
            (established, pause) = (true, PAUSES.0);
            if let Some(event) = event {
                bookmark = event.bookmark.clone().or(bookmark.take());
                seen(event)?;
            }
            Ok(())
        })
        .await?;
        match ended {
            // What was seen is too long ago: everything is told again.
            Err(status) if status.code() == Code::FailedPrecondition && bookmark.is_some() => bookmark = None,
            Err(status) if !(established && is_passing(&status)) => return Err(status.into()),
            _ => {}
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSES.1);
    }
}

fn request(kind: Kind<'_>, id: Option<&str>, bookmark: Option<Vec<u8>>) -> WatchRequest {
    WatchRequest {
        namespace: kind.namespace.to_owned(),
        r#type: kind.typ.to_owned(),
        id: id.map(str::to_owned),
        options: Some(WatchOptions {
            bootstrap_contents: id.is_none() && bookmark.is_none(),
            start_from_bookmark: bookmark,
            ..WatchOptions::default()
        }),
        api_version: API_VERSION,
    }
}

fn is_passing(status: &Status) -> bool {
    matches!(status.code(), Code::Unavailable | Code::Unknown | Code::Internal | Code::Cancelled)
}

/// One connection. The outer result is the caller's error, the inner one the node's.
async fn follow(
    node: &Node,
    request: WatchRequest,
    seen: &mut impl FnMut(Option<Event>) -> anyhow::Result<()>,
) -> anyhow::Result<Result<(), Status>> {
    let mut stream = match node.state().watch(node.request(request)).await {
        Ok(answer) => answer.into_inner(),
        Err(status) => return Ok(Err(status)),
    };
    loop {
        let message = match stream.message().await {
            Ok(Some(message)) => message,
            Ok(None) => return Ok(Ok(())),
            Err(status) => return Ok(Err(status)),
        };
        if message.event.is_empty() {
            // The first message says that the watch is set up.
            seen(None)?;
        }
        for event in message.event {
            if event.event_type() == EventType::Errored {
                let text = event.error.unwrap_or_default();
                return Ok(Err(Status::failed_precondition(text)));
            }
            seen(Some(event))?;
        }
    }
}
