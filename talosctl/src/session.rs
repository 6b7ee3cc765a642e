//! Connections to nodes: which endpoints, which credentials, which nodes (contract api.md 2.4, 3.6, 8.1).

use std::sync::Arc;

use anyhow::Context as _;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use config::talosconfig::Context;
use proto::cosi::resource::state_client::StateClient;
use proto::machine::machine_service_client::MachineServiceClient;
use rpc::tls::client::Trust;
use rpc::tls::dial::Target;
use rpc::tls::verify::Pin;
use rpc::tls::{CaPool, ClientTls, Identity};
use tonic::Request;
use tonic::metadata::MetadataValue;
use tonic::transport::Channel;

use crate::credentials;
use crate::failure::Failures;
use crate::global::{Global, Insecure};

/// A way to call nodes.
pub struct Session {
    route: Route,
    nodes: Vec<String>,
}

enum Route {
    /// Through endpoints that pass calls on.
    Proxied(Channel),
    /// Each node directly, in maintenance mode.
    Direct(Arc<rustls::ClientConfig>),
}

/// A node to call.
#[derive(Clone)]
pub struct Node {
    /// Name or address, as the user gave it; empty when the endpoint itself is meant.
    pub name: String,
    channel: Channel,
    metadata: Option<MetadataValue<tonic::metadata::Ascii>>,
}

impl Session {
    /// Opens a session with the user's credentials, or without any for a node in maintenance mode.
    pub fn open(global: &Global, insecure: &Insecure) -> anyhow::Result<Self> {
        if insecure.insecure {
            let pins = insecure.cert_fingerprint.iter().map(|text| text.parse::<Pin>());
            let trust = Trust::Insecure(pins.collect::<Result<_, _>>()?);
            let tls = ClientTls { identity: None, trust }.config()?;
            let nodes = if global.nodes.is_empty() { global.endpoints.clone() } else { global.nodes.clone() };
            return Ok(Self { route: Route::Direct(tls), nodes });
        }
        let file = credentials::open(global)?;
        let context = file.config.select(global.context.as_deref())?;
        Self::with_context(global, context)
    }

    /// Opens a session with the credentials of a context.
    pub fn with_context(global: &Global, context: &Context) -> anyhow::Result<Self> {
        let endpoints = if global.endpoints.is_empty() { &context.endpoints } else { &global.endpoints };
        anyhow::ensure!(!endpoints.is_empty(), "endpoints are not set: use `talosctl config endpoint`, or --endpoints");
        let targets = endpoints
            .iter()
            .map(|e| Target::parse(e).with_context(|| format!("{e:?} is not an endpoint: use host, host:port or https://host")))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let decode = |what: &str, text: &str| STANDARD.decode(text).with_context(|| format!("{what} of the context is not base64"));
        let pool = match context.ca.as_str() {
            "" => CaPool::system()?,
            ca => CaPool::from_pem([decode("ca", ca)?.as_slice()])?,
        };
        let identity = match (context.crt.as_str(), context.key.as_str()) {
            ("", "") => None,
            (crt, key) => Some(Identity::from_pem(&decode("crt", crt)?, &decode("key", key)?)?),
        };
        let tls = ClientTls { identity, trust: Trust::Cas(pool) }.config()?;
        let channel = rpc::client::tls_channel(shuffled(targets), tls);
        let nodes = if global.nodes.is_empty() { context.nodes.clone() } else { global.nodes.clone() };
        Ok(Self { route: Route::Proxied(channel), nodes })
    }

    /// The nodes that the command is about; an error when there are none.
    pub fn nodes(&self) -> anyhow::Result<Vec<Node>> {
        anyhow::ensure!(
            !self.nodes.is_empty(),
            "nodes are not set for the command: please use `--nodes` flag or configuration file to set the nodes to run the command against"
        );
        self.nodes.iter().map(|name| self.node(name)).collect()
    }

    /// The one node that the command is about.
    pub fn one(&self) -> anyhow::Result<Node> {
        let nodes = self.nodes()?;
        anyhow::ensure!(nodes.len() == 1, "command is not supported with multiple nodes: {}", self.nodes.join(", "));
        nodes.into_iter().next().context("no node")
    }

    fn node(&self, name: &str) -> anyhow::Result<Node> {
        let (channel, metadata) = match &self.route {
            Route::Proxied(channel) => {
                (channel.clone(), Some(MetadataValue::try_from(name).with_context(|| format!("{name:?} is not a node"))?))
            }
            Route::Direct(tls) => {
                let target = Target::parse(name).with_context(|| format!("{name:?} is not a node"))?;
                (rpc::client::tls_channel(vec![target], tls.clone()), None)
            }
        };
        Ok(Node { name: name.to_owned(), channel, metadata })
    }

    /// Does `work` on every node at once; errors are collected, so that one node does not hide another.
    pub async fn each<F, T>(&self, work: impl Fn(Node) -> F) -> anyhow::Result<()>
    where
        F: Future<Output = anyhow::Result<T>>,
    {
        use futures::stream::{FuturesUnordered, StreamExt};
        let mut running: FuturesUnordered<_> = self
            .nodes()?
            .into_iter()
            .map(|node| {
                let name = node.name.clone();
                let work = work(node);
                async move { (name, work.await) }
            })
            .collect();
        let mut failures = Failures::default();
        while let Some((name, result)) = running.next().await {
            if let Err(error) = result {
                failures.add(&name, &error);
            }
        }
        failures.into_result()
    }
}

fn shuffled(mut targets: Vec<Target>) -> Vec<Target> {
    let mut seed = [0u8; 8];
    if getrandom::fill(&mut seed).is_ok() && !targets.is_empty() {
        let n = targets.len();
        targets.rotate_left(usize::from(seed.first().copied().unwrap_or(0)) % n);
    }
    targets
}

impl Node {
    /// The main service.
    pub fn machine(&self) -> MachineServiceClient<Channel> {
        MachineServiceClient::new(self.channel.clone())
            .max_decoding_message_size(rpc::limits::MESSAGE)
            .max_encoding_message_size(rpc::limits::MESSAGE)
    }

    /// The resource store.
    pub fn state(&self) -> StateClient<Channel> {
        StateClient::new(self.channel.clone()).max_decoding_message_size(rpc::limits::MESSAGE)
    }

    /// The connection, for other services.
    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// A request to this node.
    pub fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        let metadata = request.metadata_mut();
        metadata.insert("runtime", MetadataValue::from_static("Talos"));
        if let Some(node) = &self.metadata {
            metadata.insert("node", node.clone());
        }
        request
    }
}
