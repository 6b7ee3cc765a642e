//! Runs probes and publishes their results.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use proto::resource::network::{ProbeSpecSpec, ProbeStatusSpec};
use resources::Phase;
use state::{Context, Controller, Input, Next, Output};
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use super::attempt::attempt;
use super::judge::{Judge, Verdict};
use crate::publish::Publisher;

/// Pause between attempts that do not say, and the shortest one.
const INTERVAL: Duration = Duration::from_secs(1);

type Results = Arc<Mutex<BTreeMap<String, ProbeStatusSpec>>>;

/// A running probe; stops when dropped.
struct Running {
    spec: ProbeSpecSpec,
    task: AbortHandle,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Runs probes.
#[derive(Default)]
pub struct ProbeController {
    running: BTreeMap<String, Running>,
    results: Results,
    publisher: Publisher<ProbeStatusSpec>,
}

async fn probe(id: String, spec: ProbeSpecSpec, results: Results, waker: Arc<Notify>) {
    let interval = spec.interval.and_then(|d| Duration::try_from(d).ok()).unwrap_or(INTERVAL).max(INTERVAL);
    let mut judge = Judge::new(u32::try_from(spec.failure_threshold).unwrap_or_default());
    loop {
        let status = match judge.attempt(attempt(&spec).await) {
            Verdict::Success => Some(ProbeStatusSpec { success: true, last_error: String::new() }),
            Verdict::Failure(last_error) => Some(ProbeStatusSpec { success: false, last_error }),
            Verdict::Undecided => None,
        };
        if let Some(status) = status {
            let mut results = sys::sync::lock(&results);
            if results.get(&id) != Some(&status) {
                results.insert(id.clone(), status);
                waker.notify_one();
            }
        }
        tokio::time::sleep(interval).await;
    }
}

#[async_trait]
impl Controller for ProbeController {
    fn name(&self) -> &'static str {
        "network.ProbeController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![Input::weak::<ProbeSpecSpec>()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<ProbeStatusSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let specs = ctx.list::<ProbeSpecSpec>().await?;
        let wanted: BTreeMap<String, ProbeSpecSpec> = specs
            .into_iter()
            .filter(|s| s.metadata.phase == Phase::Running)
            .map(|s| (s.metadata.id, s.spec))
            .collect();
        self.running.retain(|id, running| wanted.get(id) == Some(&running.spec));
        for (id, spec) in &wanted {
            if !self.running.contains_key(id) {
                let task = tokio::spawn(probe(id.clone(), spec.clone(), self.results.clone(), ctx.waker()));
                self.running.insert(id.clone(), Running { spec: spec.clone(), task: task.abort_handle() });
            }
        }
        let statuses = {
            let mut results = sys::sync::lock(&self.results);
            results.retain(|id, _| wanted.contains_key(id));
            results.clone()
        };
        self.publisher.publish(ctx, statuses).await?;
        Ok(Next::Wait)
    }
}
