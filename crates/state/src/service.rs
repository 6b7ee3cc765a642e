//! A store served as `cosi.resource.State` (contract api.md 6).

use std::sync::Arc;

use futures::StreamExt;
use futures::stream::{self, BoxStream};
use proto::cosi::resource as wire;
use resources::{Phase, Resource};
use tokio::sync::Semaphore;
use tonic::metadata::MetadataMap;
use tonic::{Extensions, Request, Response, Status};

use crate::wire_form;
use crate::{
    Event, EventKind, IdQuery, Kind, LabelQuery, LabelTerm, Operation, Pointer, Query, Start, State, Update,
    Watch,
};

/// What is about to be read or written.
pub struct Access<'a> {
    /// Request metadata (roles).
    pub metadata: &'a MetadataMap,
    /// Request extensions (peer identity).
    pub extensions: &'a Extensions,
    /// Namespace.
    pub namespace: &'a str,
    /// Full type name, as sent.
    pub typ: &'a str,
    /// One id, when the request is about one.
    pub id: Option<&'a str>,
}

/// Who may read and write what.
pub trait AccessPolicy: Send + Sync + 'static {
    /// Refuses a Get, List or Watch.
    fn read(&self, access: &Access<'_>) -> Result<(), Status>;

    /// Refuses a Create, Update, Teardown or Destroy.
    fn write(&self, access: &Access<'_>) -> Result<(), Status>;

    /// Whether answers carry the YAML form of specs: people need it, our own daemons do not.
    fn yaml(&self) -> bool {
        true
    }
}

/// The service.
pub struct StateService<P> {
    state: Arc<dyn State>,
    policy: Arc<P>,
    /// Places for patterns of ids.
    id_queries: Arc<Semaphore>,
}

impl<P> Clone for StateService<P> {
    fn clone(&self) -> Self {
        let id_queries = self.id_queries.clone();
        Self { state: self.state.clone(), policy: self.policy.clone(), id_queries }
    }
}

impl<P: AccessPolicy> StateService<P> {
    /// Serves `state` under `policy`.
    pub fn new(state: Arc<dyn State>, policy: P) -> Self {
        Self { state, policy: Arc::new(policy), id_queries: Arc::new(Semaphore::new(ID_QUERIES)) }
    }

    fn encode(&self, resource: &Resource) -> wire::Resource {
        wire_form::encode(resource, self.policy.yaml())
    }

    fn check_read<T>(
        &self,
        request: &Request<T>,
        namespace: &str,
        typ: &str,
        id: Option<&str>,
    ) -> Result<(), Status> {
        let (metadata, extensions) = (request.metadata(), request.extensions());
        self.policy.read(&Access { metadata, extensions, namespace, typ, id })
    }

    fn check_write<T>(&self, request: &Request<T>, pointer: &Pointer) -> Result<(), Status> {
        let (metadata, extensions) = (request.metadata(), request.extensions());
        let (namespace, typ, id) = (&pointer.namespace, &pointer.typ, Some(pointer.id.as_str()));
        self.policy.write(&Access { metadata, extensions, namespace, typ, id })
    }
}

fn decode(resource: Option<wire::Resource>) -> Result<Resource, Status> {
    let resource = resource.ok_or_else(|| Status::invalid_argument("the request holds no resource"))?;
    wire_form::decode(resource)
        .map_err(|e| Status::invalid_argument(format!("the resource is not valid: {e}")))
}

fn query(labels: Vec<wire::LabelQuery>) -> Result<Query, Status> {
    let term = |term: wire::LabelTerm| {
        use wire::label_term::Operation as Wire;
        let operation = match Wire::try_from(term.op) {
            Ok(Wire::Exists) => Operation::Exists,
            Ok(Wire::Equal) => Operation::Equal,
            #[allow(deprecated, reason = "older clients send it")]
            Ok(Wire::NotExists) => Operation::NotExists,
            Ok(Wire::In) => Operation::In,
            Ok(Wire::Lt) => Operation::Lt,
            Ok(Wire::Lte) => Operation::Lte,
            Ok(Wire::LtNumeric) => Operation::LtNumeric,
            Ok(Wire::LteNumeric) => Operation::LteNumeric,
            Err(_) => {
                return Err(Status::unimplemented(format!("unsupported label query operator {}", term.op)));
            }
        };
        Ok(LabelTerm { key: term.key, operation, values: term.value, invert: term.invert })
    };
    let labels = labels
        .into_iter()
        .map(|q| q.terms.into_iter().map(term).collect::<Result<_, _>>().map(|terms| LabelQuery { terms }))
        .collect::<Result<_, Status>>()?;
    Ok(Query { labels, id: None })
}

/// Compiles a pattern of ids, where that does not hold up anybody else; there are only so many at a time.
async fn id_query(places: &Arc<Semaphore>, id: Option<wire::IdQuery>) -> Result<Option<IdQuery>, Status> {
    let Some(id) = id.filter(|q| !q.regexp.is_empty()) else { return Ok(None) };
    let place = Arc::clone(places).try_acquire_owned();
    let place = place.map_err(|_| {
        Status::resource_exhausted("too many id patterns are in use on this node: try again later")
    })?;
    let compiled = tokio::task::spawn_blocking(move || IdQuery::new(&id.regexp)).await;
    let compiled = compiled.map_err(|error| Status::internal(error.to_string()))??;
    Ok(Some(compiled.counted(place)))
}

/// Turns watch options into a [`Watch`], with the refusals of api.md 6.4.
async fn watch_of(places: &Arc<Semaphore>, request: wire::WatchRequest) -> Result<(Watch, bool), Status> {
    let options = request.options.unwrap_or_default();
    let kind = Kind::new(request.namespace, request.r#type);
    let mut query = query(options.label_query)?;
    let tail = usize::try_from(options.tail_events).unwrap_or(0);
    if request.id.is_some() && (options.bootstrap_contents || !query.labels.is_empty()) {
        return Err(Status::unimplemented(
            "a watch of one id takes neither bootstrap_contents nor a label query",
        ));
    }
    query.id = id_query(places, options.id_query).await?;
    let start = match options.start_from_bookmark {
        Some(_) if tail > 0 => {
            return Err(Status::invalid_argument("tail_events and start_from_bookmark exclude each other"));
        }
        Some(bookmark) => Start::Bookmark(bookmark),
        None if tail > 0 => Start::Tail(tail),
        None if options.bootstrap_contents => Start::Contents,
        None if options.bootstrap_bookmark => Start::NowWithBookmark,
        None => Start::Now,
    };
    Ok((Watch { kind, id: request.id, start, query }, options.aggregated))
}

fn event_type(kind: EventKind) -> wire::EventType {
    match kind {
        EventKind::Created => wire::EventType::Created,
        EventKind::Updated => wire::EventType::Updated,
        EventKind::Destroyed => wire::EventType::Destroyed,
        EventKind::Bootstrapped => wire::EventType::Bootstrapped,
        EventKind::Noop => wire::EventType::Noop,
    }
}

/// A resource that says nothing but its name: Bootstrapped, Noop and Errored carry one.
fn tombstone(kind: &Kind) -> wire::Resource {
    let metadata = wire::Metadata {
        namespace: kind.namespace.clone(),
        r#type: kind.typ.clone(),
        version: "undefined".to_owned(),
        phase: Phase::Running.as_str().to_owned(),
        ..Default::default()
    };
    wire::Resource { metadata: Some(metadata), spec: Some(wire::Spec::default()) }
}

/// Patterns of ids in use at a time. Each is tried on every change of its kind, on the thread that everything runs
/// on.
const ID_QUERIES: usize = 64;

/// How many ready events an aggregated response holds at most.
const AGGREGATE: usize = 128;

type Streamed<T> = BoxStream<'static, Result<T, Status>>;

#[tonic::async_trait]
impl<P: AccessPolicy> wire::state_server::State for StateService<P> {
    type ListStream = Streamed<wire::ListResponse>;
    type WatchStream = Streamed<wire::WatchResponse>;

    async fn get(&self, request: Request<wire::GetRequest>) -> Result<Response<wire::GetResponse>, Status> {
        let r = request.get_ref();
        self.check_read(&request, &r.namespace, &r.r#type, Some(&r.id))?;
        let found = self.state.get(&Pointer::new(&r.namespace, &r.r#type, &r.id)).await?;
        Ok(Response::new(wire::GetResponse { resource: Some(self.encode(&found)) }))
    }

    async fn list(&self, request: Request<wire::ListRequest>) -> Result<Response<Self::ListStream>, Status> {
        let r = request.get_ref();
        self.check_read(&request, &r.namespace, &r.r#type, None)?;
        let r = request.into_inner();
        let options = r.options.unwrap_or_default();
        let mut query = query(options.label_query)?;
        query.id = id_query(&self.id_queries, options.id_query).await?;
        let found = self.state.list(&Kind::new(r.namespace, r.r#type), &query).await?;
        let service = self.clone();
        let answers =
            found.into_iter().map(move |r| Ok(wire::ListResponse { resource: Some(service.encode(&r)) }));
        Ok(Response::new(stream::iter(answers).boxed()))
    }

    async fn create(
        &self,
        request: Request<wire::CreateRequest>,
    ) -> Result<Response<wire::CreateResponse>, Status> {
        let mut resource = decode(request.get_ref().resource.clone())?;
        self.check_write(&request, &Pointer::to(&resource))?;
        resource.metadata.owner = request.into_inner().options.unwrap_or_default().owner;
        let stored = self.state.create(resource).await?;
        Ok(Response::new(wire::CreateResponse { resource: Some(self.encode(&stored)) }))
    }

    async fn update(
        &self,
        request: Request<wire::UpdateRequest>,
    ) -> Result<Response<wire::UpdateResponse>, Status> {
        let resource = decode(request.get_ref().new_resource.clone())?;
        self.check_write(&request, &Pointer::to(&resource))?;
        let options = request.into_inner().options.unwrap_or_default();
        let phase = match options.expected_phase.as_deref() {
            None | Some("") => None,
            Some(text) => Some(
                text.parse().map_err(|e: resources::UnknownPhase| Status::invalid_argument(e.to_string()))?,
            ),
        };
        let stored = self.state.update(resource, Update { owner: options.owner, phase }).await?;
        Ok(Response::new(wire::UpdateResponse { resource: Some(self.encode(&stored)) }))
    }

    async fn destroy(
        &self,
        request: Request<wire::DestroyRequest>,
    ) -> Result<Response<wire::DestroyResponse>, Status> {
        let r = request.get_ref();
        let pointer = Pointer::new(&r.namespace, &r.r#type, &r.id);
        self.check_write(&request, &pointer)?;
        self.state.destroy(&pointer, &request.into_inner().options.unwrap_or_default().owner).await?;
        Ok(Response::new(wire::DestroyResponse::default()))
    }

    async fn teardown(
        &self,
        request: Request<wire::TeardownRequest>,
    ) -> Result<Response<wire::TeardownResponse>, Status> {
        let r = request.get_ref();
        let pointer = Pointer::new(&r.namespace, &r.r#type, &r.id);
        self.check_write(&request, &pointer)?;
        let owner = request.into_inner().options.unwrap_or_default().owner;
        let destroy_ready = self.state.teardown(&pointer, &owner).await?;
        Ok(Response::new(wire::TeardownResponse { destroy_ready }))
    }

    async fn teardown_and_destroy(
        &self,
        request: Request<wire::TeardownAndDestroyRequest>,
    ) -> Result<Response<wire::TeardownAndDestroyResponse>, Status> {
        let r = request.get_ref();
        let pointer = Pointer::new(&r.namespace, &r.r#type, &r.id);
        self.check_write(&request, &pointer)?;
        let owner = request.into_inner().options.unwrap_or_default().owner;
        if !crate::ops::teardown_and_destroy(&*self.state, &owner, &pointer).await? {
            return Err(Status::failed_precondition(format!("{} still has finalizers", pointer.id)));
        }
        Ok(Response::new(wire::TeardownAndDestroyResponse::default()))
    }

    async fn watch(
        &self,
        request: Request<wire::WatchRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let r = request.get_ref();
        self.check_read(&request, &r.namespace, &r.r#type, r.id.as_deref())?;
        let modern = r.api_version >= 1;
        let (watch, aggregated) = watch_of(&self.id_queries, request.into_inner()).await?;
        let kind = watch.kind.clone();
        let events = self.state.watch(watch).await?;
        let service = self.clone();
        let encode = move |event: crate::Result<Event>| match event {
            Ok(event) => Some(wire::Event {
                resource: Some(
                    event
                        .resource
                        .as_ref()
                        .map_or_else(|| tombstone(&kind), |r| service.encode_event(&event, r)),
                ),
                old: event.old.as_ref().map(|r| service.encode(r)),
                error: None,
                event_type: event_type(event.kind) as i32,
                bookmark: Some(event.bookmark),
            })
            .filter(|_| modern || event.kind != EventKind::Bootstrapped),
            Err(error) => modern.then(|| wire::Event {
                resource: Some(tombstone(&kind)),
                error: Some(error.to_string()),
                event_type: wire::EventType::Errored as i32,
                ..Default::default()
            }),
        };
        let most = if aggregated { AGGREGATE } else { 1 };
        let answers = events
            .ready_chunks(most)
            .map(move |chunk| wire::WatchResponse { event: chunk.into_iter().filter_map(&encode).collect() })
            .filter(|response| std::future::ready(!response.event.is_empty()))
            .map(Ok);
        // The empty first message says «subscribed» (api.md 6.4).
        let subscribed = stream::iter([Ok(wire::WatchResponse::default())]);
        Ok(Response::new(subscribed.chain(answers).boxed()))
    }
}

impl<P: AccessPolicy> StateService<P> {
    /// A destroyed resource that was never there has no spec to show.
    fn encode_event(&self, event: &Event, resource: &Resource) -> wire::Resource {
        if event.kind == EventKind::Destroyed && resource.metadata.version == 0 {
            let mut empty = tombstone(&Kind::new(&resource.metadata.namespace, &resource.metadata.typ));
            if let Some(metadata) = &mut empty.metadata {
                metadata.id.clone_from(&resource.metadata.id);
            }
            return empty;
        }
        self.encode(resource)
    }
}
