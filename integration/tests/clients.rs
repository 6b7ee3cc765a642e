//! Clients that must not get in, and requests that must not succeed, against real nodes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests say bluntly what they expect"
)]

mod support;

use std::io::Read as _;
use std::path::PathBuf;
use std::process::{ExitCode, Stdio};
use std::time::{Duration, Instant, SystemTime};

use nix::sys::signal::Signal;
use pki::{Authority, AuthorityKind, ExtKeyUsage};
use proto::machine::machine_service_client::MachineServiceClient;
use proto::machine::{ApplyConfigurationRequest, LogsRequest};
use support::chapters::{chapter, tell};
use support::credentials::{Credentials, GOOD, altered, authority, with_certificate};
use support::{Cluster, SINGLE, raw, text};
use tonic::Code;

/// A day, in seconds.
const DAY: i64 = 24 * 3600;

/// An address of the clusters' networks that no node has.
const NOBODY: &str = "10.255.255.1";

fn main() -> ExitCode {
    let begin = || Cluster::start("clients", SINGLE);
    let chapters = [
        chapter(certificates_that_do_not_count_are_refused_with_their_reason),
        chapter(readers_may_only_read),
        chapter(nodes_that_are_not_there_are_named),
        chapter(too_large_messages_and_metadata_are_refused),
        chapter(streams_that_clients_leave_are_given_up),
        chapter(streams_that_are_cut_are_errors),
        chapter(strangers_on_the_machines_socket_are_refused),
    ];
    tell("clients", begin, chapters)
}

fn run(cluster: &Cluster, config: &std::path::Path, args: &[&str]) -> std::process::Output {
    let config = config.to_str().unwrap();
    cluster.run(&[&["--talosconfig", config, "--nodes", &cluster.nodes[0]], args].concat())
}

/// Each is refused, with the reason that its node gave.
fn certificates_that_do_not_count_are_refused_with_their_reason(cluster: &Cluster) {
    let own = authority(cluster);
    let other = Authority::generate(AuthorityKind::Os, SystemTime::now()).unwrap();
    let good = with_certificate(cluster, "good", &own, &GOOD);
    let answer = run(cluster, &good, &["version"]);
    assert!(answer.status.success(), "{}", text(&answer));

    let none = altered(cluster, "none", |crt, key| {
        crt.clear();
        key.clear();
    });
    let made = |name: &str, authority: &Authority, credentials: Credentials| -> PathBuf {
        with_certificate(cluster, name, authority, &credentials)
    };
    let table = [
        ("no", none, "certificate required"),
        ("a foreign", made("foreign", &other, GOOD), "unknown certificate authority"),
        ("an expired", made("expired", &own, Credentials { valid: (-2 * DAY, -3600), ..GOOD }), "expired"),
        ("a future", made("future", &own, Credentials { valid: (3600, 2 * DAY), ..GOOD }), "expired"),
        (
            "a server's",
            made("server", &own, Credentials { usage: ExtKeyUsage::ServerAuth, ..GOOD }),
            "certificate",
        ),
    ];
    for (what, config, reason) in table {
        // Several times: whether reading or writing fails first is a matter of chance.
        for _ in 0..10 {
            let refused = run(cluster, &config, &["version"]);
            let said = text(&refused);
            assert!(!refused.status.success(), "{what} certificate was accepted: {said}");
            let told = said.split("remote error: tls: ").nth(1).unwrap_or_default();
            assert!(told.contains(reason), "{what} certificate: {reason}: {said}");
        }
    }
}

fn readers_may_only_read(cluster: &Cluster) {
    let reader =
        with_certificate(cluster, "reader", &authority(cluster), &Credentials { role: "os:reader", ..GOOD });
    assert!(run(cluster, &reader, &["services"]).status.success());
    for writer in [vec!["reboot", "--wait=false"], vec!["read", "/proc/version"], vec!["kubeconfig", "-"]] {
        let refused = run(cluster, &reader, &writer);
        let said = text(&refused);
        assert!(
            !refused.status.success() && said.contains("PermissionDenied"),
            "{}: {said}",
            writer.join(" ")
        );
    }
}

fn nodes_that_are_not_there_are_named(cluster: &Cluster) {
    let node = &cluster.nodes[0];
    let nobody = cluster.run(&["--nodes", NOBODY, "version"]);
    assert!(!nobody.status.success() && text(&nobody).contains(NOBODY), "{}", text(&nobody));
    let both = cluster.run(&["--nodes", &format!("{node},{NOBODY}"), "version"]);
    assert!(!both.status.success(), "one of two nodes is down: {}", text(&both));
    assert!(text(&both).contains(&format!("NODE:        {node}")), "the other answers: {}", text(&both));
    // Over an endpoint that is not there.
    let begun = Instant::now();
    let nowhere = cluster.run(&["-e", "127.0.0.1:1", "-n", node, "version"]);
    assert!(!nowhere.status.success() && text(&nowhere).contains("connection refused"), "{}", text(&nowhere));
    assert!(begun.elapsed() < Duration::from_secs(10));
}

/// Metadata and messages at and over their limits.
fn too_large_messages_and_metadata_are_refused(cluster: &Cluster) {
    let node = cluster.nodes[0].as_str();
    raw::run(async {
        let channel = raw::channel(&cluster.talosconfig(), node);
        let mut client =
            MachineServiceClient::new(channel.clone()).max_encoding_message_size(rpc::limits::MESSAGE * 2);
        let mebibyte = "x".repeat((1 << 20) - 1024);
        for target in [None, Some(("node", node)), Some(("nodes", node))] {
            let mut metadata = vec![("x-filler", mebibyte.as_str())];
            metadata.extend(target);
            client.version(raw::request((), &metadata)).await.unwrap();
        }
        let more = "x".repeat(3 << 20);
        client.version(raw::request((), &[("x-filler", &more)])).await.unwrap_err();
        client.version(()).await.unwrap();

        let data = vec![b'#'; rpc::limits::MESSAGE + 1];
        for target in [None, Some(("node", node))] {
            let message =
                ApplyConfigurationRequest { data: data.clone(), dry_run: true, ..Default::default() };
            let request = raw::request(message, target.as_slice());
            let refused = client.apply_configuration(request).await.unwrap_err();
            assert_eq!(refused.code(), Code::ResourceExhausted, "{}", raw::said(&refused));
        }
        client.version(()).await.unwrap();
    });
}

fn descriptors(pid: i32) -> usize {
    std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count()
}

/// What a client begins and leaves is given up by the node.
fn streams_that_clients_leave_are_given_up(cluster: &Cluster) {
    let node = cluster.nodes[0].as_str();
    let name = cluster.node_name(0);
    let mut pids = cluster.processes(&name, "apid");
    pids.extend(cluster.init_pid(&name));
    let open = || pids.iter().map(|pid| descriptors(*pid)).sum::<usize>();
    let before = open();
    raw::run(async {
        let request = || LogsRequest {
            namespace: "system".into(),
            id: "machined".into(),
            follow: true,
            tail_lines: -1,
            ..Default::default()
        };
        let mut left = Vec::new();
        for _ in 0..20 {
            let mut client = MachineServiceClient::new(raw::channel(&cluster.talosconfig(), node));
            let mut stream = client.logs(request()).await.unwrap().into_inner();
            stream.message().await.unwrap().unwrap();
            left.push((client, stream));
        }
        assert!(open() >= before + 20, "the node serves them: {before}, {}", open());
    });
    cluster.until("the node has given up the streams that nobody reads", |_| open() <= before + 4);
}

/// A stream that ends in the middle is an error, not a short answer.
fn streams_that_are_cut_are_errors(cluster: &Cluster) {
    let node = cluster.nodes[0].as_str();
    let name = cluster.node_name(0);
    for command in [&["logs", "machined", "--follow"][..], &["copy", "/usr", "-"]] {
        let mut child = cluster
            .command("talosctl")
            .args([&["-n", node], command].concat())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = child.stdout.take().unwrap();
        output.read_exact(&mut [0]).unwrap();
        cluster.signal(&name, "apid", Signal::SIGKILL);
        output.read_to_end(&mut Vec::new()).unwrap();
        let ended = child.wait_with_output().unwrap();
        assert!(!ended.status.success() && text(&ended).contains("Unavailable"), "{}", text(&ended));
        cluster.until("the API answers again", |c| c.run(&["-n", node, "version"]).status.success());
    }
}

/// A pod that shows its sockets to a program. In kube-system pods may have parts of the node.
const CALLER: &str = r#"
apiVersion: v1
kind: Pod
metadata: {name: NAME, namespace: kube-system}
spec:
  restartPolicy: Never
  tolerations: [{operator: Exists}]
  securityContext: {runAsUser: USER, runAsGroup: USER}
  containers:
    - {name: echo, image: "registry.local/echo:1", args: [call, /sockets/SOCKET, METHOD], volumeMounts: [{name: sockets, mountPath: /sockets}]}
  volumes: [{name: sockets, hostPath: {path: FOLDER}}]
"#;

/// Whatever a pod runs as: it is none of the machine's own processes.
fn strangers_on_the_machines_socket_are_refused(cluster: &Cluster) {
    let machine = ("/system/run/machined", "machine.sock", "machine.MachineService/Version");
    let runtime = ("/run/containerd", "containerd.sock", "containerd.services.version.v1.Version/Version");
    let table = [
        ("as-apid", "50", machine, "status 7"),
        ("as-root", "0", machine, "status 7"),
        // The same program is served where everybody is who can open the socket.
        ("runtime", "0", runtime, "status 0"),
    ];
    for (name, user, (folder, socket, method), _) in table {
        let pod =
            [("NAME", name), ("USER", user), ("FOLDER", folder), ("SOCKET", socket), ("METHOD", method)];
        cluster.apply(&pod.iter().fold(CALLER.to_owned(), |text, (key, value)| text.replace(key, value)));
    }
    for (name, _, _, expected) in table {
        let ended = |c: &Cluster| {
            let phase = ["get", "pod", "-n", "kube-system", name, "-o", "jsonpath={.status.phase}"];
            ["Succeeded", "Failed"].contains(&c.kube(&phase).as_str())
        };
        cluster.until(&format!("the pod {name} has ended"), ended);
        let said = cluster.kube(&["logs", "-n", "kube-system", name]);
        assert!(said.contains(expected), "{name}: {expected}: {said}");
    }
    let log = cluster.ok(&["-n", &cluster.nodes[0], "logs", "machined"]);
    assert!(log.contains("refused a stranger") && log.contains("uid=50"), "{log}");
}
