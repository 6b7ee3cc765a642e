//! Layers: many wishes for one thing, and which of them counts.
//!
//! Each source of configuration writes its wishes into namespace `network-config`; one merge per noun turns
//! them into the wanted state in namespace `network`. The rules differ by noun (contract os.md 5.1) and stand
//! in each noun's `merge.rs`; here is what they share.

use std::collections::BTreeMap;

use async_trait::async_trait;
use resources::{Phase, Spec};
use state::{Context, Controller, Input, Next, Output};

use crate::publish::Publisher;

/// Namespace of the wishes (contract os.md 5.1).
pub const WISHES: &str = "network-config";

/// How long until a spec that is still held (its kernel state is not undone yet) is looked at again.
const PENDING: std::time::Duration = std::time::Duration::from_millis(200);

/// A spec that may be wished for by several layers.
pub trait Layered: Spec {
    /// The layer that it comes from; higher counts more.
    fn layer(&self) -> i32;

    /// Identifier of what it describes, without the layer.
    fn key(&self) -> String;

    /// The wanted state of one thing from all wishes for it, at least one, lowest layer first; wishes of the
    /// same layer are ordered by their resource id.
    fn merged(wishes: Vec<Self>) -> Self;
}

/// The wanted state of every thing that somebody wishes for; `wishes` in any order, each with its resource id.
pub fn merge_all<S: Layered>(wishes: impl IntoIterator<Item = (String, S)>) -> BTreeMap<String, S> {
    let mut sorted: Vec<(String, S)> = wishes.into_iter().collect();
    sorted.sort_by(|(id_a, a), (id_b, b)| a.layer().cmp(&b.layer()).then_with(|| id_a.cmp(id_b)));
    let mut groups: BTreeMap<String, Vec<S>> = BTreeMap::new();
    for (_, wish) in sorted {
        groups.entry(wish.key()).or_default().push(wish);
    }
    groups.into_iter().map(|(key, wishes)| (key, S::merged(wishes))).collect()
}

/// The wish of the highest layer; among equals the last.
pub fn highest<S: Layered + Default>(wishes: Vec<S>) -> S {
    wishes.into_iter().max_by_key(Layered::layer).unwrap_or_default()
}

/// Name of the controller that merges a noun.
pub trait Merged: Layered {
    /// The name, which owns the merged specs.
    const CONTROLLER: &'static str;
}

/// Merges the wishes of one noun.
pub struct MergeController<S> {
    publisher: Publisher<S>,
}

impl<S: Merged> Default for MergeController<S> {
    fn default() -> Self {
        Self { publisher: Publisher::default() }
    }
}

#[async_trait]
impl<S: Merged> Controller for MergeController<S> {
    fn name(&self) -> &'static str {
        S::CONTROLLER
    }

    fn inputs(&self) -> Vec<Input> {
        vec![Input::weak::<S>().in_namespace(WISHES)]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::shared::<S>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let wishes = ctx.list_in::<S>(WISHES).await?;
        let wishes = wishes.into_iter().filter(|r| r.metadata.phase == Phase::Running);
        let merged = merge_all(wishes.map(|r| (r.metadata.id, r.spec)));
        let done = self.publisher.publish(ctx, merged).await?;
        Ok(if done { Next::Wait } else { Next::After(PENDING) })
    }
}
