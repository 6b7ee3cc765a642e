//! What a new configuration changes: each value with where it came from and what changing it does. Secrets are
//! compared but never shown.

use std::fmt;

use config::Config;
use config::diff::{Change, diff};
use config::origin::{Origin, Origins};
use config::patch::Patched;
use serde_json::{Value, json};

/// The changes from one configuration to another.
pub struct Changes(Vec<(Change, Option<Origin>)>);

impl Changes {
    /// What patches changed.
    pub fn of(base: &Config, patched: &Patched) -> Self {
        Self::between(base, &patched.config, &patched.origins)
    }

    /// What is different, with the origins of what is new.
    pub fn between(old: &Config, new: &Config, origins: &Origins) -> Self {
        let with_origin = |change: Change| {
            // What is gone has no place in the new configuration.
            let origin = change.new.as_ref().and_then(|_| origins.get(&change.document, &change.path));
            let origin = origin.cloned();
            (change, origin)
        };
        Self(diff(old, new).into_iter().map(with_origin).collect())
    }

    /// The changes of a file as a JSON object.
    pub fn to_json(&self, file: &str) -> Value {
        let row = |(change, origin): &(Change, Option<Origin>)| {
            let mut row = change.to_json();
            if let Some(object) = row.as_object_mut() {
                object.insert("origin".to_owned(), origin.as_ref().map_or(Value::Null, place));
            }
            row
        };
        json!({ "file": file, "changes": self.0.iter().map(row).collect::<Vec<_>>() })
    }
}

fn place(origin: &Origin) -> Value {
    json!({
        "source": &*origin.source.name,
        "step": origin.source.step,
        "line": origin.span.line,
        "column": origin.span.column,
    })
}

/// A line for each change, and a last one with the strongest effect.
impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (change, origin) in &self.0 {
            write!(f, "{change}")?;
            if let Some(Origin { source, span }) = origin {
                write!(f, " from {}", source.name)?;
                if span.is_known() {
                    write!(f, ":{span}")?;
                }
            }
            f.write_str("\n")?;
        }
        match self.0.iter().map(|(change, _)| change.effect).max() {
            None => f.write_str("No changes.\n"),
            Some(effect) => {
                let count = self.0.len();
                let s = if count == 1 { "" } else { "s" };
                writeln!(f, "{count} change{s}, strongest effect: {effect}")
            }
        }
    }
}
