//! The tests; each makes its own clusters in its own place.

use std::collections::BTreeSet;
use std::fs;
use std::future::Future;
use std::net::Ipv4Addr;
use std::pin::Pin;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use provision::local::{Outcome, show};
use sys::capability::{Capability, parse_mask};
use sys::process::{Signal, kill};
use tokio::io::AsyncReadExt;

use crate::world::{World, traces, until};

type Case = fn() -> Pin<Box<dyn Future<Output = ()>>>;

macro_rules! cases {
    ($($name:ident),* $(,)?) => {
        pub const ALL: &[(&str, Case)] = &[$((stringify!($name), || Box::pin($name()))),*];
    };
}

cases![
    a_node_sees_a_machine_of_its_own_and_cannot_harm_the_one_it_runs_on,
    the_exit_status_of_init_decides_over_restarts,
    the_endpoint_leads_to_living_control_planes_and_answers_dns,
    two_clusters_live_side_by_side,
    nothing_is_left_after_the_host_was_killed_and_the_cluster_destroyed,
    a_cluster_without_its_host_is_started_again_with_its_state,
    a_host_that_is_asked_to_end_stops_its_nodes_and_cleans_up,
    creating_survives_being_killed_at_any_moment,
];

fn value(report: &str, key: &str) -> String {
    let line = report.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    line.unwrap_or_else(|| panic!("no {key} in:\n{report}")).to_owned()
}

async fn a_node_sees_a_machine_of_its_own_and_cannot_harm_the_one_it_runs_on() {
    let mut world = World::new();
    let options = world.options("safe", 1, 0);
    let panic_before = fs::read_to_string("/proc/sys/kernel/panic").unwrap();
    world.create(&options).await;
    let node = "safe-controlplane-1";
    let report = fs::read_to_string(world.var("safe", node, "report")).unwrap();
    let is = |key: &str, wanted: &str| assert_eq!(value(&report, key), wanted, "{key}\n{report}");
    is("pid", "1");
    is("hostname", node);
    is("platform", "container");
    is("block", "");
    is("dev", "fd,full,fuse,kmsg,mqueue,net,null,ptmx,pts,random,shm,stderr,stdin,stdout,tty,urandom,zero");
    is("links", "eth0,lo");
    // Kernels without it have no such file; elsewhere it is /dev/null.
    assert_ne!(value(&report, "sysrq-is"), "Some(false)");
    for refused in [
        "mknod-block",
        "mknod-mem",
        "kmsg-write",
        "sys-write",
        "sys-remount",
        "sysctl-write",
        "root-write",
        "root-remount",
    ] {
        assert!(value(&report, refused).starts_with("refused"), "{refused}\n{report}");
    }
    for allowed in [
        "kmsg-read",
        "sysctl-net",
        "sysctl-private",
        "etc-write",
        "cgroup-write",
        "/run/x",
        "/system/x",
        "/tmp/x",
        "/var/x",
        "/opt/x",
        "/etc/cni/x",
        "/etc/kubernetes/x",
        "/usr/libexec/kubernetes/x",
    ] {
        assert_eq!(value(&report, allowed), "done", "{allowed}\n{report}");
    }
    for set in ["CapBnd", "CapEff"] {
        let has = parse_mask(&value(&report, set)).unwrap();
        for gone in [
            Capability::CAP_SYS_MODULE,
            Capability::CAP_SYS_TIME,
            Capability::CAP_SYS_RAWIO,
            Capability::CAP_SYS_BOOT,
        ] {
            assert!(!has.contains(&gone), "{gone} in {set}");
        }
        assert!(has.contains(&Capability::CAP_NET_ADMIN) && has.contains(&Capability::CAP_SYS_ADMIN));
    }
    for line in
        value(&report, "cgroup").split(';').filter(|line| !line.is_empty() && !line.starts_with("0::"))
    {
        assert!(line.ends_with(":/"), "the node's control group is its root: {line}");
    }
    assert_eq!(fs::read_to_string("/proc/sys/kernel/panic").unwrap(), panic_before);
    assert!(!options.image.join("x").exists() && !options.image.join("etc/x").exists());
    // Nothing of its mounts is seen outside.
    let mounts = fs::read_to_string("/proc/mounts").unwrap();
    assert!(!mounts.contains(&*world.root().to_string_lossy()), "{mounts}");
}

async fn the_exit_status_of_init_decides_over_restarts() {
    let mut world = World::new();
    let options = world.options("exits", 1, 0);
    world.create(&options).await;
    let node = "exits-controlplane-1";
    // Building the next image replaces the directory; a running cluster does not mind.
    fs::remove_dir_all(&options.image).unwrap();
    let order = |status: &str| {
        // As a whole, or init might read half of it.
        let path = world.var("exits", node, "order");
        fs::write(path.with_extension("new"), status).unwrap();
        fs::rename(path.with_extension("new"), path).unwrap();
    };
    assert_eq!(world.boots("exits", node), 1);
    let before = show(&world.root(), "exits").unwrap().nodes[0].pid;
    for (status, boots) in [("64", 2), ("65", 3), ("7", 4)] {
        order(status);
        until("booted again", || world.boots("exits", node) == boots).await;
    }
    until("shown as running", || show(&world.root(), "exits").unwrap().nodes[0].state == "running").await;
    let summary = show(&world.root(), "exits").unwrap();
    assert_eq!(
        (summary.nodes[0].restarts, summary.nodes[0].last_exit.as_deref()),
        (3, Some("exit status 7"))
    );
    assert_ne!(summary.nodes[0].pid, before);
    order("0");
    until("shown as stopped", || show(&world.root(), "exits").unwrap().nodes[0].state == "stopped").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(world.boots("exits", node), 4, "a node that was shut down stays off");
    fs::write(world.root().join("exits/nodes").join(node).join("power-on"), "").unwrap();
    until("switched on", || world.boots("exits", node) == 5).await;
    let console = world.root().join("exits/nodes").join(node).join("console.log");
    let starts = || fs::read_to_string(&console).unwrap().matches("test init starts").count();
    until("each start is on the console", || starts() == 5).await;
    let console = fs::read_to_string(&console).unwrap();
    assert!(console.contains("--- node ended: exit status 64 ---"), "{console}");
}

async fn greeting(address: Ipv4Addr) -> Option<String> {
    let call = async {
        let mut stream = tokio::net::TcpStream::connect((address, 50000)).await.ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).await.ok()?;
        Some(text).filter(|text| !text.is_empty())
    };
    tokio::time::timeout(Duration::from_secs(5), call).await.ok().flatten()
}

/// The greeting as soon as there is one.
async fn first_greeting(address: Ipv4Addr) -> String {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(text) = greeting(address).await {
            return text;
        }
        assert!(Instant::now() < deadline, "nobody greets at {address}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn the_endpoint_leads_to_living_control_planes_and_answers_dns() {
    let mut world = World::new();
    let options = world.options("door", 2, 1);
    let outcome = world.create(&options).await;
    let cluster = outcome.cluster();
    // It opens when the host has seen a control plane answer, and another may still be starting.
    let mut seen = BTreeSet::from([first_greeting(cluster.gateway).await]);
    let deadline = Instant::now() + Duration::from_secs(20);
    while seen.len() < 2 && Instant::now() < deadline {
        seen.insert(first_greeting(cluster.gateway).await);
    }
    assert!(
        seen.iter().eq(["door-controlplane-1", "door-controlplane-2"]),
        "both, and never the worker: {seen:?}"
    );
    fs::write(world.var("door", "door-controlplane-1", "order"), "0").unwrap();
    until("one is off", || show(&world.root(), "door").unwrap().nodes[0].state == "stopped").await;
    for _ in 0..4 {
        assert_eq!(greeting(cluster.gateway).await.unwrap(), "door-controlplane-2");
    }
    let query = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x0ddoor-worker-1\x00\x00\x01\x00\x01";
    let socket = tokio::net::UdpSocket::bind("0.0.0.0:0").await.unwrap();
    socket.send_to(query, (cluster.gateway, 53)).await.unwrap();
    let mut answer = [0; 512];
    let count =
        tokio::time::timeout(Duration::from_secs(5), socket.recv(&mut answer)).await.unwrap().unwrap();
    assert!(answer[..count].ends_with(&cluster.nodes[2].address.octets()), "{:?}", &answer[..count]);
}

async fn two_clusters_live_side_by_side() {
    let mut world = World::new();
    let (one, two) = (world.options("one", 1, 0), world.options("two", 1, 0));
    let first = world.create(&one).await.cluster().clone();
    let second = world.create(&two).await.cluster().clone();
    assert_ne!(first.cidr, second.cidr);
    assert_eq!(first_greeting(first.gateway).await, "one-controlplane-1");
    assert_eq!(first_greeting(second.gateway).await, "two-controlplane-1");
    assert!(matches!(world.create(&one).await, Outcome::AlreadyRunning(_)));
    world.destroy("one").await;
    assert_eq!(traces(world.names("one").hash()), Vec::<String>::new());
    assert_eq!(greeting(second.gateway).await.as_deref(), Some("two-controlplane-1"));
    assert_eq!(provision::local::list(&world.root()).unwrap(), ["two"]);
}

async fn nothing_is_left_after_the_host_was_killed_and_the_cluster_destroyed() {
    let mut world = World::new();
    let forward = || fs::read_to_string("/proc/sys/net/ipv4/ip_forward").unwrap();
    let before = forward();
    let options = world.options("crash", 1, 1);
    world.create(&options).await;
    let hash = world.names("crash").hash().to_owned();
    assert!(!traces(&hash).is_empty(), "there is something to be found");
    let pids: Vec<i32> =
        show(&world.root(), "crash").unwrap().nodes.iter().filter_map(|node| node.pid).collect();
    assert_eq!(pids.len(), 2);
    kill(world.host_pid("crash"), Signal::SIGKILL).unwrap();
    until("the nodes went with their host", || pids.iter().all(|pid| gone(*pid))).await;
    world.destroy("crash").await;
    assert_eq!(traces(&hash), Vec::<String>::new());
    assert!(!world.root().join("crash").exists());
    assert_eq!(forward(), before);
    world.destroy("crash").await;
}

fn gone(pid: i32) -> bool {
    sys::process::info(pid).map_or(true, |process| process.state == 'Z')
}

async fn a_cluster_without_its_host_is_started_again_with_its_state() {
    let mut world = World::new();
    let options = world.options("again", 1, 0);
    world.create(&options).await;
    let host = world.host_pid("again");
    kill(host, Signal::SIGKILL).unwrap();
    // At once: a host that is being killed is none.
    assert_eq!(show(&world.root(), "again").unwrap().nodes[0].state, "lost");
    assert!(matches!(world.create(&options).await, Outcome::Restarted(_)));
    until("booted again", || world.boots("again", "again-controlplane-1") == 2).await;
    let summary = show(&world.root(), "again").unwrap();
    assert!(summary.complete && summary.nodes[0].configured && summary.host_pid.is_some());
}

async fn a_host_that_is_asked_to_end_stops_its_nodes_and_cleans_up() {
    let mut world = World::new();
    let options = world.options("calm", 1, 1);
    world.create(&options).await;
    let host = world.host_pid("calm");
    kill(host, Signal::SIGTERM).unwrap();
    until("the host has ended", || gone(host)).await;
    assert_eq!(traces(world.names("calm").hash()), Vec::<String>::new());
    let console = fs::read_to_string(world.root().join("calm/nodes/calm-worker-1/console.log")).unwrap();
    assert!(console.contains("test init ends: SIGTERM"), "{console}");
    assert!(world.root().join("calm/cluster.json").exists(), "the state stays");
}

async fn creating_survives_being_killed_at_any_moment() {
    let mut world = World::new();
    let options = world.options("torn", 1, 1);
    for pause in [1, 5, 10, 20, 30, 50, 80, 120, 200] {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .arg("create-only")
            .arg(world.dir.path())
            .arg("torn")
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        tokio::time::sleep(Duration::from_millis(pause)).await;
        child.kill().unwrap();
        child.wait().unwrap();
        if pause % 20 == 0
            && let Ok(summary) = show(&world.root(), "torn")
            && let Some(host) = summary.host_pid
        {
            kill(host, Signal::SIGKILL).unwrap();
            until("the host is gone", || gone(host)).await;
        }
    }
    let outcome = world.create(&options).await;
    let summary = show(&world.root(), "torn").unwrap();
    assert!(summary.complete, "{outcome:?}");
    let makings: Vec<String> = summary
        .nodes
        .iter()
        .map(|node| {
            let file = world.root().join("torn/nodes").join(&node.info.name).join("state/config.yaml");
            let text = fs::read_to_string(file).unwrap();
            text.rsplit(' ').next().unwrap().to_owned()
        })
        .collect();
    assert_eq!(makings[0], makings[1], "all configurations are of one making");
    assert!(!world.root().join("torn/configurations.json").exists());
    let hash = world.names("torn").hash().to_owned();
    world.destroy("torn").await;
    assert_eq!(traces(&hash), Vec::<String>::new());
}
