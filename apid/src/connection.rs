//! Serves one client's connection: takes its calls and sends each where it belongs.

use std::sync::Arc;

use bytes::Bytes;
use h2::RecvStream;
use h2::server::SendResponse;
use http::Request;
use rpc::serve::{Drain, Options, calls};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::caller::Caller;
use crate::director::{Decision, Refusal, Target, decide};
use crate::fanout::fan_out;
use crate::forward;
use crate::gateway::{Gateway, address, local_head, remote_head};
use crate::reply;

/// Serves the connection until the client closes it, or the time to drain is over.
pub async fn serve<I>(io: I, caller: Caller, gateway: Arc<Gateway>, drain: Drain)
where
    I: AsyncRead + AsyncWrite + Unpin,
{
    let take = |request, respond| call(&gateway, caller, request, respond);
    calls(io, Options::default(), drain, take).await;
}

/// Sends one call on its way. What takes time goes on in a task of its own.
fn call(gateway: &Gateway, caller: Caller, request: Request<RecvStream>, mut respond: SendResponse<Bytes>) {
    let (parts, body) = request.into_parts();
    let roles = caller.roles(&parts.headers);
    let now = gateway.now();
    match (decide(parts.uri.path(), &parts.headers, &now.routing), &now.pool) {
        (Ok(Decision::Local), _) => {
            forward::begin(gateway.local(), local_head(parts, roles), body, respond);
        }
        (Ok(Decision::One(node)), Some(pool)) => {
            let link = pool.link(&node);
            let mut head = remote_head(parts, roles);
            address(&mut head, &link.authority);
            forward::begin(link, head, body, respond);
        }
        (Ok(Decision::Many(nodes)), Some(pool)) => {
            let with_link = |Target { name, own }: Target| {
                let link = if own { gateway.local() } else { pool.link(&name) };
                (name, link)
            };
            let nodes = nodes.into_iter().map(with_link).collect();
            fan_out(remote_head(parts, roles), nodes, body, respond);
        }
        (Ok(Decision::One(_) | Decision::Many(_)), None) => {
            reply::status(&mut respond, &Refusal::NoForwarding.into());
        }
        (Err(refusal), _) => reply::status(&mut respond, &refusal.into()),
    }
}
