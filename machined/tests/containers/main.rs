//! Services in containers on a real runtime, with images from the image cache. Needs root and what
//! `cargo xtask image` builds; without them it says so and passes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say bluntly what they expect"
)]

#[path = "../../../crates/containerd/tests/real/daemon.rs"]
mod daemon;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use containerd::{Client, LayerStatus, Pull};
use daemon::{Daemon, built};
use machined::logs::{Log, Logs, Tail};
use machined::registry::{Layout, serve};
use machined::services::definitions::cri::config;
use machined::services::host::HostLimits;
use machined::services::oci::{Capabilities, ContainerConfig, Mount};
use machined::services::runner::{ContainerPlan, ContainerRunner};
use machined::services::{Reporter, Runner, Service, ServiceManager, ServiceState};
use state::MemoryState;
use tokio::net::TcpListener;

const ECHO: &str = components::image::ECHO;

/// Serves the built images, and writes the hosts files that lead to them and nowhere else.
async fn image_cache(hosts: &Path) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(listener, Arc::new(Layout::new([built("images")])), Log::default()));
    std::fs::create_dir_all(hosts.join("_default")).unwrap();
    let text = format!(
        "server = \"http://127.0.0.1:9\"\ncapabilities = [\"pull\", \"resolve\"]\n\
         [host.\"http://{address}\"]\n  capabilities = [\"pull\", \"resolve\"]\n"
    );
    std::fs::write(hosts.join("_default/hosts.toml"), text).unwrap();
}

#[tokio::test]
async fn images_come_from_the_cache_with_progress_and_missing_ones_are_named() {
    let Some(daemon) = Daemon::start("cache") else { return };
    let hosts = tempfile::tempdir().unwrap();
    image_cache(hosts.path()).await;
    let client = Client::new(daemon.socket(), "system").unwrap();
    daemon.ready(&client).await;
    client.ensure_namespace().await.unwrap();

    let (progress, mut told) = tokio::sync::mpsc::channel(64);
    let image = client.pull(&Pull::new(ECHO, hosts.path()), Some(progress)).await.unwrap();
    assert!(image.pinned().starts_with("registry.local/echo@sha256:"), "{image:?}");
    let mut states = Vec::new();
    while let Some(layer) = told.recv().await {
        states.push(layer.status);
    }
    let last = [LayerStatus::DownloadComplete, LayerStatus::ExtractComplete, LayerStatus::Extracting];
    assert!(states.iter().any(|s| last.contains(s)), "{states:?}");
    let (_, info) = client.ensure_image(&Pull::new(ECHO, "/nonexistent")).await.unwrap();
    assert_eq!(info.entrypoint, ["/echo"]);

    let missing = "registry.k8s.io/etcd:v0.0.1";
    let error = client.pull(&Pull::new(missing, hosts.path()), None).await.unwrap_err();
    assert!(error.to_string().contains(missing), "{error}");
}

#[tokio::test]
async fn the_runtime_takes_the_rendered_configuration_and_pulls_through_the_cache() {
    let etc = tempfile::tempdir().unwrap();
    let inputs = config::Inputs {
        sandbox_image: components::image::PAUSE,
        restrict_oom_score: !HostLimits::probe().may_raise,
        ..Default::default()
    };
    // Paths of a node are paths in our folder; our folder is also where containerd keeps everything.
    let moved = |text: &str| text.replace("/etc/", &format!("{}/", etc.path().display()));
    let mut main = String::new();
    for file in config::files(&inputs).unwrap() {
        let text = moved(std::str::from_utf8(&file.contents).unwrap());
        let path = etc.path().join(&file.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &text).unwrap();
        if file.path == "cri/containerd.toml" {
            main = text;
        }
    }
    image_cache(&etc.path().join("cri/conf.d/hosts")).await;
    let Some(daemon) = Daemon::start_with("cri", &main) else { return };
    let client = Client::new(daemon.socket(), "k8s.io").unwrap();
    daemon.ready(&client).await;
    let cri = containerd::Cri::new(daemon.socket());
    assert_eq!(cri.version().await.unwrap().runtime_name, "containerd");
    let ready = |conditions: &[containerd::runtime::RuntimeCondition], name: &str| {
        conditions.iter().find(|c| c.r#type == name).is_some_and(|c| c.status)
    };
    assert!(ready(&cri.conditions().await.unwrap(), "RuntimeReady"));
    assert!(cri.pods().await.unwrap().is_empty() && cri.container_stats().await.unwrap().is_empty());
    cri.pull_image(components::image::PAUSE).await.unwrap();
    assert!(
        cri.images()
            .await
            .unwrap()
            .iter()
            .any(|i| i.repo_tags.contains(&components::image::PAUSE.to_owned()))
    );
    assert!(cri.pull_image("registry.k8s.io/pause:0.0.1").await.is_err());
    let log = daemon.log();
    assert!(!log.contains("invalid plugin config") && !log.contains("level=fatal"), "{log}");
    assert!(!log.contains("Ignoring unknown key"), "{log}");
}

/// A service that runs the test image.
struct Echo {
    id: &'static str,
    verb: &'static str,
    /// Like the kubelet: sees the devices and mounts of the host.
    privileged: bool,
    client: Client,
    hosts: std::path::PathBuf,
    fifos: std::path::PathBuf,
    cgroup: String,
    log: Log,
}

#[async_trait]
impl Service for Echo {
    fn id(&self) -> &str {
        self.id
    }

    async fn prepare(&self, _report: &Reporter) -> anyhow::Result<Box<dyn Runner>> {
        self.client.ensure_namespace().await?;
        let (image, info) = self.client.ensure_image(&Pull::new(ECHO, &self.hosts)).await?;
        let bind = |path: &str, options: &[&str]| Mount::same(path, options);
        let shared = self.fifos.parent().unwrap().to_string_lossy();
        let mounts = vec![
            bind("/dev", &["rshared", "rw"]),
            bind("/sys", &["rslave", "ro"]),
            bind("/sys/fs/cgroup", &["rslave", "rw"]),
            bind("/run", &["rslave", "rw"]),
            Mount::bind("/run", "/var/run", &["rslave", "rw"]),
            bind(&shared, &["rshared", "rw"]),
        ];
        let config = ContainerConfig {
            args: ["/echo", self.verb].map(str::to_owned).to_vec(),
            env: info.env.clone(),
            user: if self.privileged { (0, 0) } else { (65_534, 65_534) },
            mounts: if self.privileged { mounts } else { Vec::new() },
            capabilities: if self.privileged { Capabilities::All } else { Capabilities::None },
            oom_score: -998,
            open_files: Some(1_048_576),
            cgroup: self.cgroup.clone(),
            privileged: self.privileged,
        };
        let spec = config.render(&HostLimits::probe())?;
        let plan = ContainerPlan {
            id: self.id.to_owned(),
            image: image.name,
            chain_id: info.chain_id,
            spec,
            shim_cgroup: None,
        };
        Ok(Box::new(ContainerRunner {
            client: self.client.clone(),
            plan,
            log: self.log.clone(),
            fifos: self.fifos.clone(),
        }))
    }
}

async fn pid_other_than(manager: &ServiceManager, old: i32) -> i32 {
    let running = manager.until(|m| m.process("echo").is_some_and(|p| p.pid() != old && p.is_alive()));
    tokio::time::timeout(Duration::from_secs(30), running).await.unwrap_or_else(|_| {
        panic!("{:?}", manager.record("echo").unwrap().history().map(|e| &e.message).collect::<Vec<_>>())
    });
    manager.process("echo").unwrap().pid()
}

#[tokio::test]
async fn a_container_outlives_its_runtime_and_is_started_again_when_it_dies() {
    let Some(mut daemon) = Daemon::start("service") else { return };
    let cgroup = daemon.cgroup("");
    let daemon_cgroup = |id: &str| format!("{cgroup}{id}");
    let folder = tempfile::tempdir().unwrap();
    image_cache(folder.path()).await;
    let client = Client::new(daemon.socket(), "system").unwrap();
    daemon.ready(&client).await;
    let logs = Logs::default();
    let manager = ServiceManager::new(Arc::new(MemoryState::default()), ());
    let service = |id, verb| Echo {
        id,
        verb,
        privileged: id == "like-kubelet",
        client: client.clone(),
        hosts: folder.path().to_path_buf(),
        fifos: folder.path().join("fifos"),
        cgroup: daemon_cgroup(id),
        log: logs.register(id),
    };
    manager.register(service("echo", "sleep"));
    manager.register(service("wrong", "dance"));
    manager.start("wrong").unwrap();
    let said =
        tokio::time::timeout(Duration::from_secs(30), logs.register("wrong").reader(Tail::All).next()).await;
    let said = String::from_utf8(said.unwrap().to_vec()).unwrap();
    assert!(said.contains("unknown verb \"dance\""), "{said}");
    manager.until(|m| m.record("wrong").unwrap().state() == ServiceState::Waiting).await;
    let history: Vec<String> =
        manager.record("wrong").unwrap().history().map(|e| e.message.clone()).collect();
    let failed = "Error running wrong, going to restart forever: task \"wrong\" failed: exit code 1";
    assert!(history.contains(&failed.to_owned()), "{history:?}");
    manager.stop("wrong").await;

    manager.register(service("like-kubelet", "sleep"));
    manager.start("like-kubelet").unwrap();
    let up = tokio::time::timeout(Duration::from_secs(30), manager.up("like-kubelet")).await;
    let record = manager.record("like-kubelet").unwrap();
    assert!(up.is_ok(), "{:?}", record.history().last());
    let table = std::fs::read_to_string(format!("/proc/{}/mounts", record.pid().unwrap())).unwrap();
    assert!(table.contains(" /var/run ") && table.contains(" /sys/fs/cgroup"), "{table}");
    manager.stop("like-kubelet").await;

    manager.start("echo").unwrap();
    let first = pid_other_than(&manager, 0).await;

    daemon.kill();
    tokio::time::sleep(Duration::from_millis(300)).await;
    daemon.restart();
    daemon.ready(&client).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(pid_other_than(&manager, 0).await, first, "the same process, found again");

    nix::sys::signal::kill(nix::unistd::Pid::from_raw(first), nix::sys::signal::Signal::SIGKILL).unwrap();
    let second = pid_other_than(&manager, first).await;
    assert_ne!(second, first);

    // Dies while nobody can tell: the runtime is away.
    daemon.kill();
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(second), nix::sys::signal::Signal::SIGKILL).unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    daemon.restart();
    daemon.ready(&client).await;
    let third = pid_other_than(&manager, second).await;

    manager.stop("echo").await;
    assert!(!machined::services::ProcessRef::of(third).is_alive());
    assert!(client.containers().await.unwrap().is_empty() && client.tasks().await.unwrap().is_empty());
    let messages: Vec<String> =
        manager.record("echo").unwrap().history().map(|e| e.message.clone()).collect();
    assert!(
        messages.contains(&format!("Started task echo (PID {first}) for container echo")),
        "{messages:?}"
    );
    assert_eq!(messages.last().unwrap(), "Service finished successfully");
}
