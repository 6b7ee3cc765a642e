//! Runs controllers over a store.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::{Context, Controller, Input, Next, Output, OutputKind};
use crate::{Query, Start, State, Watch};

/// Delay after the first failure of a controller; doubled on each further one.
const FIRST_BACKOFF: Duration = Duration::from_millis(50);

/// Longest delay between two attempts of a failing controller.
const MAX_BACKOFF: Duration = Duration::from_secs(5);

/// A failing controller, its name and the error: told to whoever keeps the controller log.
pub type FailureSink = Arc<dyn Fn(&'static str, &anyhow::Error) + Send + Sync>;

/// A set of controllers over one store.
pub struct Runtime {
    state: Arc<dyn State>,
    controllers: Vec<Box<dyn Controller>>,
    failures: FailureSink,
}

/// One controller's edges, for the dependency graph of the inspect service.
#[derive(Debug, Clone)]
pub struct Edges {
    /// Controller name.
    pub name: &'static str,
    /// What it reads.
    pub inputs: Vec<Input>,
    /// What it writes.
    pub outputs: Vec<Output>,
}

impl Runtime {
    /// An empty set over `state`; failures are logged through `tracing`.
    pub fn new(state: Arc<dyn State>) -> Self {
        let failures: FailureSink =
            Arc::new(|name, error| tracing::warn!(controller = name, "reconciliation failed: {error:#}"));
        Self { state, controllers: Vec::new(), failures }
    }

    /// Sends failures somewhere else.
    pub fn on_failure(mut self, sink: FailureSink) -> Self {
        self.failures = sink;
        self
    }

    /// Adds a controller.
    pub fn register(&mut self, controller: impl Controller) {
        self.controllers.push(Box::new(controller));
    }

    /// What reads and writes what. Fails when two controllers claim a type exclusively.
    pub fn edges(&self) -> anyhow::Result<Vec<Edges>> {
        let edges: Vec<_> = self
            .controllers
            .iter()
            .map(|c| Edges { name: c.name(), inputs: c.inputs(), outputs: c.outputs() })
            .collect();
        for (i, a) in edges.iter().enumerate() {
            for b in edges.iter().skip(i + 1) {
                anyhow::ensure!(a.name != b.name, "two controllers are named {}", a.name);
                for output in &a.outputs {
                    let clash = b.outputs.iter().find(|o| o.typ == output.typ);
                    let exclusive = |o: &Output| o.kind == OutputKind::Exclusive;
                    anyhow::ensure!(
                        !clash.is_some_and(|o| exclusive(o) || exclusive(output)),
                        "{} and {} both write {}",
                        a.name,
                        b.name,
                        output.typ
                    );
                }
            }
        }
        Ok(edges)
    }

    /// Runs all controllers until the returned set is dropped or shut down.
    pub fn start(self) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        for controller in self.controllers {
            let ctx = Context {
                state: self.state.clone(),
                owner: controller.name(),
                wake: Arc::new(Notify::new()),
            };
            tasks.spawn(drive(controller, ctx, self.failures.clone()));
        }
        tasks
    }
}

async fn drive(mut controller: Box<dyn Controller>, ctx: Context, failures: FailureSink) {
    let mut watches = JoinSet::new();
    for input in controller.inputs() {
        watches.spawn(follow(input, ctx.state.clone(), ctx.wake.clone()));
    }
    let mut backoff = FIRST_BACKOFF;
    loop {
        let delay = match controller.reconcile(&ctx).await {
            Ok(next) => {
                backoff = FIRST_BACKOFF;
                match next {
                    Next::Wait => None,
                    Next::After(delay) => Some(delay),
                }
            }
            Err(error) => {
                failures(ctx.owner, &error);
                let delay = backoff;
                backoff = (backoff * 2).min(MAX_BACKOFF);
                Some(delay)
            }
        };
        match delay {
            None => ctx.wake.notified().await,
            Some(delay) => {
                let _ = tokio::time::timeout(delay, ctx.wake.notified()).await;
            }
        }
    }
}

/// Wakes the controller on every change of an input; starts over when the watch breaks.
async fn follow(input: Input, state: Arc<dyn State>, wake: Arc<Notify>) {
    let mut backoff = FIRST_BACKOFF;
    loop {
        let watch = Watch {
            kind: input.kind.clone(),
            id: input.id.clone(),
            start: Start::Now,
            query: Query::default(),
        };
        match state.watch(watch).await {
            Ok(mut events) => {
                // What changed before the subscription must be seen too.
                wake.notify_one();
                while let Some(Ok(_)) = events.next().await {
                    backoff = FIRST_BACKOFF;
                    wake.notify_one();
                }
            }
            Err(error) => tracing::warn!(typ = input.kind.typ, "cannot watch an input: {error}"),
        }
        tokio::time::sleep(backoff).await;
        backoff = (backoff * 2).min(MAX_BACKOFF);
    }
}
