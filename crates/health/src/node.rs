//! A node that is looked at: its services, and what it has in its resource store.

use anyhow::Context as _;
use config::yaml;
use proto::cosi::resource::state_client::StateClient;
use proto::cosi::resource::{GetRequest, ListRequest, Resource};
use proto::machine::ServiceInfo;
use proto::machine::machine_service_client::MachineServiceClient;
use serde_json::Value;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;
use tonic::{Code, Request, Status};

/// A node behind a connection.
#[derive(Clone)]
pub struct Node {
    /// Its address, as the cluster knows it.
    pub name: String,
    channel: Channel,
    metadata: Vec<(&'static str, MetadataValue<Ascii>)>,
}

/// A type of resources in a namespace.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) namespace: &'static str,
    pub(crate) typ: &'static str,
}

impl Node {
    /// A node behind a connection; `metadata` goes with each request.
    pub fn new(name: &str, channel: Channel, metadata: Vec<(&'static str, MetadataValue<Ascii>)>) -> Self {
        Self { name: name.to_owned(), channel, metadata }
    }

    pub(crate) fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        for (key, value) in &self.metadata {
            request.metadata_mut().insert(*key, value.clone());
        }
        request
    }

    pub(crate) fn machine(&self) -> MachineServiceClient<Channel> {
        MachineServiceClient::new(self.channel.clone()).max_decoding_message_size(rpc::limits::MESSAGE)
    }

    fn state(&self) -> StateClient<Channel> {
        StateClient::new(self.channel.clone()).max_decoding_message_size(rpc::limits::MESSAGE)
    }

    pub(crate) async fn get(&self, kind: Kind, id: &str) -> Result<Resource, Status> {
        let request = GetRequest {
            namespace: kind.namespace.to_owned(),
            r#type: kind.typ.to_owned(),
            id: id.to_owned(),
            options: None,
        };
        let answer = self.state().get(self.request(request)).await?.into_inner();
        answer.resource.ok_or_else(|| Status::internal("the answer has no resource"))
    }

    pub(crate) async fn find(&self, kind: Kind, id: &str) -> Result<Option<Resource>, Status> {
        match self.get(kind, id).await {
            Ok(resource) => Ok(Some(resource)),
            Err(status) if status.code() == Code::NotFound => Ok(None),
            Err(status) => Err(status),
        }
    }

    pub(crate) async fn list(&self, kind: Kind) -> Result<Vec<Resource>, Status> {
        let request =
            ListRequest { namespace: kind.namespace.to_owned(), r#type: kind.typ.to_owned(), options: None };
        let mut stream = self.state().list(self.request(request)).await?.into_inner();
        let mut found = Vec::new();
        while let Some(message) = stream.message().await? {
            found.extend(message.resource);
        }
        Ok(found)
    }

    /// A service, if the node has it.
    async fn service(&self, id: &str) -> Result<Option<ServiceInfo>, Status> {
        let answer = self.machine().service_list(self.request(())).await?.into_inner();
        Ok(answer.messages.into_iter().flat_map(|m| m.services).find(|service| service.id == id))
    }

    /// Fails unless a service runs and is healthy.
    pub(crate) async fn service_is_healthy(&self, id: &str) -> anyhow::Result<()> {
        let Some(service) = self.service(id).await? else { anyhow::bail!("service {id:?} is not there yet") };
        let last = service.events.as_ref().and_then(|events| events.events.last());
        let said = last.map(|event| event.msg.as_str()).unwrap_or_default();
        anyhow::ensure!(service.state == "Running", "service {id:?} is {}: {said}", service.state);
        let health = service.health.unwrap_or_default();
        anyhow::ensure!(!health.unknown, "service {id:?} was not looked at yet");
        anyhow::ensure!(health.healthy, "service {id:?} is not healthy: {}", health.last_message);
        Ok(())
    }
}

/// The typed spec of a resource.
pub(crate) fn spec<S: prost::Message + Default>(resource: &Resource) -> anyhow::Result<S> {
    let bytes = resource.spec.as_ref().map(|spec| spec.proto_spec.clone()).unwrap_or_default();
    S::decode(bytes).context("a resource's spec cannot be decoded")
}

/// The spec of a resource as JSON; null if there is none.
pub(crate) fn spec_json(resource: &Resource) -> Value {
    let text = resource.spec.as_ref().map(|spec| spec.yaml_spec.as_str()).unwrap_or_default();
    let documents = yaml::read(text.as_bytes()).unwrap_or_default();
    documents.first().map(|document| document.root.to_json()).unwrap_or_default()
}

/// The id of a resource.
pub(crate) fn id(resource: &Resource) -> &str {
    resource.metadata.as_ref().map(|m| m.id.as_str()).unwrap_or_default()
}
