//! Controllers: small loops that turn resources into other resources, or into effects.
//!
//! A controller says what it reads ([`Input`]) and writes ([`Output`]). The [`Runtime`] calls
//! [`Controller::reconcile`] once at start and again whenever an input changed since; several changes may
//! share one call. A failed call is repeated with a growing delay, so a controller simply reports what is
//! wrong and returns.

mod context;
mod runtime;
#[cfg(test)]
mod tests;

use std::time::Duration;

use resources::Spec;

pub use context::{Context, Outputs};
pub use runtime::{Edges, Runtime};

use crate::Kind;

/// How a controller depends on an input; the numbers are those of the inspect service (api.md 5.12).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputKind {
    /// The controller holds finalizers on the resources.
    Strong,
    /// The controller only reads.
    Weak,
    /// The controller waits until its own resources can be destroyed.
    DestroyReady,
}

/// Something a controller reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// Namespace and type.
    pub kind: Kind,
    /// One id only.
    pub id: Option<String>,
    /// How it depends on it.
    pub dependency: InputKind,
}

impl Input {
    /// Reads all `S` of the default namespace.
    pub fn weak<S: Spec>() -> Self {
        Self { kind: Kind::of::<S>(), id: None, dependency: InputKind::Weak }
    }

    /// Reads all `S` of the default namespace and holds finalizers on them.
    pub fn strong<S: Spec>() -> Self {
        Self { dependency: InputKind::Strong, ..Self::weak::<S>() }
    }

    /// The same in another namespace.
    pub fn in_namespace(mut self, namespace: &str) -> Self {
        self.kind.namespace = namespace.to_owned();
        self
    }

    /// The same, one id only.
    pub fn id(mut self, id: &str) -> Self {
        self.id = Some(id.to_owned());
        self
    }
}

/// Whether other controllers may write the same type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputKind {
    /// The only writer.
    Exclusive,
    /// One of several writers.
    Shared,
}

/// Something a controller writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Full type name.
    pub typ: &'static str,
    /// Whether it is the only writer.
    pub kind: OutputKind,
}

impl Output {
    /// The only writer of `S`.
    pub fn exclusive<S: Spec>() -> Self {
        Self { typ: S::TYPE, kind: OutputKind::Exclusive }
    }

    /// One of the writers of `S`.
    pub fn shared<S: Spec>() -> Self {
        Self { typ: S::TYPE, kind: OutputKind::Shared }
    }
}

/// When to reconcile next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// When an input changes, or somebody wakes the controller.
    Wait,
    /// The same, but after this time at the latest.
    After(Duration),
}

/// A controller.
#[async_trait::async_trait]
pub trait Controller: Send + 'static {
    /// Name, `package.NameController`; it is the owner of everything the controller writes.
    fn name(&self) -> &'static str;

    /// What it reads.
    fn inputs(&self) -> Vec<Input>;

    /// What it writes.
    fn outputs(&self) -> Vec<Output>;

    /// Makes the outputs follow from the inputs as they are now.
    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next>;
}
