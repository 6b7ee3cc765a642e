//! From the start of machined to its first answer over apid.

use std::time::{Duration, Instant};

use integration::median;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use proto::machine::machine_service_client::MachineServiceClient;
use rpc::client::tls_channel;
use rpc::tls::client::Trust;
use rpc::tls::dial::Target;
use rpc::tls::{ClientTls, Identity};

use crate::support::Cluster;
use crate::{figure, process};

/// Starts of which the median counts.
const RUNS: usize = 5;

/// Prints the figure for a node as it is.
pub fn run(cluster: &Cluster, node: &str, state: &str) {
    let median = median((0..RUNS).map(|_| once(cluster, node).as_secs_f64()).collect());
    figure(
        &format!("start of machined to the first version, {state}"),
        &format!("{median:.2} s"),
        "<= 0.25 s",
    );
}

fn once(cluster: &Cluster, node: &str) -> Duration {
    cluster.until("the node has been started", |c| c.init_pid(node).is_some());
    let old = cluster.init_pid(node).unwrap();
    kill(Pid::from_raw(old), Signal::SIGKILL).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let target = Target { host: cluster.nodes[0].clone(), port: rpc::tls::dial::API_PORT };
    let tls = ClientTls { identity: identity(cluster), trust: Trust::Insecure(vec![]) }.config().unwrap();
    let began = Instant::now();
    runtime.block_on(async {
        loop {
            // The old node may still answer while it dies.
            let pid = cluster.init_pid(node).filter(|pid| *pid != old);
            let channel = tls_channel(vec![target.clone()], tls.clone());
            let call = async { MachineServiceClient::new(channel).version(()).await };
            let answer = tokio::time::timeout(Duration::from_millis(100), call).await;
            if let (Some(pid), Ok(Ok(_))) = (pid, answer) {
                return process::age(pid);
            }
            assert!(began.elapsed() < Duration::from_secs(120), "{node} does not answer after it was killed");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
}

/// Certificate and key of the cluster's user, if there are any yet.
pub fn identity(cluster: &Cluster) -> Option<Identity> {
    use base64::Engine as _;
    let known = config::talosconfig::Talosconfig::parse(&std::fs::read(cluster.talosconfig()).ok()?).unwrap();
    let context = known.select(None).ok()?;
    let plain = |text: &str| base64::engine::general_purpose::STANDARD.decode(text).unwrap();
    Identity::from_pem(&plain(&context.crt), &plain(&context.key)).ok()
}
