//! The user's manifests as resources: fetched where they are elsewhere, and taken apart.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context as _, bail};
use proto::resource::k8s::{ExtraManifest, ExtraManifestsConfigSpec, ManifestSpec};
use proto::resource::network::StatusSpec as NetworkStatusSpec;
use serde_json::Value;
use state::{Context, Controller, Input, Next, Output};

use super::extra::EXTRA;
use super::render::spec;
use crate::kubernetes::fetch::fetch;

/// Longest wait for one manifest.
const FETCH: Duration = Duration::from_secs(30);

/// Publishes Manifests of the user.
#[derive(Default)]
pub struct ExtraManifests {
    /// What was fetched, by where it is and with what it was asked for.
    fetched: HashMap<String, String>,
}

impl ExtraManifests {
    async fn text(&mut self, manifest: &ExtraManifest) -> anyhow::Result<String> {
        if manifest.url.is_empty() {
            return Ok(manifest.inline_manifest.clone());
        }
        let key = format!("{}\n{:?}", manifest.url, manifest.extra_headers);
        if let Some(known) = self.fetched.get(&key) {
            return Ok(known.clone());
        }
        let fetching = fetch(&manifest.url, &manifest.extra_headers);
        let bytes = match tokio::time::timeout(FETCH, fetching).await {
            Ok(fetched) => fetched.with_context(|| format!("fetching the manifest {}", manifest.url))?,
            Err(_) => bail!("fetching the manifest {}: no answer within {} s", manifest.url, FETCH.as_secs()),
        };
        let text = String::from_utf8(bytes).with_context(|| format!("{} is not text", manifest.url))?;
        self.fetched.insert(key, text.clone());
        Ok(text)
    }
}

/// The objects in a text of several YAML documents; lists are taken apart.
fn objects(text: &str) -> anyhow::Result<Vec<Value>> {
    let mut objects = Vec::new();
    for document in config::yaml::read(text.as_bytes())? {
        let value = document.root.to_json();
        let is_list = value.get("kind").and_then(Value::as_str) == Some("List");
        match value.get("items").and_then(Value::as_array).filter(|_| is_list) {
            Some(items) => objects.extend(items.iter().cloned()),
            None if value.is_object() => objects.push(value),
            None => {}
        }
    }
    Ok(objects)
}

/// An id without letters that would end a path.
fn id(manifest: &ExtraManifest) -> String {
    let name: String = manifest.name.chars().map(|c| if c == '/' { '-' } else { c }).collect();
    format!("{}-{name}", manifest.priority)
}

#[async_trait::async_trait]
impl Controller for ExtraManifests {
    fn name(&self) -> &'static str {
        "k8s.ExtraManifestController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![Input::weak::<ExtraManifestsConfigSpec>(), Input::weak::<NetworkStatusSpec>()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::shared::<ManifestSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let network = ctx.get::<NetworkStatusSpec>("status").await?.map(|n| n.spec);
        if !network.is_some_and(|n| n.address_ready && n.connectivity_ready) {
            return Ok(Next::Wait);
        }
        let outputs = ctx.outputs::<ManifestSpec>();
        let config = ctx.get::<ExtraManifestsConfigSpec>(EXTRA).await?;
        let mut failed = None;
        for manifest in config.iter().flat_map(|c| &c.spec.extra_manifests) {
            let read = match self.text(manifest).await {
                Ok(text) => objects(&text).with_context(|| format!("reading the manifest {}", manifest.name)),
                Err(error) => Err(error),
            };
            match read {
                Ok(objects) => drop(outputs.put(&id(manifest), spec(&objects)).await?),
                Err(error) => failed = Some(error),
            }
        }
        match failed {
            // What is there already stays until all of it is.
            Some(error) => Err(error),
            None => {
                outputs.finish().await?;
                Ok(Next::Wait)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_and_lists_are_taken_apart() {
        let text = "kind: A\n---\n# nothing\n---\nkind: List\nitems: [{kind: B}, {kind: C}]\n";
        let kinds: Vec<_> =
            objects(text).unwrap().iter().map(|o| o["kind"].as_str().unwrap().to_owned()).collect();
        assert_eq!(kinds, ["A", "B", "C"]);
        assert!(objects("a: [").is_err());
    }
}
