//! The configuration in the store: what is active, what is persisted, and the parsed form that controllers
//! share.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use config::{Config, Report};
use proto::resource::config::MachineConfigSpec;
use resources::Spec;
use state::{Pointer, State, ops};

/// Id of the configuration in effect.
pub const ACTIVE: &str = "v1alpha1";

/// Id of the configuration that the next boot will use.
pub const PERSISTENT: &str = "persistent";

/// Who writes MachineConfigs.
const OWNER: &str = "config.AcquireController";

/// A configuration in effect.
#[derive(Clone)]
pub struct Active {
    /// The text as it was given.
    pub bytes: Bytes,
    /// Its parsed form.
    pub config: Arc<Config>,
}

impl Active {
    /// Parses a text; what is unknown in it is kept.
    ///
    /// # Errors
    /// When it is no configuration at all.
    pub fn decode(bytes: Bytes) -> Result<Self, Report> {
        let config = Arc::new(Config::decode_lenient("config.yaml", &bytes)?);
        Ok(Self { bytes, config })
    }
}

/// Parses a configuration once, however many controllers ask for it. Clones share the memory.
#[derive(Clone, Default)]
pub struct ActiveConfig {
    parsed: Arc<Mutex<Option<Active>>>,
    seen: Arc<Seen>,
}

/// Whether a complete configuration was seen and has not been replaced since.
#[derive(Default)]
struct Seen {
    /// Counts what was put into the store.
    changes: AtomicU64,
    /// One more than that count was before a complete configuration was found.
    complete: AtomicU64,
}

impl ActiveConfig {
    /// The configuration in effect; `None` in maintenance, when there is none or only a partial one.
    pub async fn complete(&self, state: &dyn State) -> anyhow::Result<Option<Active>> {
        let changes = self.seen.changes.load(Ordering::Acquire);
        let found = self.any(state).await?.filter(|active| active.config.is_complete());
        self.seen.complete.store(found.as_ref().map_or(0, |_| changes + 1), Ordering::Release);
        Ok(found)
    }

    /// Whether a complete configuration is in effect. Every call of `Version` asks: the store is asked only after
    /// a change.
    pub async fn is_complete(&self, state: &dyn State) -> bool {
        let seen = self.seen.complete.load(Ordering::Acquire);
        seen == self.seen.changes.load(Ordering::Acquire) + 1
            || matches!(self.complete(state).await, Ok(Some(_)))
    }

    /// Puts the configuration in effect into the store, or takes it out: a tried one that there was none before.
    pub async fn set(&self, state: &dyn State, bytes: Option<&[u8]>) -> state::Result<()> {
        let done = match bytes {
            Some(bytes) => publish(state, ACTIVE, bytes).await,
            None => withdraw(state, ACTIVE).await,
        };
        self.seen.changes.fetch_add(1, Ordering::AcqRel);
        done
    }

    /// The configuration in effect, complete or not.
    pub async fn any(&self, state: &dyn State) -> anyhow::Result<Option<Active>> {
        let Some(found) = ops::get::<MachineConfigSpec>(state, ACTIVE).await? else { return Ok(None) };
        self.parse(found.spec.yaml_marshalled.into()).map(Some)
    }

    /// What was parsed last, without asking the store.
    pub fn last(&self) -> Option<Active> {
        sys::sync::lock(&self.parsed).clone()
    }

    /// The parsed form of a text. What is unknown in it is kept and reported, not refused: it was accepted
    /// once, perhaps by a newer version.
    pub fn parse(&self, bytes: Bytes) -> anyhow::Result<Active> {
        if let Some(active) = self.last().filter(|active| active.bytes == bytes) {
            return Ok(active);
        }
        let active = Active::decode(bytes)
            .map_err(|report| anyhow::anyhow!("the stored configuration cannot be read: {report}"))?;
        self.remember(active.clone());
        Ok(active)
    }

    /// Keeps a parsed form for whoever asks for that text next.
    pub fn remember(&self, active: Active) {
        *sys::sync::lock(&self.parsed) = Some(active);
    }
}

/// Puts a configuration into the store under `id`.
pub async fn publish(state: &dyn State, id: &str, bytes: &[u8]) -> state::Result<()> {
    let pointer = Pointer::of::<MachineConfigSpec>(id);
    ops::modify::<MachineConfigSpec>(state, OWNER, &pointer, |resource| {
        resource.spec.yaml_marshalled = bytes.to_vec();
        // Without an annotation clients take the YAML for an older form (contract api.md 6.1).
        resource.metadata.annotations.insert("talos.dev/yaml-spec".to_owned(), "1".to_owned());
    })
    .await
    .map(drop)
}

async fn withdraw(state: &dyn State, id: &str) -> state::Result<()> {
    let pointer = Pointer::new(MachineConfigSpec::NAMESPACE, MachineConfigSpec::TYPE, id);
    ops::teardown_and_destroy(state, OWNER, &pointer).await.map(drop)
}

#[cfg(test)]
mod tests {
    use state::MemoryState;

    use super::*;

    #[tokio::test]
    async fn a_configuration_is_complete_until_another_one_is_set() {
        let (state, active) = (MemoryState::default(), ActiveConfig::default());
        assert!(!active.is_complete(&state).await);
        let complete: &[u8] = b"machine: {type: worker}\ncluster: {}\n";
        let partial: &[u8] = b"apiVersion: v1alpha1\nkind: HostnameConfig\nhostname: a\n";
        for (bytes, expected) in
            [(Some(complete), true), (Some(partial), false), (Some(complete), true), (None, false)]
        {
            active.set(&state, bytes).await.unwrap();
            assert_eq!(active.is_complete(&state).await, expected);
            assert_eq!(active.is_complete(&state).await, expected, "asked again");
        }
    }
}
