//! Carries out what an apply decided: one at a time, and with a way back for tried configurations.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use config::Config;
use state::State;
use tokio::sync::{Mutex, MutexGuard};
use tokio::task::JoinHandle;

use super::active::{self, PERSISTENT};
use super::store::Stored;
use super::{Active, ActiveConfig, ConfigStore, Decision, notice};

/// Why a configuration was not taken over.
#[derive(Debug, thiserror::Error)]
pub enum KeeperError {
    /// Another apply is under way.
    #[error("another configuration is being applied: try again when it is done")]
    Busy,
    /// STATE could not be written; the active configuration is unchanged.
    #[error("cannot write the configuration to STATE, nothing was changed: {0}")]
    State(#[source] std::io::Error),
    /// The next boot could not read it; the active configuration is unchanged.
    #[error("the configuration would not be readable from STATE, nothing was changed: {0}")]
    Unreadable(String),
    /// The store refused.
    #[error(transparent)]
    Store(#[from] state::Error),
}

/// Owner of the configuration files and of MachineConfigs.
#[derive(Clone)]
pub struct Keeper {
    inner: Arc<Inner>,
}

struct Inner {
    state: Arc<dyn State>,
    files: ConfigStore,
    active: ActiveConfig,
    slot: Mutex<Slot>,
}

#[derive(Default)]
struct Slot {
    /// Brings the configuration before a tried one back.
    revert: Option<JoinHandle<()>>,
}

/// The right to apply, held for as long as one apply takes.
pub struct Turn<'a> {
    keeper: &'a Keeper,
    slot: MutexGuard<'a, Slot>,
}

impl Keeper {
    /// A keeper over a store and the files of STATE.
    pub fn new(state: Arc<dyn State>, files: ConfigStore, active: ActiveConfig) -> Self {
        Self { inner: Arc::new(Inner { state, files, active, slot: Mutex::default() }) }
    }

    /// Reads what an earlier boot left on STATE and makes it active. Unknown keys do not stand in the way, and
    /// a file that cannot be read at all is passed over for the newest generation that can.
    pub async fn load(&self) -> anyhow::Result<bool> {
        let Some(Stored { bytes, fallback }) = self.inner.files.load_readable(readable)? else {
            return Ok(false);
        };
        let parsed = self.inner.active.parse(bytes.clone().into())?;
        for problem in parsed.config.decode_warnings().problems() {
            tracing::warn!("stored configuration: {problem}");
        }
        if let Some(fallback) = fallback {
            tracing::error!("{fallback}");
            notice::unreadable(&*self.inner.state, &fallback).await?;
        }
        active::publish(&*self.inner.state, PERSISTENT, &bytes).await?;
        self.inner.active.set(&*self.inner.state, Some(&bytes)).await?;
        Ok(true)
    }

    /// Takes the turn to apply; [`KeeperError::Busy`] while somebody else has it.
    pub fn turn(&self) -> Result<Turn<'_>, KeeperError> {
        let slot = self.inner.slot.try_lock().map_err(|_| KeeperError::Busy)?;
        Ok(Turn { keeper: self, slot })
    }

    /// The configuration in effect, complete or not.
    pub async fn current(&self) -> anyhow::Result<Option<Active>> {
        self.inner.active.any(&*self.inner.state).await
    }

    async fn restore(&self, previous: Option<Bytes>) {
        match self.inner.active.set(&*self.inner.state, previous.as_deref()).await {
            Ok(()) => tracing::info!("the tried configuration was not confirmed: the previous one is back"),
            Err(error) => tracing::error!("cannot bring the previous configuration back: {error}"),
        }
    }
}

impl Turn<'_> {
    /// Does what was decided with a valid configuration.
    pub async fn carry_out(mut self, config: &[u8], decision: Decision) -> Result<(), KeeperError> {
        let inner = &self.keeper.inner;
        if !decision.persist && !decision.activate {
            return Ok(());
        }
        let pending = self.slot.revert.take().filter(|task| !task.is_finished());
        // What a second try goes back to is what the first one would have gone back to: the persisted one.
        let tried_before = pending.is_some();
        if let Some(task) = pending {
            task.abort();
        }
        let previous = match tried_before {
            true => inner.files.load().map_err(KeeperError::State)?.map(Bytes::from),
            false => self.keeper.current().await.unwrap_or(None).map(|active| active.bytes),
        };
        // Parsed where it does not hold up the machine.
        let text = Bytes::copy_from_slice(config);
        let parse = tokio::task::spawn_blocking(move || sys::panic::catch(|| Active::decode(text)));
        let unreadable = |error: String| KeeperError::Unreadable(error);
        let parsed = parse.await.map_err(|error| unreadable(error.to_string()))?;
        let parsed = parsed.map_err(|panicked| unreadable(panicked.to_string()))?;
        let parsed = parsed.map_err(|report| unreadable(report.to_string()))?;
        if decision.persist {
            inner.files.save(config).map_err(KeeperError::State)?;
            active::publish(&*inner.state, PERSISTENT, config).await?;
            notice::readable(&*inner.state).await?;
        }
        if decision.activate {
            inner.active.remember(parsed);
            inner.active.set(&*inner.state, Some(config)).await?;
        } else if tried_before && let Some(previous) = &previous {
            // Staging ends a trial, too.
            inner.active.set(&*inner.state, Some(previous)).await?;
        }
        if let Some(after) = decision.revert_after {
            self.slot.revert = Some(self.revert_later(after, previous));
        }
        Ok(())
    }

    fn revert_later(&self, after: Duration, previous: Option<Bytes>) -> JoinHandle<()> {
        let keeper = self.keeper.clone();
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            keeper.restore(previous).await;
        })
    }
}

/// Whether the next boot can read a configuration, and if not why.
fn readable(bytes: &[u8]) -> Result<(), String> {
    Config::decode_lenient("config.yaml", bytes).map(drop).map_err(|report| report.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::configuration::active::ACTIVE;
    use crate::configuration::apply::{ApplyMode, decide};
    use proto::internal::specs::NoticeSpec;
    use proto::resource::config::MachineConfigSpec;
    use state::{MemoryState, ops};

    struct Fixture {
        state: Arc<dyn State>,
        keeper: Keeper,
        dir: tempfile::TempDir,
    }

    fn fixture() -> Fixture {
        let dir = tempfile::tempdir().unwrap();
        let state: Arc<dyn State> = Arc::new(MemoryState::default());
        let keeper = Keeper::new(state.clone(), ConfigStore::new(dir.path()), ActiveConfig::default());
        Fixture { state, keeper, dir }
    }

    fn text(hostname: &str) -> Vec<u8> {
        format!("apiVersion: v1alpha1\nkind: HostnameConfig\nhostname: {hostname}\n").into_bytes()
    }

    impl Fixture {
        async fn apply(&self, hostname: &str, mode: ApplyMode) {
            let decision = decide(mode, false, Some(Duration::from_secs(10)));
            self.keeper.turn().unwrap().carry_out(&text(hostname), decision).await.unwrap();
        }

        async fn stored(&self, id: &str) -> Option<Vec<u8>> {
            let found = ops::get::<MachineConfigSpec>(&*self.state, id).await.unwrap();
            found.map(|r| r.spec.yaml_marshalled.clone())
        }

        fn on_disk(&self) -> Option<Vec<u8>> {
            std::fs::read(self.dir.path().join("config.yaml")).ok()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_tried_configuration_goes_away_by_itself_and_never_reaches_the_disk() {
        let f = fixture();
        f.apply("a", ApplyMode::NoReboot).await;
        f.apply("b", ApplyMode::Try).await;
        assert_eq!(f.stored(ACTIVE).await, Some(text("b")));
        assert_eq!(f.on_disk(), Some(text("a")));
        tokio::time::sleep(Duration::from_secs(11)).await;
        assert_eq!(f.stored(ACTIVE).await, Some(text("a")));
    }

    #[tokio::test(start_paused = true)]
    async fn applying_again_confirms_a_tried_configuration() {
        let f = fixture();
        f.apply("a", ApplyMode::NoReboot).await;
        f.apply("b", ApplyMode::Try).await;
        f.apply("b", ApplyMode::NoReboot).await;
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!((f.stored(ACTIVE).await, f.on_disk()), (Some(text("b")), Some(text("b"))));
    }

    #[tokio::test(start_paused = true)]
    async fn a_second_try_goes_back_to_what_was_before_the_first() {
        let f = fixture();
        f.apply("a", ApplyMode::NoReboot).await;
        f.apply("b", ApplyMode::Try).await;
        f.apply("c", ApplyMode::Try).await;
        tokio::time::sleep(Duration::from_secs(11)).await;
        assert_eq!(f.stored(ACTIVE).await, Some(text("a")));
    }

    #[tokio::test]
    async fn staging_changes_the_disk_and_not_what_is_active() {
        let f = fixture();
        f.apply("a", ApplyMode::NoReboot).await;
        f.apply("b", ApplyMode::Staged).await;
        assert_eq!((f.stored(ACTIVE).await, f.stored(PERSISTENT).await), (Some(text("a")), Some(text("b"))));
        assert_eq!(f.on_disk(), Some(text("b")));
    }

    #[tokio::test]
    async fn a_full_disk_changes_nothing_at_all() {
        let f = fixture();
        f.apply("a", ApplyMode::NoReboot).await;
        std::fs::create_dir(f.dir.path().join(".config.yaml.tmp")).unwrap();
        let decision = decide(ApplyMode::NoReboot, false, None);
        let error = f.keeper.turn().unwrap().carry_out(&text("b"), decision).await.unwrap_err();
        assert!(matches!(error, KeeperError::State(_)), "{error}");
        assert_eq!((f.stored(ACTIVE).await, f.on_disk()), (Some(text("a")), Some(text("a"))));
    }

    #[tokio::test]
    async fn one_apply_at_a_time() {
        let f = fixture();
        let _turn = f.keeper.turn().unwrap();
        assert!(matches!(f.keeper.turn().err(), Some(KeeperError::Busy)));
    }

    #[tokio::test]
    async fn a_boot_takes_up_what_is_on_the_disk() {
        let f = fixture();
        assert!(!f.keeper.load().await.unwrap());
        f.apply("a", ApplyMode::NoReboot).await;
        let state: Arc<dyn State> = Arc::new(MemoryState::default());
        let again = Keeper::new(state.clone(), ConfigStore::new(f.dir.path()), ActiveConfig::default());
        assert!(again.load().await.unwrap());
        assert_eq!(again.current().await.unwrap().unwrap().bytes, text("a"));
    }

    #[tokio::test]
    async fn a_file_that_is_spoilt_gives_way_to_the_newest_generation_and_says_so() {
        let f = fixture();
        f.apply("a", ApplyMode::NoReboot).await;
        f.apply("b", ApplyMode::NoReboot).await;
        std::fs::write(f.dir.path().join("config.yaml"), "machine: {type: [").unwrap();
        let state: Arc<dyn State> = Arc::new(MemoryState::default());
        let again = Keeper::new(state.clone(), ConfigStore::new(f.dir.path()), ActiveConfig::default());
        assert!(again.load().await.unwrap());
        assert_eq!(again.current().await.unwrap().unwrap().bytes, text("b"));
        let told = ops::list::<NoticeSpec>(&*state).await.unwrap();
        assert!(told[0].spec.message.contains("generation"), "{:?}", told[0].spec);
        let decision = decide(ApplyMode::NoReboot, false, None);
        again.turn().unwrap().carry_out(&text("c"), decision).await.unwrap();
        assert!(ops::list::<NoticeSpec>(&*state).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn nothing_is_stored_that_could_not_be_read_back() {
        let f = fixture();
        f.apply("a", ApplyMode::NoReboot).await;
        let decision = decide(ApplyMode::NoReboot, false, None);
        let error = f.keeper.turn().unwrap().carry_out(b"a: [", decision).await.unwrap_err();
        assert!(matches!(error, KeeperError::Unreadable(_)), "{error}");
        assert_eq!((f.stored(ACTIVE).await, f.on_disk()), (Some(text("a")), Some(text("a"))));
    }
}
