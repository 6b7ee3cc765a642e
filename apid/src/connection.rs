//! Takes the calls of one client and sends each where it belongs.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use rpc::gate::{Place, hold};
use rpc::serve::{self, Options};
use rpc::status::WireStatus;
use rpc::tls::listen::{Client, Who, standing};
use rpc::{Role, authz, limits};
use tonic::Code;
use tonic::body::Body;
use tower::Service;

use crate::caller::Caller;
use crate::director::{Decision, Refusal, Target, decide};
use crate::fanout::{Node, fan_out, refuse_all};
use crate::forward::forward;
use crate::gateway::{CALLS, Gateway, address, for_local, for_remote};
use crate::link::Link;
use crate::reply;

/// Serves a client until it closes its connection, or the time to drain is over.
pub async fn serve(client: Client, caller: Caller, gateway: Arc<Gateway>) {
    let Client { stream, who, roles, place, drain, .. } = client;
    // Who calls for many may have as many calls under way; with anybody else's connection what is more than one caller
    // may have waits there, instead of being refused.
    let streams = if roles.contains(Role::Impersonator) { CALLS.all } else { CALLS.known };
    let options =
        Options { streams: u32::try_from(streams).unwrap_or(limits::STREAMS), ..Options::default() };
    let calls = Calls { local: gateway.local(), gateway, caller, who, place };
    serve::connection(stream, (), calls, options, drain).await;
}

/// The calls of one client.
#[derive(Clone)]
struct Calls {
    gateway: Arc<Gateway>,
    local: Arc<Link>,
    caller: Caller,
    who: Who,
    place: Place<Who>,
}

impl Service<Request<Body>> for Calls {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let this = self.clone();
        Box::pin(async move { Ok(this.answer(request).await) })
    }
}

impl Calls {
    async fn answer(&self, request: Request<Body>) -> Response<Body> {
        let roles = self.caller.roles(request.headers());
        let (standing, by) = (standing(roles), (self.who, roles));
        let Ok(pass) = self.gateway.calls.pass(by, standing) else { return reply::status(&busy()) };
        let held = (pass, self.place.under_way());
        let now = self.gateway.now();
        let (mut head, body) = request.into_parts();
        let response = match (decide(head.uri.path(), &head.headers, &now.routing), &now.pool) {
            (Ok(Decision::Local), _) => {
                for_local(&mut head, roles);
                forward(Arc::clone(&self.local), Request::from_parts(head, body)).await
            }
            (Ok(Decision::One(_) | Decision::Many(_)), None) => reply::status(&Refusal::NoForwarding.into()),
            (Ok(Decision::One(_)), Some(_)) if !authz::worth_asking(head.uri.path(), roles) => {
                reply::status(&denied())
            }
            (Ok(Decision::One(node)), Some(pool)) => {
                let Ok(pass) = self.gateway.calls_to.pass((by, node.clone()), standing) else {
                    return reply::status(&busy());
                };
                let link = pool.link(&node, by);
                for_remote(&mut head, roles);
                address(&mut head, &link.authority);
                hold(forward(link, Request::from_parts(head, body)).await, pass)
            }
            (Ok(Decision::Many(nodes)), Some(_)) if !authz::worth_asking(head.uri.path(), roles) => {
                refuse_all(head.uri.path(), nodes.iter().map(|node| node.name.as_str()), &denied())
            }
            (Ok(Decision::Many(nodes)), Some(pool)) => {
                let with_link = |Target { name, own }: Target| {
                    let link = if own { Arc::clone(&self.local) } else { pool.link(&name, by) };
                    Node { name, link }
                };
                let nodes = nodes.into_iter().map(with_link).collect();
                for_remote(&mut head, roles);
                let share = self.gateway.bytes.share(self.who);
                fan_out(Request::from_parts(head, body), nodes, share).await
            }
            (Err(refusal), _) => reply::status(&refusal.into()),
        };
        hold(response, held)
    }
}

fn busy() -> WireStatus {
    let text = "too many calls are under way; end some, or try again later";
    WireStatus::new(Code::ResourceExhausted, text)
}

/// What the node that is asked would say.
fn denied() -> WireStatus {
    WireStatus::new(Code::PermissionDenied, authz::DENIED)
}
