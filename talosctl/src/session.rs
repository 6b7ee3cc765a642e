//! Connections to nodes: which endpoints, which credentials, which nodes (contract api.md 2.4, 3.6, 8.1).

use anyhow::Context as _;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use config::talosconfig::Context;
use futures::stream::{FuturesUnordered, StreamExt};
use rpc::tls::client::Trust;
use rpc::tls::dial::Target;
use rpc::tls::verify::Pin;
use rpc::tls::{CaPool, ClientTls, Identity};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;

use crate::connect::{Connector, Proxies, targets};
use crate::credentials;
use crate::failure::Failures;
use crate::global::{Global, Insecure};
use crate::node::Node;
use crate::skew;

/// A way to call nodes.
pub struct Session {
    route: Route,
    nodes: Vec<String>,
    metadata: Vec<(&'static str, MetadataValue<Ascii>)>,
    endpoints: Vec<String>,
    warn_of_skew: bool,
}

enum Route {
    /// Through endpoints that pass calls on.
    Proxied(Channel),
    /// Each node directly, in maintenance mode.
    Direct(Connector),
}

impl Session {
    /// Opens a session with the user's credentials.
    pub fn open(global: &Global) -> anyhow::Result<Self> {
        let file = credentials::open(global)?;
        let context = file.selected(global)?;
        Self::with_context(global, context)
    }

    /// Opens a session with the user's credentials, or without any for nodes in maintenance mode.
    pub fn open_for(global: &Global, insecure: &Insecure) -> anyhow::Result<Self> {
        if insecure.insecure {
            return Self::insecure(global, insecure);
        }
        anyhow::ensure!(
            insecure.cert_fingerprint.is_empty(),
            "--cert-fingerprint is only for nodes in maintenance mode: use --insecure with it"
        );
        Self::open(global)
    }

    fn insecure(global: &Global, insecure: &Insecure) -> anyhow::Result<Self> {
        let pins = insecure.cert_fingerprint.iter().map(|text| text.parse::<Pin>());
        let trust = Trust::Insecure(pins.collect::<Result<_, _>>()?);
        let tls = ClientTls { identity: None, trust }.config()?;
        let nodes = if global.nodes.is_empty() { global.endpoints.clone() } else { global.nodes.clone() };
        let proxies = Proxies::new(None, |name| std::env::var(name).ok())?;
        let route = Route::Direct(Connector { tls, proxies });
        let metadata = vec![(rpc::meta::RUNTIME, MetadataValue::from_static("Talos"))];
        Ok(Self { route, nodes, metadata, endpoints: Vec::new(), warn_of_skew: true })
    }

    /// Opens a session with the credentials of a context.
    pub fn with_context(global: &Global, context: &Context) -> anyhow::Result<Self> {
        anyhow::ensure!(
            context.other.get("auth").is_none_or(|auth| auth.get("siderov1").is_none()),
            "the context signs its calls with keys of SideroV1, which cannot be done yet: use one with certificates"
        );
        let endpoints = if global.endpoints.is_empty() { &context.endpoints } else { &global.endpoints };
        anyhow::ensure!(
            !endpoints.is_empty(),
            "endpoints are not set: name them with `talosctl config endpoint <address>…` or -e"
        );
        let connector = Connector {
            tls: tls(context)?.config()?,
            proxies: Proxies::new(context.extra("proxy-url"), |name| std::env::var(name).ok())?,
        };
        let channel = connector.channel(targets(endpoints)?);
        let mut metadata = vec![(rpc::meta::RUNTIME, MetadataValue::from_static("Talos"))];
        if let Some(cluster) =
            global.cluster.as_deref().or(context.extra("cluster")).filter(|c| !c.is_empty())
        {
            let value = MetadataValue::try_from(cluster)
                .context("the cluster's name has letters that cannot be sent")?;
            metadata.push((rpc::meta::CONTEXT, value));
        }
        if let Some(basic) = credentials::basic(context) {
            metadata.push((rpc::meta::AUTHORIZATION, MetadataValue::try_from(basic)?));
        }
        let nodes = if global.nodes.is_empty() { context.nodes.clone() } else { global.nodes.clone() };
        let endpoints = endpoints.clone();
        Ok(Self { route: Route::Proxied(channel), nodes, metadata, endpoints, warn_of_skew: true })
    }

    /// Leaves out the warning about older nodes.
    pub fn without_skew_warning(mut self) -> Self {
        self.warn_of_skew = false;
        self
    }

    /// The same session about one node only.
    pub fn only(&self, name: &str) -> Self {
        let route = match &self.route {
            Route::Proxied(channel) => Route::Proxied(channel.clone()),
            Route::Direct(connector) => Route::Direct(connector.clone()),
        };
        Self {
            route,
            nodes: vec![name.to_owned()],
            metadata: self.metadata.clone(),
            endpoints: self.endpoints.clone(),
            warn_of_skew: self.warn_of_skew,
        }
    }

    /// Where the API is; empty when nodes are called directly.
    pub fn endpoints(&self) -> &[String] {
        &self.endpoints
    }

    /// The nodes that the command is about; an error when there are none.
    pub fn nodes(&self) -> anyhow::Result<Vec<Node>> {
        if self.nodes.is_empty() {
            anyhow::bail!(
                "nodes are not set for the command: please use `--nodes` flag or configuration file to set the nodes to run the command against"
            );
        }
        self.nodes.iter().map(|name| self.node(name)).collect()
    }

    /// The one node that the command is about.
    pub fn one(&self) -> anyhow::Result<Node> {
        let nodes = self.nodes()?;
        if nodes.len() > 1 {
            let names = self.nodes.join(", ");
            anyhow::bail!("command is not supported with multiple nodes: choose one of {names} with -n");
        }
        nodes.into_iter().next().context("no node")
    }

    /// The node of that name or address.
    pub fn node(&self, name: &str) -> anyhow::Result<Node> {
        let mut metadata = self.metadata.clone();
        let channel = match &self.route {
            Route::Proxied(channel) => {
                let value =
                    MetadataValue::try_from(name).with_context(|| format!("{name:?} is not a node"))?;
                metadata.push((rpc::meta::NODE, value));
                channel.clone()
            }
            Route::Direct(connector) => {
                let target = Target::parse(name).with_context(|| format!("{name:?} is not a node"))?;
                connector.channel(vec![target])
            }
        };
        Ok(Node::new(name, channel, metadata))
    }

    /// The endpoint itself, whichever it is.
    pub fn endpoint(&self) -> anyhow::Result<Node> {
        match &self.route {
            Route::Proxied(channel) => Ok(Node::new("", channel.clone(), self.metadata.clone())),
            Route::Direct(_) => self.one(),
        }
    }

    /// Does `work` on every node at once; errors are collected, so that one node does not hide another.
    /// What succeeded is in the order of the nodes.
    pub async fn gather<T>(
        &self,
        work: impl AsyncFn(Node) -> anyhow::Result<T>,
    ) -> anyhow::Result<(Vec<(String, T)>, Failures)> {
        let nodes = self.nodes()?;
        let asked = nodes.len();
        let (work, warn) = (&work, self.warn_of_skew);
        let mut running: FuturesUnordered<_> = nodes
            .into_iter()
            .enumerate()
            .map(|(index, node)| async move {
                let name = node.name.clone();
                let check = async {
                    if warn {
                        skew::check(&node).await;
                    }
                };
                let (result, ()) = tokio::join!(work(node.clone()), check);
                (index, name, result)
            })
            .collect();
        let mut done = Vec::new();
        while let Some(finished) = running.next().await {
            done.push(finished);
        }
        done.sort_by_key(|(index, ..)| *index);
        let (mut answers, mut failures) = (Vec::new(), Failures::of(asked));
        for (_, name, result) in done {
            match result {
                Ok(answer) => answers.push((name, answer)),
                Err(error) => failures.add(&name, &error),
            }
        }
        Ok((answers, failures))
    }

    /// Does `work`, which prints what it finds itself, on every node at once.
    pub async fn each(
        &self,
        what: &str,
        work: impl AsyncFn(Node) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        self.gather(work).await?.1.into_result(what)
    }
}

/// Certificates and authorities of a context.
fn tls(context: &Context) -> anyhow::Result<ClientTls> {
    let decode = |what: &str, text: &str| {
        STANDARD.decode(text).with_context(|| format!("{what} of the context is not base64"))
    };
    let pool = match context.ca.as_str() {
        "" => CaPool::system()?,
        ca => CaPool::from_pem([decode("ca", ca)?.as_slice()])?,
    };
    let identity = match (context.crt.as_str(), context.key.as_str()) {
        ("", "") => None,
        (crt, key) => Some(Identity::from_pem(&decode("crt", crt)?, &decode("key", key)?)?),
    };
    Ok(ClientTls { identity, trust: Trust::Cas(pool) })
}
