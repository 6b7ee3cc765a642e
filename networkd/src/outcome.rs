//! What applying a plan did, wish by wish.

use std::collections::BTreeMap;

/// What became of one wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was so already.
    Identity,
    /// It was made.
    Created,
    /// It existed and was changed.
    Changed,
    /// It was removed.
    Removed,
    /// It cannot be done yet; an event will tell when.
    Waiting(String),
    /// The kernel refused.
    Failed(String),
}

/// Outcomes by resource id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report(pub BTreeMap<String, Outcome>);

impl Report {
    /// Notes an outcome. What is worse stays: a failure is not hidden by a later success of the same wish, and
    /// Created is not hidden by the Changed of a following step.
    pub fn note(&mut self, id: &str, outcome: Outcome) {
        let slot = self.0.entry(id.to_owned()).or_insert(Outcome::Identity);
        if rank(&outcome) > rank(slot) {
            *slot = outcome;
        }
    }

    /// Wishes that failed, with the reason.
    pub fn failures(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter_map(|(id, o)| match o {
            Outcome::Failed(reason) => Some((id.as_str(), reason.as_str())),
            _ => None,
        })
    }

    /// True when a wish failed.
    pub fn has_failed(&self, id: &str) -> bool {
        matches!(self.0.get(id), Some(Outcome::Failed(_)))
    }

    /// True when the kernel was changed.
    pub fn changed_anything(&self) -> bool {
        self.0.values().any(|o| matches!(o, Outcome::Created | Outcome::Changed | Outcome::Removed))
    }
}

fn rank(outcome: &Outcome) -> u8 {
    match outcome {
        Outcome::Identity => 0,
        Outcome::Changed => 1,
        Outcome::Created => 2,
        Outcome::Removed => 3,
        Outcome::Waiting(_) => 4,
        Outcome::Failed(_) => 5,
    }
}
