//! The command line of etcd (contract os.md 6.1). Pure.

use std::collections::BTreeMap;
use std::net::IpAddr;

use proto::common::NetIp;
use proto::resource::etcd::SpecSpec;

use super::{DATA, SECRETS};

/// How a cluster begins for this member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClusterState {
    /// With this member.
    New,
    /// It exists.
    Existing,
}

/// The cluster as etcd is told at its first start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// `name=url,…`; `None` when the data directory knows.
    pub initial: Option<String>,
    /// Whether it exists.
    pub state: ClusterState,
}

impl Cluster {
    /// A cluster that the data directory knows.
    pub fn existing() -> Self {
        Self { initial: None, state: ClusterState::Existing }
    }

    /// A new cluster of this member alone.
    pub fn new(name: &str, peer_urls: &[String]) -> Self {
        let members: Vec<String> = peer_urls.iter().map(|url| format!("{name}={url}")).collect();
        Self { initial: Some(members.join(",")), state: ClusterState::New }
    }
}

/// Arguments that users' own ones may take the place of (contract os.md 6.1).
const OVERRIDABLE: [&str; 5] = [
    "initial-cluster",
    "initial-cluster-state",
    "initial-cluster-token",
    "initial-advertise-peer-urls",
    "advertise-client-urls",
];

/// URLs under which other members reach this one.
pub fn peer_urls(spec: &SpecSpec) -> Vec<String> {
    urls(&spec.advertised_addresses, 2380)
}

/// Program and arguments, sorted.
pub fn command(spec: &SpecSpec, cluster: &Cluster) -> Vec<String> {
    let secret = |name: &str| vec![format!("{SECRETS}/{name}")];
    let text = |value: &str| vec![value.to_owned()];
    let list = |urls: Vec<String>| vec![urls.join(",")];
    let mut args: BTreeMap<&str, Vec<String>> = BTreeMap::from([
        ("name", text(&spec.name)),
        ("auto-tls", text("false")),
        ("peer-auto-tls", text("false")),
        ("data-dir", text(DATA)),
        ("listen-peer-urls", list(urls(&spec.listen_peer_addresses, 2380))),
        ("listen-client-urls", list(urls(&spec.listen_client_addresses, 2379))),
        ("listen-client-http-urls", list(urls(&spec.listen_client_addresses, 2383))),
        ("client-cert-auth", text("true")),
        ("cert-file", secret("server.crt")),
        ("key-file", secret("server.key")),
        ("trusted-ca-file", secret("ca.crt")),
        ("peer-client-cert-auth", text("true")),
        ("peer-cert-file", secret("peer.crt")),
        ("peer-key-file", secret("peer.key")),
        ("peer-trusted-ca-file", secret("ca.crt")),
        ("feature-gates", vec!["InitialCorruptCheck=true".to_owned(), "CompactHashCheck=true".to_owned()]),
        ("watch-progress-notify-interval", text("5s")),
        ("tls-min-version", text("TLS1.3")),
        ("initial-advertise-peer-urls", list(peer_urls(spec))),
        ("advertise-client-urls", list(urls(&spec.advertised_addresses, 2379))),
    ]);
    let state = match cluster.state {
        ClusterState::New => "new",
        ClusterState::Existing => "existing",
    };
    args.insert("initial-cluster-state", text(state));
    if let Some(initial) = &cluster.initial {
        args.insert("initial-cluster", text(initial));
    }
    for (key, values) in &spec.extra_args {
        if !args.contains_key(key.as_str()) || OVERRIDABLE.contains(&key.as_str()) {
            args.insert(key, values.values.clone());
        }
    }
    let flags =
        args.iter().flat_map(|(key, values)| values.iter().map(move |value| format!("--{key}={value}")));
    std::iter::once("/usr/local/bin/etcd".to_owned()).chain(flags).collect()
}

fn urls(addresses: &[NetIp], port: u16) -> Vec<String> {
    let addresses = addresses.iter().filter_map(|a| IpAddr::try_from(a).ok());
    addresses.map(|ip| format!("https://{}", std::net::SocketAddr::new(ip, port))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::resource::etcd::ArgValues;

    fn spec() -> SpecSpec {
        let ip = |text: &str| text.parse::<NetIp>().unwrap();
        SpecSpec {
            name: "peer-cp".into(),
            advertised_addresses: vec![ip("10.5.0.2")],
            image: "registry.k8s.io/etcd:3.7.1".into(),
            listen_peer_addresses: vec![ip("0.0.0.0")],
            listen_client_addresses: vec![ip("fd00::1"), ip("127.0.0.1")],
            extra_args: BTreeMap::new(),
        }
    }

    #[test]
    fn the_first_member_begins_a_cluster() {
        let spec = spec();
        let cluster = Cluster::new(&spec.name, &peer_urls(&spec));
        let args = command(&spec, &cluster);
        assert_eq!(
            args,
            [
                "/usr/local/bin/etcd",
                "--advertise-client-urls=https://10.5.0.2:2379",
                "--auto-tls=false",
                "--cert-file=/system/secrets/etcd/server.crt",
                "--client-cert-auth=true",
                "--data-dir=/var/lib/etcd",
                "--feature-gates=InitialCorruptCheck=true",
                "--feature-gates=CompactHashCheck=true",
                "--initial-advertise-peer-urls=https://10.5.0.2:2380",
                "--initial-cluster=peer-cp=https://10.5.0.2:2380",
                "--initial-cluster-state=new",
                "--key-file=/system/secrets/etcd/server.key",
                "--listen-client-http-urls=https://[fd00::1]:2383,https://127.0.0.1:2383",
                "--listen-client-urls=https://[fd00::1]:2379,https://127.0.0.1:2379",
                "--listen-peer-urls=https://0.0.0.0:2380",
                "--name=peer-cp",
                "--peer-auto-tls=false",
                "--peer-cert-file=/system/secrets/etcd/peer.crt",
                "--peer-client-cert-auth=true",
                "--peer-key-file=/system/secrets/etcd/peer.key",
                "--peer-trusted-ca-file=/system/secrets/etcd/ca.crt",
                "--tls-min-version=TLS1.3",
                "--trusted-ca-file=/system/secrets/etcd/ca.crt",
                "--watch-progress-notify-interval=5s",
            ]
        );
    }

    #[test]
    fn a_member_with_data_is_not_told_its_cluster() {
        let args = command(&spec(), &Cluster::existing());
        assert!(!args.iter().any(|a| a.starts_with("--initial-cluster=")));
        assert!(args.contains(&"--initial-cluster-state=existing".to_owned()));
    }

    #[test]
    fn users_may_add_arguments_and_change_only_those_that_they_may() {
        let mut spec = spec();
        let one = |v: &str| ArgValues { values: vec![v.to_owned()] };
        spec.extra_args.insert("data-dir".into(), one("/tmp"));
        spec.extra_args.insert("advertise-client-urls".into(), one("https://x:2379"));
        spec.extra_args.insert("quota-backend-bytes".into(), one("1"));
        let args = command(&spec, &Cluster::existing());
        assert!(args.contains(&"--data-dir=/var/lib/etcd".to_owned()));
        assert!(args.contains(&"--advertise-client-urls=https://x:2379".to_owned()));
        assert!(args.contains(&"--quota-backend-bytes=1".to_owned()));
    }
}
