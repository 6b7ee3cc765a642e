//! Serves one client's connection: takes its calls and sends each where it belongs.

use std::sync::Arc;

use bytes::Bytes;
use h2::RecvStream;
use h2::server::SendResponse;
use http::Request;
use rpc::limits;
use rpc::serve::Drain;
use rpc::status::WireStatus;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep_until};

use crate::caller::Caller;
use crate::director::{Decision, decide};
use crate::fanout::{Node, fan_out};
use crate::forward::forward;
use crate::gateway::{Gateway, local_head, remote_head};
use crate::reply;

/// Serves the connection until the client closes it, or the time to drain is over.
pub async fn serve<I>(io: I, caller: Caller, gateway: Arc<Gateway>, drain: Drain)
where
    I: AsyncRead + AsyncWrite + Unpin,
{
    let handshake = h2::server::Builder::new()
        .initial_window_size(limits::STREAM_WINDOW)
        .initial_connection_window_size(limits::CONNECTION_WINDOW)
        .max_concurrent_streams(limits::STREAMS)
        .max_header_list_size(limits::HEADER_LIST)
        .max_send_buffer_size(limits::SEND_BUFFER)
        .handshake::<_, Bytes>(io)
        .await;
    let mut connection = match handshake {
        Ok(connection) => connection,
        Err(error) => return tracing::debug!(%error, "a client does not speak HTTP/2"),
    };
    let mut draining = std::pin::pin!(drain.begun());
    let mut deadline = None;
    loop {
        let accepted = tokio::select! {
            accepted = connection.accept() => accepted,
            () = draining.as_mut(), if deadline.is_none() => {
                connection.graceful_shutdown();
                deadline = Some(Instant::now() + limits::DRAIN);
                continue;
            }
            () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => return,
        };
        match accepted {
            Some(Ok((request, respond))) => {
                tokio::spawn(call(Arc::clone(&gateway), caller, request, respond));
            }
            Some(Err(error)) => return tracing::debug!(%error, "a client's connection broke"),
            None => return,
        }
    }
}

/// One call, from its metadata to its end.
async fn call(
    gateway: Arc<Gateway>,
    caller: Caller,
    request: Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
) {
    let (parts, body) = request.into_parts();
    let roles = caller.roles(&parts.headers);
    let now = gateway.now();
    let decision = match decide(parts.uri.path(), &parts.headers, &now.routing) {
        Ok(decision) => decision,
        Err(refusal) => return reply::status(&mut respond, &refusal.into()),
    };
    match (decision, &now.pool) {
        (Decision::Local, _) => forward(gateway.local(), local_head(parts, roles), body, respond).await,
        (Decision::One(node), Some(pool)) => {
            let head = remote_head(&parts, roles, &node);
            forward(pool.link(&node), head, body, respond).await;
        }
        (Decision::Many(nodes), Some(pool)) => {
            let node =
                |name: String| Node { link: pool.link(&name), head: remote_head(&parts, roles, &name), name };
            let nodes = nodes.into_iter().map(node).collect();
            fan_out(parts.uri.path(), nodes, body, respond).await;
        }
        (Decision::One(_) | Decision::Many(_), None) => {
            let refusal = crate::director::Refusal::NoForwarding;
            reply::status(&mut respond, &WireStatus::from(refusal));
        }
    }
}
