//! What a new configuration changes: each value with where it came from and what changing it does. Secrets are
//! compared but never shown.

use std::collections::BTreeSet;
use std::fmt;

use config::Config;
use config::diff::{Change, diff};
use config::origin::{Origin, Origins};
use config::patch::Patched;
use serde_json::json;

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
    pub fn to_json(&self, file: &str) -> serde_json::Value {
        let row = |(change, origin): &(Change, Option<Origin>)| {
            let mut row = change.to_json();
            if let Some(object) = row.as_object_mut() {
                object.insert("origin".to_owned(), origin.as_ref().map_or(serde_json::Value::Null, place));
            }
            row
        };
        json!({ "file": file, "changes": self.0.iter().map(row).collect::<Vec<_>>() })
    }
}

fn place(origin: &Origin) -> serde_json::Value {
    json!({
        "source": &*origin.source.name,
        "step": origin.source.step,
        "line": origin.span.line,
        "column": origin.span.column,
    })
}

/// A line for each change, and a last one with all that they do.
impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (change, origin) in &self.0 {
            write!(f, "{}", change.shortened())?;
            if let Some(Origin { source, span }) = origin {
                write!(f, " from {}", source.name)?;
                if span.is_known() {
                    write!(f, ":{span}")?;
                }
            }
            f.write_str("\n")?;
        }
        if self.0.is_empty() {
            return f.write_str("No changes.\n");
        }
        let effects: BTreeSet<_> = self.0.iter().map(|(change, _)| change.effect).collect();
        let effects: Vec<String> = effects.iter().map(ToString::to_string).collect();
        let s = if self.0.len() == 1 { "" } else { "s" };
        writeln!(f, "{} change{s}: {}", self.0.len(), effects.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use config::patch;

    use super::*;

    fn changes(base: &str, patch: &str) -> String {
        let base = Config::decode("c.yaml", base.as_bytes()).unwrap();
        let patches = [patch::load("p.yaml", patch.as_bytes()).unwrap()];
        let patched = patch::apply(&base, &patches).unwrap();
        Changes::of(&base, &patched).to_string()
    }

    #[test]
    fn each_change_says_what_it_does_and_where_it_is_from_and_all_are_summed_up() {
        let text = changes(
            "machine:\n  type: worker\n  token: hunter1\n  sysctls: {a: '1'}\n",
            "machine:\n  token: hunter2\n  sysctls: {a: '2', b: '3'}\n",
        );
        assert_eq!(
            text,
            "v1alpha1 machine.token: REDACTED → REDACTED (service-restart(trustd)) from p.yaml:2:3\n\
             v1alpha1 machine.sysctls.a: \"1\" → \"2\" (live) from p.yaml:3:13\n\
             v1alpha1 machine.sysctls.b: + \"3\" (live) from p.yaml:3:21\n\
             3 changes: live, service-restart(trustd)\n"
        );
    }

    #[test]
    fn what_is_gone_has_no_place_and_long_texts_are_cut() {
        let long = "x".repeat(500);
        let text = changes(
            "machine: {certSANs: [a], sysctls: {a: b}}\n",
            "- {op: remove, path: /machine/sysctls}\n",
        );
        assert_eq!(text, "v1alpha1 machine.sysctls: - {\"a\":\"b\"} (live)\n1 change: live\n");
        let text = changes("machine: {sysctls: {a: b}}\n", &format!("machine: {{sysctls: {{a: {long}}}}}\n"));
        assert!(text.contains("xxx… (live) from p.yaml") && text.len() < 150, "{text}");
    }
}
