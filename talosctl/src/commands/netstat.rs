//! `talosctl netstat`.

use std::collections::BTreeMap;

use proto::common::ContainerDriver;
use proto::machine::connect_record::State;
use proto::machine::netstat_request::{Feature, Filter, L4proto, NetNs};
use proto::machine::{ConnectRecord, ContainersRequest, NetstatRequest};

use crate::global::Global;
use crate::node::Node;
use crate::output::Table;
use crate::session::Session;

/// Show network connections and sockets
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl netstat -l -p
  talosctl netstat -k
  talosctl netstat -a kube-system/coredns-x")]
pub struct Args {
    /// Only sockets of this pod: namespace/pod
    pod: Option<String>,
    /// Listening and connected sockets
    #[arg(short, long)]
    all: bool,
    /// Owner and inode of sockets
    #[arg(short = 'x', long)]
    extend: bool,
    /// Only IPv4
    #[arg(short = '4', long)]
    ipv4: bool,
    /// Only IPv6
    #[arg(short = '6', long)]
    ipv6: bool,
    /// Only listening sockets
    #[arg(short, long)]
    listening: bool,
    /// Sockets of pods too
    #[arg(short = 'k', long)]
    pods: bool,
    /// The processes that use them
    #[arg(short, long)]
    programs: bool,
    /// Only raw sockets
    #[arg(short = 'w', long)]
    raw: bool,
    /// Only TCP
    #[arg(short, long)]
    tcp: bool,
    /// Timers of connections
    #[arg(short = 'o', long)]
    timers: bool,
    /// Only UDP
    #[arg(short, long)]
    udp: bool,
    /// Only UDP-Lite
    #[arg(short = 'U', long)]
    udplite: bool,
    /// Everything that is known about each socket
    #[arg(short, long)]
    verbose: bool,
}

impl Args {
    fn request(&self) -> NetstatRequest {
        let filter = match (self.all, self.listening) {
            (true, _) => Filter::All,
            (false, true) => Filter::Listening,
            (false, false) => Filter::Connected,
        };
        let chosen = self.tcp || self.udp || self.udplite || self.raw;
        let (four, six) = if self.ipv4 == self.ipv6 { (true, true) } else { (self.ipv4, self.ipv6) };
        let pick = |flag: bool, family: bool| family && (flag || !chosen);
        NetstatRequest {
            filter: filter as i32,
            feature: Some(Feature { pid: self.programs || self.verbose }),
            l4proto: Some(L4proto {
                tcp: pick(self.tcp, four),
                tcp6: pick(self.tcp, six),
                udp: pick(self.udp, four),
                udp6: pick(self.udp, six),
                udplite: pick(self.udplite, four),
                udplite6: pick(self.udplite, six),
                raw: pick(self.raw, four),
                raw6: pick(self.raw, six),
            }),
            netns: Some(NetNs { hostnetwork: self.pod.is_none(), netns: Vec::new(), allnetns: self.pods }),
        }
    }

    fn heading(&self) -> Vec<&'static str> {
        let mut heading =
            vec!["NODE", "Proto", "Recv-Q", "Send-Q", "Local Address", "Foreign Address", "State"];
        if self.extend || self.verbose {
            heading.extend(["Uid", "Inode"]);
        }
        if self.programs || self.verbose {
            heading.push("PID/Program name");
        }
        if self.pods {
            heading.push("Pod");
        }
        if self.timers || self.verbose {
            heading.push("Timer");
        }
        heading
    }

    fn row(&self, node: &str, r: &ConnectRecord, pods: &BTreeMap<String, String>) -> Vec<String> {
        let mut row = vec![
            node.to_owned(),
            r.l4proto.clone(),
            r.rxqueue.to_string(),
            r.txqueue.to_string(),
            place(&r.localip, r.localport),
            place(&r.remoteip, r.remoteport),
            state(r),
        ];
        if self.extend || self.verbose {
            row.extend([r.uid.to_string(), r.inode.to_string()]);
        }
        if self.programs || self.verbose {
            let process = r.process.as_ref().filter(|p| p.pid != 0);
            row.push(process.map_or("-".to_owned(), |p| format!("{}/{}", p.pid, p.name)));
        }
        if self.pods {
            row.push(pods.get(&r.netns).cloned().unwrap_or_default());
        }
        if self.timers || self.verbose {
            let left = r.timerwhen as f64 / 100.0;
            let name = r.tr().as_str_name().to_lowercase();
            row.push(format!("{name} ({left:.2}/{}/{})", r.retrnsmt, r.timeout));
        }
        row
    }
}

fn place(address: &str, port: u32) -> String {
    if port == 0 { format!("{address}:*") } else { format!("{address}:{port}") }
}

/// Only TCP has states; others are merely there.
fn state(record: &ConnectRecord) -> String {
    match record.state() {
        State::Reserved | State::Close if !record.l4proto.starts_with("tcp") => String::new(),
        other => other.as_str_name().to_owned(),
    }
}

/// Names of pods by their network namespace.
async fn pods(node: &Node) -> anyhow::Result<BTreeMap<String, String>> {
    let request = ContainersRequest { namespace: "k8s.io".into(), driver: ContainerDriver::Cri as i32 };
    let answer = node.machine().containers(node.request(request)).await?.into_inner();
    let containers = answer.messages.into_iter().flat_map(|m| m.containers);
    Ok(containers
        .filter(|c| !c.network_namespace.is_empty())
        .map(|c| (c.network_namespace, c.pod_id))
        .collect())
}

/// Runs it.
pub async fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    let session = Session::open(global)?;
    let ask = async |node: Node| {
        let mut request = args.request();
        let names = if args.pods || args.pod.is_some() { pods(&node).await? } else { BTreeMap::new() };
        if let (Some(pod), Some(netns)) = (&args.pod, &mut request.netns) {
            let found = names.iter().find(|(_, name)| *name == pod);
            let (namespace, _) = found.ok_or_else(|| {
                anyhow::anyhow!("pod {pod:?} does not run with a network of its own on this node")
            })?;
            netns.netns.push(namespace.clone());
        }
        let answer = node.machine().netstat(node.request(request)).await?.into_inner();
        Ok((answer, names))
    };
    let (answers, failures) = session.gather(ask).await?;
    let mut table = Table::new(args.heading());
    for (node, (answer, pods)) in &answers {
        for record in answer.messages.iter().flat_map(|m| &m.connectrecord) {
            table.row(args.row(node, record, pods));
        }
    }
    table.print()?;
    failures.into_result("error getting network statistics")
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use proto::machine::connect_record::Process;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn args(line: &str) -> Args {
        Line::try_parse_from(line.split(' ')).unwrap().args
    }

    #[test]
    fn no_choice_of_protocol_or_family_means_all() {
        let all = args("netstat").request();
        assert_eq!((all.filter(), all.l4proto.unwrap().raw6), (Filter::Connected, true));
        let some = args("netstat -a -t -6").request();
        let l4 = some.l4proto.unwrap();
        assert_eq!((some.filter(), l4.tcp, l4.tcp6, l4.udp6), (Filter::All, false, true, false));
    }

    #[test]
    fn a_listening_socket_has_no_foreign_port_and_a_program() {
        let record = ConnectRecord {
            l4proto: "tcp".into(),
            localip: "127.0.0.1".into(),
            localport: 7445,
            remoteip: "0.0.0.0".into(),
            state: State::Listen as i32,
            process: Some(Process { pid: 1, name: "init".into() }),
            ..ConnectRecord::default()
        };
        let args = args("netstat -l -p");
        let mut table = Table::new(args.heading());
        table.row(args.row("10.5.0.2", &record, &BTreeMap::new()));
        assert_eq!(
            table.render(),
            "NODE       Proto   Recv-Q   Send-Q   Local Address    Foreign Address   State    PID/Program name\n\
             10.5.0.2   tcp     0        0        127.0.0.1:7445   0.0.0.0:*         LISTEN   1/init\n"
        );
        let udp = ConnectRecord { l4proto: "udp".into(), state: State::Close as i32, ..record };
        assert_eq!(state(&udp), "");
    }
}
