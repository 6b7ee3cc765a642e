//! Services that live on virtual time.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use proto::machine::ServiceStateEvent;
use proto::resource::runtime::ServicePidSpec;
use proto::resource::time;
use proto::resource::v1alpha1::ServiceSpec;
use state::{MemoryState, State, ops};
use tokio::sync::watch;

use super::*;

/// A service that does what a test says.
#[derive(Clone, Default)]
struct Fake {
    id: String,
    needs: Vec<String>,
    waits: Vec<Condition>,
    health: Option<HealthSettings>,
    script: Arc<Script>,
}

#[derive(Default)]
struct Script {
    failures: Mutex<VecDeque<String>>,
    crash: watch::Sender<u64>,
    verdict: Mutex<Option<Verdict>>,
    ended: Mutex<Vec<String>>,
    runs: Mutex<u32>,
}

fn fake(id: &str) -> Fake {
    Fake { id: id.to_owned(), ..Default::default() }
}

#[async_trait]
impl Service for Fake {
    fn id(&self) -> &str {
        &self.id
    }

    fn dependencies(&self) -> Vec<String> {
        self.needs.clone()
    }

    fn conditions(&self) -> Vec<Condition> {
        self.waits.clone()
    }

    fn health(&self) -> Option<HealthSettings> {
        self.health
    }

    async fn prepare(&self, _report: &Reporter) -> anyhow::Result<Box<dyn Runner>> {
        match self.script.failures.lock().unwrap().pop_front() {
            Some(failure) => Err(anyhow::anyhow!(failure)),
            None => Ok(Box::new(FakeRunner { id: self.id.clone(), script: Arc::clone(&self.script) })),
        }
    }

    async fn check(&self) -> Verdict {
        let verdict = self.script.verdict.lock().unwrap().clone();
        verdict.unwrap_or(Verdict::Healthy)
    }
}

struct FakeRunner {
    id: String,
    script: Arc<Script>,
}

#[async_trait]
impl Runner for FakeRunner {
    async fn run(self: Box<Self>, report: Reporter, mut stop: Stop) -> anyhow::Result<()> {
        *self.script.runs.lock().unwrap() += 1;
        let mut crash = self.script.crash.subscribe();
        let me = ProcessRef::of(i32::try_from(std::process::id()).unwrap());
        report.running("Service started as goroutine", Some(me));
        tokio::select! {
            _ = crash.changed() => anyhow::bail!("exit status 1"),
            () = stop.asked() => {
                report.stopping("Stopping");
                tokio::time::sleep(Duration::from_millis(10)).await;
                self.script.ended.lock().unwrap().push(self.id.clone());
                Ok(())
            }
        }
    }
}

#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<String>>>);

impl Observer for Told {
    fn service(&self, event: &ServiceStateEvent) {
        self.0.lock().unwrap().push(format!("{} {} {}", event.service, event.action, event.message));
    }
}

fn manager() -> (ServiceManager, Arc<dyn State>, Told) {
    let state: Arc<dyn State> = Arc::new(MemoryState::default());
    let told = Told::default();
    (ServiceManager::new(Arc::clone(&state), told.clone()), state, told)
}

fn history(manager: &ServiceManager, id: &str) -> Vec<String> {
    let record = manager.record(id).unwrap();
    record.history().map(|e| format!("[{}]: {}", e.state.as_str(), e.message)).collect()
}

async fn settle() {
    tokio::time::sleep(Duration::from_millis(50)).await;
}

#[tokio::test(start_paused = true)]
async fn a_service_waits_for_its_conditions_in_the_words_of_the_contract() {
    let (manager, state, told) = manager();
    let etcd = Fake {
        needs: vec!["cri".into()],
        waits: vec![Condition::Volumes(vec!["/var/lib".into(), "ETCD".into()]), Condition::time_sync()],
        health: Some(HealthSettings::default()),
        ..fake("etcd")
    };
    manager.register(etcd);
    manager.register(fake("cri"));
    manager.start("etcd").unwrap();
    settle().await;
    manager.set_volumes_mounted(true);
    tokio::time::sleep(Duration::from_secs(2)).await;
    manager.start("cri").unwrap();
    settle().await;
    assert_eq!(manager.not_up(), [("etcd".to_owned(), "Waiting".to_owned())]);
    let synced = time::StatusSpec { synced: true, ..Default::default() };
    ops::modify::<time::StatusSpec>(
        state.as_ref(),
        "",
        &state::Pointer::of::<time::StatusSpec>("node"),
        |t| {
            t.spec = synced;
        },
    )
    .await
    .unwrap();
    manager.up("etcd").await;
    assert_eq!(
        history(&manager, "etcd"),
        [
            "[Starting]: Starting service",
            "[Waiting]: Waiting for volumes /var/lib, ETCD to be mounted, service \"cri\" to be \"up\", time sync",
            "[Waiting]: Waiting for service \"cri\" to be \"up\", time sync",
            "[Waiting]: Waiting for time sync",
            "[Preparing]: Running pre state",
            "[Preparing]: Creating service runner",
            "[Running]: Service started as goroutine",
            "[Running]: Health check successful",
        ]
    );
    assert!(told.0.lock().unwrap().contains(&"etcd 3 Health check successful".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn services_are_resources_only_while_they_run() {
    let (manager, state, _) = manager();
    manager.register(Fake { health: Some(HealthSettings::default()), ..fake("apid") });
    manager.start("apid").unwrap();
    manager.up("apid").await;
    settle().await;
    let service = ops::get::<ServiceSpec>(state.as_ref(), "apid").await.unwrap().unwrap();
    assert_eq!(service.spec, ServiceSpec { running: true, healthy: true, unknown: false });
    let pid = ops::get::<ServicePidSpec>(state.as_ref(), "apid").await.unwrap().unwrap();
    assert_eq!(pid.spec.pid, i32::try_from(std::process::id()).unwrap());
    manager.stop("apid").await;
    settle().await;
    assert!(ops::get::<ServiceSpec>(state.as_ref(), "apid").await.unwrap().is_none());
    assert!(ops::get::<ServicePidSpec>(state.as_ref(), "apid").await.unwrap().is_none());
    assert_eq!(manager.list()[0].state, "Finished");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_cannot_be_prepared_says_why_and_is_tried_again() {
    let (manager, _, _) = manager();
    let service = fake("kubelet");
    let missing = "pulling ghcr.io/siderolabs/kubelet:v9: not found";
    service.script.failures.lock().unwrap().extend([missing.to_owned(), missing.to_owned()]);
    manager.register(service);
    manager.start("kubelet").unwrap();
    manager.until(|m| m.record("kubelet").unwrap().state() == ServiceState::Failed).await;
    manager.up("kubelet").await;
    assert_eq!(
        history(&manager, "kubelet"),
        [
            "[Starting]: Starting service",
            "[Preparing]: Running pre state",
            &format!("[Failed]: Failed to prepare: {missing}"),
            "[Running]: Service started as goroutine",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_crash_is_followed_by_a_restart_at_once_and_later_ones_within_five_seconds() {
    let (manager, _, _) = manager();
    let service = fake("x");
    let script = Arc::clone(&service.script);
    manager.register(service);
    manager.start("x").unwrap();
    for round in 1..12_u32 {
        manager.until(|_| *script.runs.lock().unwrap() == round).await;
        settle().await;
        let crashed = tokio::time::Instant::now();
        script.crash.send_modify(|n| *n += 1);
        manager.until(|_| *script.runs.lock().unwrap() == round + 1).await;
        let took = crashed.elapsed();
        assert!(took <= Duration::from_millis(if round == 1 { 10 } else { 5_010 }), "{round}: {took:?}");
    }
    let said = history(&manager, "x");
    assert!(said.contains(&"[Waiting]: Error running x, going to restart forever: exit status 1".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn services_stop_after_those_that_depend_on_them() {
    let (manager, _, _) = manager();
    let ended = Arc::new(Script::default());
    for (id, needs) in [("cri", vec![]), ("etcd", vec!["cri"]), ("kubelet", vec!["cri"]), ("apid", vec![])] {
        let needs = needs.into_iter().map(str::to_owned).collect();
        manager.register(Fake { needs, script: Arc::clone(&ended), ..fake(id) });
        manager.start(id).unwrap();
        manager.up(id).await;
    }
    manager.deny_new(true);
    manager.stop_with_dependents(&["cri"]).await;
    let order = ended.ended.lock().unwrap().clone();
    assert_eq!(order.len(), 3);
    assert_eq!(order[2], "cri");
    assert!(manager.is_up("apid"));
    assert!(manager.start("cri").is_err());
    manager.stop_all(&["apid"]).await;
    assert!(manager.is_up("apid"));
    manager.stop_all(&[]).await;
    assert_eq!(manager.list().iter().filter(|s| s.state == "Finished").count(), 4);
}

#[tokio::test(start_paused = true)]
async fn users_operate_services_within_the_limits_of_the_contract() {
    let (manager, _, _) = manager();
    manager.register(fake("kubelet"));
    assert_eq!(
        manager.operate("kubelet", Operation::Restart).await.unwrap(),
        "Service \"kubelet\" restarted"
    );
    manager.up("kubelet").await;
    assert!(manager.operate("kubelet", Operation::Start).await.is_ok());
    assert!(manager.operate("kubelet", Operation::Stop).await.is_err());
    let refused = manager.operate("nope", Operation::Start).await.unwrap_err();
    assert_eq!(refused.to_string(), "service \"nope\" not defined");
}

#[tokio::test(start_paused = true)]
async fn health_follows_the_checks() {
    let (manager, state, _) = manager();
    let service = Fake { health: Some(HealthSettings::default()), ..fake("etcd") };
    let script = Arc::clone(&service.script);
    *script.verdict.lock().unwrap() = Some(Verdict::Unhealthy("no leader".into()));
    manager.register(service);
    manager.start("etcd").unwrap();
    settle().await;
    assert!(!manager.is_up("etcd"));
    *script.verdict.lock().unwrap() = None;
    manager.up("etcd").await;
    *script.verdict.lock().unwrap() = Some(Verdict::Unhealthy("no leader".into()));
    manager.until(|m| !m.is_up("etcd")).await;
    settle().await;
    let service = ops::get::<ServiceSpec>(state.as_ref(), "etcd").await.unwrap().unwrap();
    assert_eq!(service.spec, ServiceSpec { running: true, healthy: false, unknown: false });
    let said = history(&manager, "etcd");
    let last = &said[said.len() - 3..];
    assert_eq!(
        last,
        [
            "[Running]: Health check failed: no leader",
            "[Running]: Health check successful",
            "[Running]: Health check failed: no leader"
        ]
    );
}
