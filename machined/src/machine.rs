//! The machine: what the API, the sequences and the main program share.

use std::sync::{Arc, OnceLock};

use state::State;

use crate::api::InspectApi;
use crate::blocking::Pools;
use crate::configuration::{ActiveConfig, Keeper};
use crate::events::EventLog;
use crate::logs::Logs;
use crate::platform::Platform;
use crate::sequencer::Sequencer;
use crate::services::ServiceManager;
use crate::services::definitions::etcd::Bootstrap;
use crate::tasks::Effects;

/// Handles of the machine's parts. Clones share them.
#[derive(Clone)]
pub struct Machine {
    /// The resource store.
    pub state: Arc<dyn State>,
    /// Events.
    pub events: EventLog,
    /// Logs.
    pub logs: Logs,
    /// The parsed configuration.
    pub active: ActiveConfig,
    /// Owner of the configuration.
    pub keeper: Keeper,
    /// Services.
    pub services: ServiceManager,
    /// Places for work that may wait.
    pub pools: Pools,
    /// Where the machine runs.
    pub platform: Platform,
    /// What controllers read and write.
    pub inspect: InspectApi,
    /// The sequences; set once, after what they act on exists.
    pub sequencer: Arc<OnceLock<Sequencer<Effects>>>,
    /// Asks etcd to begin a cluster; set once, with the services.
    pub bootstrap: Arc<OnceLock<Arc<Bootstrap>>>,
}

impl Machine {
    /// True while there is no complete configuration.
    pub async fn maintenance(&self) -> bool {
        !self.active.is_complete(&*self.state).await
    }
}
