//! What applying has in common for all nouns: the wishes with their finalizers, and telling what failed.
//!
//! A wish is held by a finalizer while it is in the kernel, so that one that is withdrawn, even while networkd
//! was not running, is undone before it disappears.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use proto::internal::specs::NoticeSpec;
use resources::{Phase, Spec};
use state::{Context, Next, Pointer, Result};

use crate::outcome::{Outcome, Report};
use crate::publish::Publisher;

/// First pause before wishes that the kernel refused are tried again without any event; doubled each time.
const FIRST_RETRY: Duration = Duration::from_millis(500);

/// Longest such pause.
const LAST_RETRY: Duration = Duration::from_secs(60);

/// The wishes of one noun.
pub struct Wishes<S> {
    /// What shall be.
    pub wanted: Vec<S>,
    /// What shall be no more.
    pub unwanted: Vec<S>,
    leaving: Vec<(Pointer, String)>,
}

impl<S: Spec> Wishes<S> {
    /// Reads the wishes and holds on to them.
    pub async fn take(ctx: &Context) -> Result<Self> {
        let mut wishes = Self { wanted: Vec::new(), unwanted: Vec::new(), leaving: Vec::new() };
        for found in ctx.list::<S>().await? {
            let pointer = Pointer::of::<S>(found.id());
            let held = found.metadata.finalizers.iter().any(|f| f == ctx.owner());
            if found.metadata.phase == Phase::TearingDown {
                if held {
                    wishes.leaving.push((pointer, found.metadata.id));
                    wishes.unwanted.push(found.spec);
                }
                continue;
            }
            if !held {
                match ctx.add_finalizer(&pointer).await {
                    Ok(()) => {}
                    // Withdrawn in between: never applied, nothing to undo.
                    Err(error) if error.is_not_found() => continue,
                    Err(state::Error::PhaseConflict { .. }) => continue,
                    Err(error) => return Err(error),
                }
            }
            wishes.wanted.push(found.spec);
        }
        Ok(wishes)
    }

    /// Lets go of the withdrawn wishes that were undone.
    pub async fn release(&self, ctx: &Context, report: &Report) -> Result<()> {
        for (pointer, id) in &self.leaving {
            if !report.has_failed(id) {
                ctx.remove_finalizer(pointer).await?;
            }
        }
        Ok(())
    }
}

/// Keeps a quarrel with somebody else who changes the same things from taking the whole processor: after a burst
/// of changes each further one has to wait.
pub struct Pace {
    left: u32,
    since: Instant,
}

impl Pace {
    /// Changes that are made without waiting: a boot needs a handful.
    const BURST: u32 = 20;
    /// Time after which one more change is free.
    const REFILL: Duration = Duration::from_millis(500);

    /// Takes note of a reconciliation, and waits if those that changed something are too many.
    pub async fn note(&mut self, changed: bool) {
        if !changed {
            return;
        }
        let refilled =
            u32::try_from(self.since.elapsed().as_millis() / Self::REFILL.as_millis()).unwrap_or(u32::MAX);
        if refilled > 0 {
            self.left = self.left.saturating_add(refilled).min(Self::BURST);
            self.since = Instant::now();
        }
        match self.left.checked_sub(1) {
            Some(left) => self.left = left,
            None => tokio::time::sleep(Self::REFILL).await,
        }
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self { left: Self::BURST, since: Instant::now() }
    }
}

/// Tells what failed, in the log once and as a notice while it lasts, and says when to try again.
pub struct Failures {
    pace: Pace,
    noun: &'static str,
    last: BTreeMap<String, String>,
    retry: Duration,
    notices: Publisher<NoticeSpec>,
}

impl Failures {
    /// Failures of one noun, named in the plural.
    pub fn of(noun: &'static str) -> Self {
        Self {
            pace: Pace::default(),
            noun,
            last: BTreeMap::new(),
            retry: FIRST_RETRY,
            notices: Publisher::default(),
        }
    }

    /// Takes note of a report, and says when to try again.
    pub async fn tell(&mut self, ctx: &Context, report: &Report) -> Next {
        self.pace.note(report.changed_anything()).await;
        let now: BTreeMap<String, String> =
            report.failures().map(|(id, reason)| (id.to_owned(), reason.to_owned())).collect();
        for (id, reason) in now.iter().filter(|(id, reason)| self.last.get(*id) != Some(reason)) {
            tracing::warn!(noun = self.noun, id, "cannot be applied: {reason}");
        }
        for id in self.last.keys().filter(|id| !now.contains_key(*id)) {
            tracing::info!(noun = self.noun, id, "is applied after all");
        }
        for (id, outcome) in &report.0 {
            match outcome {
                Outcome::Created | Outcome::Changed | Outcome::Removed => {
                    tracing::info!(noun = self.noun, id, "{outcome:?}");
                }
                Outcome::Waiting(for_what) => tracing::debug!(noun = self.noun, id, "waiting: {for_what}"),
                Outcome::Identity | Outcome::Failed(_) => {}
            }
        }
        let notice = NoticeSpec::error(
            format!("some {} of the network configuration cannot be applied", self.noun),
            now.iter().map(|(id, reason)| format!("{id}: {reason}")).collect(),
        );
        let wanted = if now.is_empty() {
            BTreeMap::new()
        } else {
            BTreeMap::from([(format!("network-{}", self.noun.replace(' ', "-")), notice)])
        };
        if let Err(error) = self.notices.publish(ctx, wanted).await {
            tracing::debug!("publishing a notice: {error}");
        }
        self.retry =
            if now.is_empty() || now != self.last { FIRST_RETRY } else { (self.retry * 2).min(LAST_RETRY) };
        self.last = now;
        if self.last.is_empty() { Next::Wait } else { Next::After(self.retry) }
    }
}
