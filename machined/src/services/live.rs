//! The life of one service: wait, prepare, run, check, run again, until it is stopped.

use std::sync::Arc;
use std::time::Duration;

use supervisor::{Backoff, BackoffSettings};
use tokio::sync::watch;
use tokio::time::Instant;

use super::condition::{Condition, wait_for_all};
use super::health::{HealthSettings, Schedule, Verdict};
use super::manager::ServiceManager;
use super::process::ProcessRef;
use super::record::ServiceState;
use super::service::{Reporter, Service, Stop};

/// Waiting times between runs; the contract's 5 s is the longest (os.md 7).
const BACKOFF: BackoffSettings = BackoffSettings {
    first: Duration::from_millis(100),
    cap: Duration::from_secs(5),
    forgive_after: Duration::from_secs(30),
};

/// Time between looks whether a process was stopped.
const LOOK: Duration = Duration::from_secs(5);
/// How long a process may be stopped without being killed.
const FORGIVEN: Duration = Duration::from_secs(2);

/// Runs a service until it is to stop.
pub(super) async fn live(manager: &ServiceManager, service: Arc<dyn Service>, mut stop: Stop) {
    let id: Arc<str> = service.id().into();
    manager.enter(&id, ServiceState::Starting, "Starting service", None);
    let mut backoff = Backoff::new(BACKOFF);
    let mut quiet = false;
    while !stop.is_asked() {
        let (started, _) = watch::channel(0);
        let report = Reporter { manager: manager.clone(), id: Arc::clone(&id), quiet, started };
        let began = Instant::now();
        match once(manager, service.as_ref(), &report, &mut stop).await {
            Outcome::Stopped => break,
            Outcome::NotPrepared(error) => {
                quiet = true;
                let message = format!("Failed to prepare: {error:#}");
                manager.enter(&id, ServiceState::Failed, &message, None);
            }
            Outcome::Ended(_) if stop.is_asked() => break,
            Outcome::Ended(result) => {
                quiet = true;
                let message = match result {
                    Ok(()) => format!("Service {id} ended by itself, going to restart forever"),
                    Err(error) => format!("Error running {id}, going to restart forever: {error:#}"),
                };
                report.restarting(&message);
            }
        }
        let pause = backoff.after_run(began.elapsed());
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.asked() => {}
        }
    }
    manager.enter(&id, ServiceState::Finished, "Service finished successfully", None);
}

enum Outcome {
    Stopped,
    NotPrepared(anyhow::Error),
    Ended(anyhow::Result<()>),
}

async fn once(
    manager: &ServiceManager,
    service: &dyn Service,
    report: &Reporter,
    stop: &mut Stop,
) -> Outcome {
    let mut conditions = service.conditions();
    // Volumes come first in what users read, then services, then the rest.
    let at = conditions.iter().take_while(|c| matches!(c, Condition::Volumes(_))).count();
    let services: Vec<_> = service.dependencies().into_iter().map(Condition::ServiceUp).collect();
    conditions.splice(at..at, services);
    let waiting = wait_for_all(&conditions, manager, |missing| {
        // A service that is tried again says what went wrong rather than what it waited for, unless it must wait.
        if !report.quiet {
            manager.enter(report.id(), ServiceState::Waiting, &format!("Waiting for {missing}"), None);
        }
    });
    tokio::select! {
        () = waiting => {}
        () = stop.asked() => return Outcome::Stopped,
    }
    report.preparing("Running pre state");
    let prepared = tokio::select! {
        prepared = service.prepare(report) => prepared,
        () = stop.asked() => return Outcome::Stopped,
    };
    let runner = match prepared {
        Ok(runner) => runner,
        Err(error) => return Outcome::NotPrepared(error),
    };
    report.preparing("Creating service runner");
    let mut started = report.started.subscribe();
    let run = runner.run(report.clone(), stop.clone());
    match service.health() {
        None => Outcome::Ended(run.await),
        Some(settings) => tokio::select! {
            result = run => Outcome::Ended(result),
            () = watch_health(manager, service, settings, &mut started) => Outcome::Stopped,
            () = kill_when_stopped(manager, service.id()) => Outcome::Stopped,
        },
    }
}

/// Kills the main process of a service when somebody has stopped it (SIGSTOP): it can neither serve nor end.
async fn kill_when_stopped(manager: &ServiceManager, id: &str) {
    loop {
        tokio::time::sleep(LOOK).await;
        let stopped = |process: &ProcessRef| process.is_stopped();
        let Some(process) = manager.process(id).filter(stopped) else { continue };
        // One may stop and continue a process for a moment.
        tokio::time::sleep(FORGIVEN).await;
        if manager.process(id).is_some_and(|now| now == process && now.is_stopped()) {
            tracing::warn!("service {id} was stopped by a signal: killing process {}", process.pid());
            process.kill();
        }
    }
}

/// Checks the health of a service from its start on, and kills what is dead but does not know it.
async fn watch_health(
    manager: &ServiceManager,
    service: &dyn Service,
    settings: HealthSettings,
    started: &mut watch::Receiver<u64>,
) {
    let id = service.id();
    loop {
        if started.wait_for(|n| *n > 0).await.is_err() {
            // Nobody can start any more; the run is about to end.
            std::future::pending::<()>().await;
        }
        started.mark_unchanged();
        let mut schedule = Schedule::new(settings);
        loop {
            let verdict = match tokio::time::timeout(settings.timeout, service.check()).await {
                Ok(verdict) => verdict,
                Err(_) => Verdict::Silent(format!("no answer within {} ms", settings.timeout.as_millis())),
            };
            manager.checked(
                id,
                match &verdict {
                    Verdict::Healthy => Ok(()),
                    Verdict::Unhealthy(reason) | Verdict::Silent(reason) => Err(reason.clone()),
                },
            );
            let pause = schedule.after(&verdict);
            if let Some(process) = manager.process(id)
                && schedule.must_go()
            {
                tracing::warn!("service {id} does not answer: killing process {}", process.pid());
                process.kill();
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                // A new process: its health is not that of the old one.
                changed = started.changed() => match changed {
                    Ok(()) => break,
                    Err(_) => std::future::pending::<()>().await,
                },
            }
        }
    }
}
