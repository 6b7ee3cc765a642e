//! Puts [`crate::places`] into effect: whoever comes gets a place or is turned away, and who has to go is told.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::Future;
use std::hash::Hash;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Frame, SizeHint};
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::body::Body;
use tower::Service;

use crate::places::{Bounds, Full, Id, Moment, Places, Standing};

/// The places of one listener, or of one kind of calls. Clones share them.
#[derive(Debug)]
pub struct Gate<K>(Arc<Shared<K>>);

#[derive(Debug)]
struct Shared<K> {
    places: Mutex<State<K>>,
    start: Instant,
}

#[derive(Debug)]
struct State<K> {
    places: Places<K>,
    told: HashMap<Id, CancellationToken>,
}

impl<K> Clone for Gate<K> {
    fn clone(&self) -> Gate<K> {
        Gate(Arc::clone(&self.0))
    }
}

impl<K: Hash + Eq + Clone> Gate<K> {
    /// A gate with nobody inside.
    #[must_use]
    pub fn new(bounds: Bounds) -> Gate<K> {
        let state = State { places: Places::new(bounds), told: HashMap::new() };
        Gate(Arc::new(Shared { places: Mutex::new(state), start: Instant::now() }))
    }

    /// How many are inside.
    #[must_use]
    pub fn len(&self) -> usize {
        self.state().places.len()
    }

    /// Nobody is inside.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Lets somebody in who may have to go for another while nothing is under way.
    ///
    /// # Errors
    /// When there is no room.
    pub fn enter(&self, who: K, standing: Standing) -> Result<Place<K>, Full> {
        let mut state = self.state();
        let given = state.places.enter(self.now(), who, standing, 0)?;
        let lost = CancellationToken::new();
        state.told.insert(given.id, lost.clone());
        state.tell(given.lost);
        Ok(Place(Arc::new(Inside { gate: self.clone(), id: given.id, lost })))
    }

    /// Lets something in that stays until it has ended: a call.
    ///
    /// # Errors
    /// When there is no room.
    pub fn pass(&self, who: K, standing: Standing) -> Result<Pass<K>, Full> {
        let mut state = self.state();
        let given = state.places.enter(self.now(), who, standing, 1)?;
        state.tell(given.lost);
        Ok(Pass { gate: self.clone(), id: given.id })
    }

    fn state(&self) -> MutexGuard<'_, State<K>> {
        sys::sync::lock(&self.0.places)
    }

    fn now(&self) -> Moment {
        self.0.start.elapsed()
    }
}

impl<K> State<K> {
    fn tell(&mut self, lost: Option<Id>) {
        if let Some(token) = lost.and_then(|id| self.told.remove(&id)) {
            token.cancel();
        }
    }
}

/// A place until its last clone is dropped.
#[derive(Debug)]
pub struct Place<K: Hash + Eq + Clone>(Arc<Inside<K>>);

impl<K: Hash + Eq + Clone> Clone for Place<K> {
    fn clone(&self) -> Place<K> {
        Place(Arc::clone(&self.0))
    }
}

#[derive(Debug)]
struct Inside<K: Hash + Eq + Clone> {
    gate: Gate<K>,
    id: Id,
    lost: CancellationToken,
}

impl<K: Hash + Eq + Clone> Drop for Inside<K> {
    fn drop(&mut self) {
        let mut state = self.gate.state();
        state.places.leave(self.id);
        state.told.remove(&self.id);
    }
}

impl<K: Hash + Eq + Clone> Place<K> {
    /// Waits until the place is needed for another.
    pub async fn lost(&self) {
        self.0.lost.cancelled().await;
    }

    /// Whoever holds it has shown who it is.
    ///
    /// # Errors
    /// When there is no room for that caller; the place is lost then.
    pub fn promote(&self, who: K, standing: Standing) -> Result<(), Full> {
        let inside = &*self.0;
        let mut state = inside.gate.state();
        let promoted = state.places.promote(inside.gate.now(), inside.id, who, standing);
        match promoted {
            Ok(lost) => state.tell(lost),
            Err(Full) => state.tell(Some(inside.id)),
        }
        promoted.map(drop)
    }

    /// The place is not idle until what is returned is dropped.
    #[must_use]
    pub fn under_way(&self) -> UnderWay<K> {
        self.0.gate.state().places.begin(self.0.id);
        UnderWay(self.clone())
    }

    /// Something has happened here.
    pub fn touch(&self) {
        let inside = &*self.0;
        inside.gate.state().places.touch(inside.gate.now(), inside.id);
    }

    /// How long nothing has happened here.
    #[must_use]
    pub fn quiet(&self) -> Duration {
        let inside = &*self.0;
        inside.gate.state().places.quiet(inside.gate.now(), inside.id)
    }
}

/// Keeps a place from being idle.
#[derive(Debug)]
pub struct UnderWay<K: Hash + Eq + Clone>(Place<K>);

impl<K: Hash + Eq + Clone> Drop for UnderWay<K> {
    fn drop(&mut self) {
        let inside = &*self.0.0;
        inside.gate.state().places.end(inside.gate.now(), inside.id);
    }
}

/// A call's place, until it is dropped.
#[derive(Debug)]
pub struct Pass<K: Hash + Eq + Clone> {
    gate: Gate<K>,
    id: Id,
}

impl<K: Hash + Eq + Clone> Drop for Pass<K> {
    fn drop(&mut self) {
        self.gate.state().places.leave(self.id);
    }
}

/// Keeps a connection's place from being idle while the service behind it answers.
#[derive(Clone, Debug)]
pub struct Busy<S, K: Hash + Eq + Clone> {
    inner: S,
    place: Place<K>,
}

impl<S, K: Hash + Eq + Clone> Busy<S, K> {
    /// In front of `inner`, for one connection.
    pub fn new(inner: S, place: Place<K>) -> Busy<S, K> {
        Busy { inner, place }
    }
}

impl<S, K> Service<Request<Body>> for Busy<S, K>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send + 'static>,
    K: Hash + Eq + Clone + Send + Sync + Unpin + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let (under_way, answer) = (self.place.under_way(), self.inner.call(request));
        Box::pin(async move { answer.await.map(|response| hold(response, under_way)) })
    }
}

/// Holds something until an answer has gone out, or nobody wants it any more.
pub fn hold<G: Send + Unpin + 'static>(response: Response<Body>, guard: G) -> Response<Body> {
    response.map(|body| Body::new(Holding { body, _guard: guard }))
}

struct Holding<G> {
    body: Body,
    _guard: G,
}

impl<G: Unpin> http_body::Body for Holding<G> {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { all: 4, for_administrators: 1, for_known: 1, stranger: 1, known: 2 };

    #[tokio::test]
    async fn who_loses_a_place_is_told_and_one_that_is_dropped_is_free() {
        let gate = Gate::new(BOUNDS);
        let first = gate.enter("a", Standing::Stranger).unwrap();
        let second = gate.enter("a", Standing::Stranger).unwrap();
        first.lost().await;
        assert_eq!(gate.len(), 1);
        drop(first);
        assert_eq!(gate.len(), 1, "what was taken away is not given back a second time");
        let busy = second.under_way();
        assert!(gate.enter("a", Standing::Stranger).is_err());
        drop(busy);
        second.promote("b", Standing::Known).unwrap();
        assert!(gate.enter("a", Standing::Stranger).is_ok());
        drop(second);
        assert!(gate.is_empty());
    }

    #[tokio::test]
    async fn a_call_holds_its_place_until_its_answer_is_gone() {
        let gate = Gate::new(BOUNDS);
        let calls: Vec<_> = (0..2).map(|_| gate.pass("a", Standing::Known).unwrap()).collect();
        assert!(gate.pass("a", Standing::Known).is_err());
        let body = Body::new(http_body_util::Full::new(Bytes::from_static(b"x")));
        let answer = hold(Response::new(body), calls);
        assert_eq!(gate.len(), 2);
        drop(answer);
        assert!(gate.is_empty());
    }
}
