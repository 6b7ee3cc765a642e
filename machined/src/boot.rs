//! From nothing to a running machine: makes the parts, connects them, runs the sequences.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use anyhow::Context;
use state::{MemoryState, Runtime, State};
use sys::process::Reaper;
use tokio::sync::watch;

use crate::access::KnownPeers;
use crate::api::InspectApi;
use crate::blocking::Pools;
use crate::configuration::{ActiveConfig, ConfigStore, Keeper};
use crate::controllers::{self, Deps};
use crate::events::EventLog;
use crate::logs::Logs;
use crate::machine::Machine;
use crate::sequencer::{Request, Sequence, Sequencer};
use crate::services::ServiceManager;
use crate::stage::Stage;
use crate::tasks::{Effects, Ending};
use crate::{children, console, directories, platform, server, services, signals};

/// Runs the machine until it is to be turned off or started again.
pub async fn run() -> anyhow::Result<Ending> {
    let reaper = Reaper::start().context("cannot become the one that waits for processes")?;
    let logs = Logs::default();
    console::start(&logs);
    let platform = platform::detect(|key| std::env::var(key).ok(), Path::new("/"));
    tracing::info!("machined {} on platform {}", crate::api::version::OWN, platform.name);
    directories::prepare()?;

    let state: Arc<dyn State> = Arc::new(MemoryState::default());
    let events = EventLog::default();
    let stage = Stage::default();
    let peers = KnownPeers::default();
    let active = ActiveConfig::default();
    let keeper = Keeper::new(state.clone(), ConfigStore::new(directories::STATE), active.clone());
    server::publish_definitions(&*state).await?;
    crate::platform::network::publish(&*state).await;

    let services = ServiceManager::new(state.clone(), children::Observer::new(events.clone(), peers.clone()));
    let machine = Machine {
        state: state.clone(),
        events: events.clone(),
        logs: logs.clone(),
        active: active.clone(),
        keeper,
        services: services.clone(),
        pools: Pools::default(),
        platform,
        inspect: InspectApi::default(),
        sequencer: Arc::new(OnceLock::new()),
        bootstrap: Arc::new(OnceLock::new()),
    };
    let (ending, mut ended) = watch::channel(None);
    let sequencer = Sequencer::new(Effects::new(machine.clone(), stage.clone(), ending), events.clone());
    let _ = machine.sequencer.set(sequencer.clone());

    children::record_self(&peers);
    let api = server::listen(&machine, peers)?;
    let environment = children::environment(&machine, Arc::new(reaper));
    let membership = Arc::new(controllers::etcd::Members::new(state.clone()));
    let registered = services::register(&services, &environment, &platform, membership)?;
    let _ = machine.bootstrap.set(registered.bootstrap);
    let deps = Deps {
        state: state.clone(),
        active,
        platform,
        clock: Arc::new(sys::clock::System),
        stage,
        events,
        services,
    };
    let mut runtime = Runtime::new(state);
    controllers::register(&mut runtime, &deps);
    let edges = runtime.edges().context("the controllers do not fit together")?;
    let _ = machine.inspect.edges.set(edges);
    let controllers = runtime.start();

    signals::follow(sequencer.clone())?;
    tokio::spawn(start(sequencer));
    tokio::spawn(sys::memory::settle());
    let ending = ended.wait_for(Option::is_some).await.map(|e| *e).ok().flatten();
    drop((controllers, api));
    ending.context("the sequences ended without an end of the machine")
}

/// Initialize, then Boot. A failure leaves the API up: somebody has to be able to see and mend it.
async fn start(sequencer: Sequencer<Effects>) {
    for sequence in [Sequence::Initialize, Sequence::Boot] {
        if let Err(error) = sequencer.run(sequence, &Request::default(), false).await {
            tracing::error!("{error}");
            return;
        }
    }
}
