//! The client against a real containerd with real containers. Needs root and the built components
//! (`cargo xtask image`); without them it says so and passes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say bluntly what they expect"
)]

mod archive;
mod daemon;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use containerd::{Client, Error, Metrics, NewContainer, Pull, TaskStatus};
use daemon::Daemon;
use oci_spec::runtime::Spec;

const IMAGE: &str = "registry.test/echo:1";

/// An OCI configuration that works on hosts that refuse to raise anything.
fn spec(cgroup: &str, args: &[&str]) -> Spec {
    serde_json::from_value(serde_json::json!({
        "ociVersion": "1.2.0",
        "process": {
            "user": { "uid": 0, "gid": 0 }, "cwd": "/", "args": args, "env": ["PATH=/"],
            "noNewPrivileges": true,
        },
        "root": { "path": "rootfs" },
        "mounts": [{ "type": "proc", "source": "proc", "destination": "/proc" }],
        "linux": {
            "cgroupsPath": cgroup,
            "namespaces": [{ "type": "pid" }, { "type": "mount" }, { "type": "ipc" }],
        },
    }))
    .unwrap()
}

async fn import(client: &Client, echo: &Path) {
    let archive = archive::of_program(IMAGE, echo);
    let pieces: Vec<std::io::Result<Vec<u8>>> = archive.chunks(32 * 1024).map(|c| Ok(c.to_vec())).collect();
    let names = client.import(futures::stream::iter(pieces)).await.unwrap();
    assert_eq!(names, [IMAGE]);
}

#[tokio::test]
async fn images_and_containers_live_through_a_crash_of_the_daemon() {
    let Some(mut daemon) = Daemon::start("life") else { return };
    let client = Client::new(daemon.socket(), "system").unwrap();
    daemon.ready(&client).await;
    assert!(client.version().await.unwrap().version.starts_with("v2."));
    client.ensure_namespace().await.unwrap();
    client.ensure_namespace().await.unwrap();
    assert!(client.namespaces().await.unwrap().contains(&"system".to_owned()));

    assert!(client.image(IMAGE).await.unwrap().is_none());
    import(&client, &daemon.component("echo")).await;
    let (image, info) =
        client.ensure_image(&Pull { reference: IMAGE.into(), ..Default::default() }).await.unwrap();
    assert_eq!(info.entrypoint, ["/echo"]);
    assert!(info.size > 100_000 && image.pinned().starts_with("registry.test/echo@sha256:"));
    assert_eq!(client.images().await.unwrap().len(), 1);

    let container = NewContainer {
        id: "sleeper".into(),
        image: image.name.clone(),
        chain_id: info.chain_id,
        spec: spec(&daemon.cgroup("sleeper"), &["/echo", "sleep"]),
        labels: BTreeMap::new(),
        shim_cgroup: None,
    };
    client.create_container(&container).await.unwrap();
    let again = client.create_container(&container).await.unwrap_err();
    assert!(matches!(again, Error::AlreadyExists { .. }), "{again}");
    assert!(client.task("sleeper").await.unwrap().is_none());
    client.create_task("sleeper", "").await.unwrap();
    let pid = client.start_task("sleeper").await.unwrap();
    let task = client.task("sleeper").await.unwrap().unwrap();
    assert_eq!((task.pid, task.status), (pid, TaskStatus::Running));
    assert_eq!(client.tasks().await.unwrap().len(), 1);
    let metrics = client.metrics().await.unwrap();
    assert!(metrics.get("sleeper").is_some_and(|m: &Metrics| m.memory > 0), "{metrics:?}");

    let waiting = tokio::spawn({
        let client = client.clone();
        async move { client.wait_task("sleeper").await }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    daemon.kill();
    let lost = waiting.await.unwrap().unwrap_err();
    assert!(lost.is_unavailable(), "{lost:?}");
    daemon.restart();
    daemon.ready(&client).await;
    let task = client.task("sleeper").await.unwrap().unwrap();
    assert_eq!((task.pid, task.status), (pid, TaskStatus::Running), "the task lives on in its shim");

    let waiting = tokio::spawn({
        let client = client.clone();
        async move { client.wait_task("sleeper").await }
    });
    client.kill_task("sleeper", 9, true).await.unwrap();
    assert_eq!(waiting.await.unwrap().unwrap().status, 137);
    assert_eq!(client.delete_task("sleeper").await.unwrap().unwrap().status, 137);
    assert!(client.delete_task("sleeper").await.unwrap().is_none());
    client.delete_container("sleeper").await.unwrap();
    client.delete_container("sleeper").await.unwrap();
    assert!(client.containers().await.unwrap().is_empty());
    client.remove_image(IMAGE).await.unwrap();
    assert!(client.remove_image(IMAGE).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn what_cannot_be_used_is_refused_with_a_reason() {
    let Some(daemon) = Daemon::start("refuse") else { return };
    let client = Client::new(daemon.socket(), "system").unwrap();
    daemon.ready(&client).await;
    client.ensure_namespace().await.unwrap();
    let nothing = client.import(futures::stream::iter([Ok(vec![0; 10_240])])).await.unwrap_err();
    assert!(!nothing.is_unavailable(), "{nothing}");
    let cut = std::io::Error::other("the client went away");
    let broken = client.import(futures::stream::iter([Ok(vec![1; 100]), Err(cut)])).await.unwrap_err();
    assert!(broken.to_string().contains("archive"), "{broken}");
    // Nothing listens there; nothing else may be asked.
    let hosts = tempfile::tempdir().unwrap();
    std::fs::create_dir(hosts.path().join("_default")).unwrap();
    let text = "server = \"http://127.0.0.1:9\"\ncapabilities = [\"pull\", \"resolve\"]\n";
    std::fs::write(hosts.path().join("_default/hosts.toml"), text).unwrap();
    let error = client.pull(&Pull::new("registry.test/nope:1", hosts.path()), None).await.unwrap_err();
    assert!(error.to_string().contains("registry.test/nope:1"), "{error}");
}
