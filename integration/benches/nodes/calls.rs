//! What calls cost the nodes, as multiples of a bare tonic server under the same client in the same run and in
//! the network of the same node.

use std::sync::Arc;
use std::time::{Duration, Instant};

use integration::median;
use proto::machine::machine_service_client::MachineServiceClient;
use proto::time::time_service_client::TimeServiceClient;
use rpc::client::tls_channel;
use rpc::tls::ClientTls;
use rpc::tls::client::Trust;
use rpc::tls::dial::Target;
use tonic::Request;
use tonic::transport::Channel;

use crate::bare::Bare;
use crate::support::{Cluster, THREE};
use crate::{figure, process, start};

/// Calls under way at a time, on one connection.
const AT_ONCE: usize = 50;

/// How long each kind of call is made, in one of the rounds.
const ROUND: Duration = Duration::from_millis(1500);

/// Rounds; the kinds take turns in each.
const ROUNDS: usize = 5;

/// New connections in a round.
const CONNECTIONS: usize = 100;

/// To whom calls go.
#[derive(Clone)]
enum Kind {
    Bare,
    /// With this metadata: its name and the addresses.
    Node(Option<(&'static str, String)>),
}

/// What a kind of call has cost so far.
#[derive(Default)]
struct Cost {
    calls: u64,
    cpu: Duration,
    elapsed: Duration,
}

impl Cost {
    fn micros(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.calls as f64
    }

    fn rate(&self) -> f64 {
        self.calls as f64 / self.elapsed.as_secs_f64()
    }
}

/// Prints the figures.
pub fn run() {
    println!(
        "calls ({AT_ONCE} at a time on one connection; processor time of apid and machined of all nodes):"
    );
    let cluster = Cluster::in_maintenance("bench-calls", THREE);
    configure(&cluster);
    let servers = servers(&cluster);
    let tls =
        ClientTls { identity: start::identity(&cluster), trust: Trust::Insecure(vec![]) }.config().unwrap();
    let target = Target { host: cluster.nodes[0].clone(), port: rpc::tls::dial::API_PORT };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let to_node = tls_channel(vec![target.clone()], tls.clone());
        let kinds = [
            Kind::Bare,
            Kind::Node(None),
            Kind::Node(Some(("node", cluster.nodes[1].clone()))),
            Kind::Node(Some(("nodes", cluster.nodes.join(",")))),
        ];
        let mut costs: [Cost; 4] = Default::default();
        for _ in 0..ROUNDS {
            // One of its own for each round: what a process costs depends on where its memory happens to lie.
            let bare = Bare::start(&cluster.nodes[0], cluster.init_pid(&cluster.node_name(0)).unwrap());
            let to_bare = tls_channel(vec![bare.target.clone()], bare.tls.clone());
            for (kind, cost) in kinds.iter().zip(&mut costs) {
                let (channel, pids) = match kind {
                    Kind::Bare => (&to_bare, vec![bare.pid()]),
                    Kind::Node(_) => (&to_node, servers.clone()),
                };
                round(channel, kind, &pids, cost).await;
            }
        }
        let floor = costs[0].micros();
        let names = ["bare tonic", "the node itself", "another node (node)", "three nodes (nodes)"];
        for ((cost, name), reach) in costs.iter().zip(names).zip(["-", "<= 4 x", "<= 8 x", "<= 15 x"]) {
            let value = format!("{:.1} us {:.2} x", cost.micros(), cost.micros() / floor);
            figure(&format!("{name}: {:.0} calls/s", cost.rate()), &value, reach);
        }
        connections(&target, &tls, &servers).await;
    });
}

/// Each node gets a configuration of one cluster; none bootstraps it.
fn configure(cluster: &Cluster) {
    let folder = cluster.talosconfig().parent().unwrap().join("generated");
    let folder = folder.to_str().unwrap();
    let endpoint = format!("https://{}:6443", cluster.nodes[0]);
    cluster.ok(&["gen", "config", "calls", &endpoint, "--output", folder]);
    for node in &cluster.nodes {
        let file = format!("{folder}/controlplane.yaml");
        cluster.ok(&["--nodes", node, "apply-config", "--insecure", "--file", &file]);
    }
    std::fs::copy(format!("{folder}/talosconfig"), cluster.talosconfig()).unwrap();
    cluster.ok(&["config", "endpoint", &cluster.nodes[0]]);
    for node in &cluster.nodes {
        cluster.until("the configured node answers", |c| c.run(&["-n", node, "version"]).status.success());
    }
    // Certificates and discovery settle.
    std::thread::sleep(Duration::from_secs(5));
}

fn servers(cluster: &Cluster) -> Vec<i32> {
    let of = |index: usize| {
        let node = cluster.node_name(index);
        let mut pids = cluster.processes(&node, "apid");
        pids.extend(cluster.init_pid(&node));
        pids
    };
    (0..cluster.nodes.len()).flat_map(of).collect()
}

fn used(pids: &[i32]) -> Duration {
    pids.iter().map(|pid| process::cpu(*pid)).sum()
}

async fn round(channel: &Channel, kind: &Kind, pids: &[i32], cost: &mut Cost) {
    // The connection is made before.
    call(channel.clone(), kind).await;
    let (before, begin) = (used(pids), Instant::now());
    let callers = (0..AT_ONCE).map(|_| async {
        let mut calls = 0;
        while begin.elapsed() < ROUND {
            call(channel.clone(), kind).await;
            calls += 1;
        }
        calls
    });
    cost.calls += futures::future::join_all(callers).await.into_iter().sum::<u64>();
    cost.elapsed += begin.elapsed();
    cost.cpu += used(pids).saturating_sub(before);
}

async fn call(channel: Channel, kind: &Kind) {
    match kind {
        Kind::Bare => {
            TimeServiceClient::new(channel).time(()).await.unwrap();
        }
        Kind::Node(metadata) => {
            let mut request = Request::new(());
            if let Some((name, nodes)) = metadata {
                for node in nodes.split(',') {
                    request.metadata_mut().append(*name, node.parse().unwrap());
                }
            }
            MachineServiceClient::new(channel).version(request).await.unwrap();
        }
    }
}

async fn connections(target: &Target, tls: &Arc<rustls::ClientConfig>, pids: &[i32]) {
    let mut rounds = vec![];
    for _ in 0..ROUNDS {
        let before = used(pids);
        for _ in 0..CONNECTIONS {
            call(tls_channel(vec![target.clone()], tls.clone()), &Kind::Node(None)).await;
        }
        rounds.push(used(pids).saturating_sub(before).as_secs_f64() * 1e6 / CONNECTIONS as f64);
    }
    // Three nodes have other work now and then.
    let micros = median(rounds);
    figure("a call on a connection of its own", &format!("{micros:.0} us"), "<= 1000 us");
}
