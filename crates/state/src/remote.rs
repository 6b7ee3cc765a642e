//! The store of another process, over gRPC.

use futures::StreamExt;
use futures::stream;
use proto::cosi::resource as wire;
use proto::cosi::resource::state_client::StateClient;
use resources::Resource;
use tonic::transport::Channel;

use crate::wire_form;
use crate::{
    Error, Event, EventKind, EventStream, Kind, Operation, Pointer, Query, Result, Start, State, Update,
    Watch,
};

/// Client of a store that somebody else owns.
#[derive(Clone)]
pub struct RemoteState {
    client: StateClient<Channel>,
}

impl RemoteState {
    /// Largest message in either direction, bytes (contract api.md 1.1).
    const MAX_MESSAGE: usize = 32 << 20;

    /// The store behind `channel`.
    pub fn new(channel: Channel) -> Self {
        let client = StateClient::new(channel)
            .max_decoding_message_size(Self::MAX_MESSAGE)
            .max_encoding_message_size(Self::MAX_MESSAGE);
        Self { client }
    }
}

fn decode(resource: Option<wire::Resource>) -> Result<Resource> {
    let resource =
        resource.ok_or_else(|| Error::InvalidArgument("the store answered without a resource".to_owned()))?;
    wire_form::decode(resource).map_err(|e| {
        Error::InvalidArgument(format!("the store answered with a resource that is not valid: {e}"))
    })
}

fn labels(query: &Query) -> Vec<wire::LabelQuery> {
    let op = |operation| {
        use wire::label_term::Operation as Wire;
        #[allow(deprecated, reason = "older servers know no other way to say it")]
        match operation {
            Operation::Exists => Wire::Exists,
            Operation::Equal => Wire::Equal,
            Operation::NotExists => Wire::NotExists,
            Operation::In => Wire::In,
            Operation::Lt => Wire::Lt,
            Operation::Lte => Wire::Lte,
            Operation::LtNumeric => Wire::LtNumeric,
            Operation::LteNumeric => Wire::LteNumeric,
        }
    };
    let term = |t: &crate::LabelTerm| wire::LabelTerm {
        key: t.key.clone(),
        op: op(t.operation) as i32,
        value: t.values.clone(),
        invert: t.invert,
    };
    query.labels.iter().map(|q| wire::LabelQuery { terms: q.terms.iter().map(term).collect() }).collect()
}

fn id_query(query: &Query) -> Option<wire::IdQuery> {
    query.id.as_ref().map(|q| wire::IdQuery { regexp: q.pattern().to_owned() })
}

/// Errors of the far store come back as the same variants where a caller acts on them.
fn restore(pointer: &Pointer, status: tonic::Status) -> Error {
    match status.code() {
        tonic::Code::NotFound => Error::NotFound(pointer.clone()),
        tonic::Code::AlreadyExists => Error::AlreadyExists(pointer.clone()),
        _ => status.into(),
    }
}

#[async_trait::async_trait]
impl State for RemoteState {
    async fn get(&self, pointer: &Pointer) -> Result<Resource> {
        let request = wire::GetRequest {
            namespace: pointer.namespace.clone(),
            r#type: pointer.typ.clone(),
            id: pointer.id.clone(),
            options: None,
        };
        let answer = self.client.clone().get(request).await.map_err(|s| restore(pointer, s))?;
        decode(answer.into_inner().resource)
    }

    async fn list(&self, kind: &Kind, query: &Query) -> Result<Vec<Resource>> {
        let options = wire::ListOptions { label_query: labels(query), id_query: id_query(query) };
        let request = wire::ListRequest {
            namespace: kind.namespace.clone(),
            r#type: kind.typ.clone(),
            options: Some(options),
        };
        let mut answers = self.client.clone().list(request).await?.into_inner();
        let mut found = Vec::new();
        while let Some(answer) = answers.message().await? {
            found.push(decode(answer.resource)?);
        }
        Ok(found)
    }

    async fn create(&self, resource: Resource) -> Result<Resource> {
        let pointer = Pointer::to(&resource);
        let options = wire::CreateOptions { owner: resource.metadata.owner.clone() };
        let request = wire::CreateRequest {
            resource: Some(wire_form::encode(&resource, false)),
            options: Some(options),
        };
        let answer = self.client.clone().create(request).await.map_err(|s| restore(&pointer, s))?;
        decode(answer.into_inner().resource)
    }

    async fn update(&self, resource: Resource, update: Update) -> Result<Resource> {
        let pointer = Pointer::to(&resource);
        let options = wire::UpdateOptions {
            owner: update.owner,
            expected_phase: update.phase.map(|p| p.as_str().to_owned()),
        };
        let request = wire::UpdateRequest {
            new_resource: Some(wire_form::encode(&resource, false)),
            options: Some(options),
        };
        let answer = self.client.clone().update(request).await.map_err(|s| restore(&pointer, s))?;
        decode(answer.into_inner().resource)
    }

    async fn teardown(&self, pointer: &Pointer, owner: &str) -> Result<bool> {
        let request = wire::TeardownRequest {
            namespace: pointer.namespace.clone(),
            r#type: pointer.typ.clone(),
            id: pointer.id.clone(),
            options: Some(wire::TeardownOptions { owner: owner.to_owned() }),
        };
        let answer = self.client.clone().teardown(request).await.map_err(|s| restore(pointer, s))?;
        Ok(answer.into_inner().destroy_ready)
    }

    async fn destroy(&self, pointer: &Pointer, owner: &str) -> Result<()> {
        let request = wire::DestroyRequest {
            namespace: pointer.namespace.clone(),
            r#type: pointer.typ.clone(),
            id: pointer.id.clone(),
            options: Some(wire::DestroyOptions { owner: owner.to_owned() }),
        };
        self.client.clone().destroy(request).await.map(drop).map_err(|s| restore(pointer, s))
    }

    async fn watch(&self, watch: Watch) -> Result<EventStream> {
        let mut options = wire::WatchOptions {
            label_query: labels(&watch.query),
            id_query: id_query(&watch.query),
            aggregated: true,
            ..Default::default()
        };
        match watch.start {
            Start::Now => {}
            Start::NowWithBookmark => options.bootstrap_bookmark = true,
            Start::Contents => options.bootstrap_contents = true,
            Start::Tail(n) => options.tail_events = i32::try_from(n).unwrap_or(i32::MAX),
            Start::Bookmark(bookmark) => options.start_from_bookmark = Some(bookmark),
        }
        let typ = watch.kind.typ.clone();
        let request = wire::WatchRequest {
            namespace: watch.kind.namespace,
            r#type: watch.kind.typ,
            id: watch.id,
            options: Some(options),
            api_version: 1,
        };
        let mut answers = self.client.clone().watch(request).await?.into_inner();
        // Subscribed, or refused.
        if answers.message().await?.is_none() {
            return Err(Error::Overrun(typ));
        }
        let events = answers.flat_map(move |answer| {
            let events: Vec<Result<Event>> = match answer {
                Ok(answer) => answer.event.into_iter().map(|e| event(&typ, e)).collect(),
                Err(status) => vec![Err(status.into())],
            };
            stream::iter(events)
        });
        Ok(events.boxed())
    }
}

fn event(typ: &str, event: wire::Event) -> Result<Event> {
    let kind = match event.event_type() {
        wire::EventType::Created => EventKind::Created,
        wire::EventType::Updated => EventKind::Updated,
        wire::EventType::Destroyed => EventKind::Destroyed,
        wire::EventType::Bootstrapped => EventKind::Bootstrapped,
        wire::EventType::Noop => EventKind::Noop,
        wire::EventType::Errored => {
            tracing::debug!(typ, "watch ended by the store: {}", event.error.unwrap_or_default());
            return Err(Error::Overrun(typ.to_owned()));
        }
    };
    let told = matches!(kind, EventKind::Created | EventKind::Updated | EventKind::Destroyed);
    let resource = if told { Some(decode(event.resource)?) } else { None };
    let old = event.old.map(|r| decode(Some(r))).transpose()?;
    Ok(Event { kind, resource, old, bookmark: event.bookmark.unwrap_or_default() })
}
