//! Passes one call on to one place, piece by piece and without looking inside: request and answer,
//! headers, trailers and status are forwarded as they are (contract api.md 3.2).

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures::FutureExt as _;
use h2::client::ResponseFuture;
use h2::server::SendResponse;
use h2::{RecvStream, SendStream};
use http::{Request, Response};
use rpc::room::poll_room;
use rpc::status::WireStatus;
use tonic::Code;

use crate::frame::{Meter, TooLarge};
use crate::link::{Link, Sent};
use crate::reply;

/// Why a body could not be copied to its end.
#[derive(Debug)]
pub enum Fault {
    /// The side that sends it broke.
    Source(h2::Error),
    /// The side that receives it does not want it, or broke.
    Sink,
    /// A message in it is too large.
    TooLarge(TooLarge),
}

/// Copies a body from one stream to another, as fast as the receiver reads.
pub struct Pump {
    from: RecvStream,
    to: SendStream<Bytes>,
    held: Bytes,
    /// What has come behind it.
    next: Bytes,
    /// Nothing has been sent yet.
    fresh: bool,
}

impl Pump {
    /// From one stream to the other.
    pub fn new(from: RecvStream, to: SendStream<Bytes>) -> Pump {
        Pump { from, to, held: Bytes::new(), next: Bytes::new(), fresh: true }
    }

    /// Goes on until body and trailers are copied. `meter` watches the sizes of messages.
    pub fn poll(&mut self, cx: &mut Context<'_>, mut meter: Option<&mut Meter>) -> Poll<Result<(), Fault>> {
        loop {
            while !self.held.is_empty() {
                let room = ready!(poll_room(&mut self.to, self.held.len(), self.fresh, cx));
                let piece = self.held.split_to(room.map_err(|_| Fault::Sink)?);
                let length = piece.len();
                let last = self.held.is_empty() && self.next.is_empty() && self.from.is_end_stream();
                self.to.send_data(piece, last).map_err(|_| Fault::Sink)?;
                // Only what has gone out makes room for more to come in.
                let _ = self.from.flow_control().release_capacity(length);
                self.fresh = false;
                if last {
                    return Poll::Ready(Ok(()));
                }
            }
            let piece = match std::mem::take(&mut self.next) {
                next if next.is_empty() => ready!(self.from.poll_data(cx)),
                next => Some(Ok(next)),
            };
            match piece {
                Some(Ok(piece)) => {
                    if let Some(meter) = &mut meter {
                        meter.pass(&piece).map_err(Fault::TooLarge)?;
                    }
                    self.held = piece;
                    // Many clients end a body with an empty piece of its own. It is not passed on: who gets all of
                    // a body at once has less to do.
                    if !self.from.is_end_stream()
                        && let Poll::Ready(Some(Ok(next))) = self.from.poll_data(cx)
                    {
                        self.next = next;
                    }
                }
                Some(Err(error)) => return Poll::Ready(Err(Fault::Source(error))),
                None => {
                    let trailers = ready!(self.from.poll_trailers(cx)).map_err(Fault::Source)?;
                    let sent = match trailers {
                        Some(trailers) => self.to.send_trailers(trailers),
                        None => self.to.send_data(Bytes::new(), true),
                    };
                    return Poll::Ready(sent.map_err(|_| Fault::Sink));
                }
            }
        }
    }
}

/// Forwards one call and its answer, in a task of its own. Everything that goes wrong on the way ends
/// as a status at the client; a client that goes away ends the call at the other side.
pub fn begin(link: Arc<Link>, head: Request<()>, body: RecvStream, mut respond: SendResponse<Bytes>) {
    // Nearly always the connection is open: then the task is small and starts with the head sent.
    match link.try_send(head, body.is_end_stream()) {
        Ok(Ok(sent)) => {
            tokio::spawn(Exchange::new(sent, body, respond));
        }
        Ok(Err(status)) => reply::status(&mut respond, &status),
        Err(head) => {
            tokio::spawn(async move {
                match unless_gone(&mut respond, link.send(head, body.is_end_stream())).await {
                    Some(Ok(sent)) => Exchange::new(sent, body, respond).await,
                    Some(Err(status)) => reply::status(&mut respond, &status),
                    None => {}
                }
            });
        }
    }
}

/// Waits for something as long as the client waits; `None` when it has gone.
pub async fn unless_gone<T>(respond: &mut SendResponse<Bytes>, work: impl Future<Output = T>) -> Option<T> {
    let mut work = std::pin::pin!(work);
    poll_fn(|cx| {
        if let Poll::Ready(done) = work.as_mut().poll(cx) {
            return Poll::Ready(Some(done));
        }
        respond.poll_reset(cx).map(|_| None)
    })
    .await
}

/// One call under way.
struct Exchange {
    up: Option<Pump>,
    response: Option<ResponseFuture>,
    down: Option<Pump>,
    respond: SendResponse<Bytes>,
    meter: Meter,
    /// Marks the connection as used.
    _link: Arc<Link>,
}

impl Future for Exchange {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        if let Some(status) = ready!(this.go_on(cx)) {
            match &mut this.down {
                Some(down) => reply::trailers(&mut down.to, &status),
                None => reply::status(&mut this.respond, &status),
            }
        }
        Poll::Ready(())
    }
}

impl Exchange {
    fn new(sent: Sent, body: RecvStream, respond: SendResponse<Bytes>) -> Exchange {
        Exchange {
            up: (!body.is_end_stream()).then(|| Pump::new(body, sent.body)),
            response: Some(sent.response),
            down: None,
            respond,
            meter: Meter::default(),
            _link: sent.link,
        }
    }

    /// Ready with the status that the client has yet to be told, if any.
    fn go_on(&mut self, cx: &mut Context<'_>) -> Poll<Option<WireStatus>> {
        if let Some(up) = &mut self.up {
            match up.poll(cx, Some(&mut self.meter)) {
                Poll::Pending => {}
                // Refused by the other side: its answer says why.
                Poll::Ready(Ok(()) | Err(Fault::Sink)) => self.up = None,
                Poll::Ready(Err(Fault::Source(_))) => return Poll::Ready(None),
                Poll::Ready(Err(Fault::TooLarge(error))) => {
                    return Poll::Ready(Some(WireStatus::new(Code::ResourceExhausted, error.to_string())));
                }
            }
        }
        if let Some(response) = &mut self.response
            && let Poll::Ready(answered) = response.poll_unpin(cx)
        {
            self.response = None;
            let (head, body) = match answered {
                Ok(answer) => answer.into_parts(),
                Err(error) => return Poll::Ready(Some(reply::of_error(&error))),
            };
            let end = body.is_end_stream();
            match self.respond.send_response(Response::from_parts(head, ()), end) {
                Ok(stream) if !end => self.down = Some(Pump::new(body, stream)),
                _ => return Poll::Ready(None),
            }
        }
        let Some(down) = &mut self.down else {
            return self.respond.poll_reset(cx).map(|_| None);
        };
        match down.poll(cx, None) {
            Poll::Ready(Err(Fault::Source(error))) => Poll::Ready(Some(reply::of_error(&error))),
            Poll::Ready(_) => Poll::Ready(None),
            Poll::Pending => down.to.poll_reset(cx).map(|_| None),
        }
    }
}

/// Copies a request's body while an answer is awaited; ends only when the client broke off.
pub async fn pump_until_gone(mut pump: Pump) -> Fault {
    let mut meter = Meter::default();
    match poll_fn(|cx| pump.poll(cx, Some(&mut meter))).await {
        Err(fault @ (Fault::Source(_) | Fault::TooLarge(_))) => fault,
        Ok(()) | Err(Fault::Sink) => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use h2::client::SendRequest;

    /// Both ends of one call's request body.
    async fn call() -> (SendRequest<Bytes>, SendStream<Bytes>, RecvStream) {
        let (near, far) = tokio::io::duplex(1 << 16);
        let (client, server) = tokio::join!(h2::client::handshake(near), h2::server::handshake(far));
        let ((mut client, connection), mut server) = (client.unwrap(), server.unwrap());
        tokio::spawn(connection);
        let (_, body) = client.send_request(Request::new(()), false).unwrap();
        let (request, _respond) = server.accept().await.unwrap().unwrap();
        tokio::spawn(async move {
            let _respond = _respond;
            server.accept().await.map(drop)
        });
        (client, body, request.into_body())
    }

    /// The pieces in which a body arrives, and whether each is known to be the last when it does.
    async fn pieces(mut body: RecvStream) -> Vec<(Bytes, bool)> {
        let mut pieces = vec![];
        while let Some(piece) = body.data().await {
            pieces.push((piece.unwrap(), body.is_end_stream()));
        }
        pieces
    }

    #[tokio::test]
    async fn an_empty_piece_at_the_end_is_not_passed_on() {
        let (_source, mut client, mut from) = call().await;
        let (_sink, to, arrived) = call().await;
        client.send_data("one".into(), false).unwrap();
        client.send_data("two".into(), false).unwrap();
        client.send_data(Bytes::new(), true).unwrap();
        // All of it is there before the first piece is passed on: it goes over in one write.
        while from.flow_control().used_capacity() < 6 {
            tokio::task::yield_now().await;
        }
        let mut pump = Pump::new(from, to);
        poll_fn(|cx| pump.poll(cx, None)).await.unwrap();
        assert_eq!(pieces(arrived).await, [("one".into(), false), ("two".into(), true)]);
    }
}
