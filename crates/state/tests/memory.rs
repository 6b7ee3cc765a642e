//! What the store promises, seen through its public interface.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use resources::{Metadata, Phase, Resource};
use state::{Error, EventKind, Kind, MemoryState, Pointer, Query, Start, State, Update, Watch, ops};

fn resource(id: &str, spec: &'static str) -> Resource {
    let mut metadata = Metadata::new("network", "HostnameSpecs.net.talos.dev", id);
    metadata.owner = "owner".to_owned();
    Resource { metadata, spec: Bytes::from_static(spec.as_bytes()) }
}

fn kind() -> Kind {
    Kind::new("network", "HostnameSpecs.net.talos.dev")
}

fn update() -> Update {
    Update { owner: "owner".to_owned(), phase: Some(Phase::Running) }
}

async fn events(store: &MemoryState, watch: Watch, n: usize) -> Vec<(EventKind, String)> {
    let stream = store.watch(watch).await.unwrap();
    let named = |e: state::Event| (e.kind, e.resource.map(|r| r.metadata.id).unwrap_or_default());
    tokio::time::timeout(Duration::from_secs(5), stream.take(n).map(|e| named(e.unwrap())).collect())
        .await
        .unwrap()
}

#[tokio::test]
async fn versions_count_from_one_and_guard_updates() {
    let store = MemoryState::default();
    let created = store.create(resource("a", "1")).await.unwrap();
    assert_eq!(created.metadata.version, 1);
    assert!(matches!(store.create(resource("a", "1")).await, Err(Error::AlreadyExists(_))));
    let second = store.update(created.clone(), update()).await.unwrap();
    assert_eq!(second.metadata.version, 2);
    let error = store.update(created, update()).await.unwrap_err();
    assert!(error.is_conflict(), "{error}");
}

#[tokio::test]
async fn an_absent_resource_is_named_as_the_contract_says() {
    let error = MemoryState::default().get(&Pointer::to(&resource("a", ""))).await.unwrap_err();
    assert_eq!(error.to_string(), "resource HostnameSpecs.net.talos.dev(network/a@undefined) doesn't exist");
}

#[tokio::test]
async fn only_the_owner_writes() {
    let store = MemoryState::default();
    let created = store.create(resource("a", "1")).await.unwrap();
    let pointer = Pointer::to(&created);
    let stranger = Update { owner: "stranger".to_owned(), phase: None };
    assert!(matches!(store.update(created, stranger).await, Err(Error::OwnerConflict { .. })));
    assert!(matches!(store.teardown(&pointer, "stranger").await, Err(Error::OwnerConflict { .. })));
    assert!(matches!(store.destroy(&pointer, "stranger").await, Err(Error::OwnerConflict { .. })));
}

#[tokio::test]
async fn a_finalizer_holds_a_resource_until_it_is_removed() {
    let store = MemoryState::default();
    let pointer = Pointer::to(&store.create(resource("a", "1")).await.unwrap());
    ops::add_finalizer(&store, &pointer, "reader").await.unwrap();
    assert!(!ops::teardown_and_destroy(&store, "owner", &pointer).await.unwrap());
    assert!(matches!(store.destroy(&pointer, "owner").await, Err(Error::PendingFinalizers { .. })));
    assert_eq!(store.get(&pointer).await.unwrap().metadata.phase, Phase::TearingDown);
    // Nobody can begin to depend on what is going away.
    assert!(matches!(ops::add_finalizer(&store, &pointer, "late").await, Err(Error::PhaseConflict { .. })));
    ops::remove_finalizer(&store, &pointer, "reader").await.unwrap();
    assert!(ops::teardown_and_destroy(&store, "owner", &pointer).await.unwrap());
    assert!(ops::teardown_and_destroy(&store, "owner", &pointer).await.unwrap(), "gone is gone");
}

#[tokio::test]
async fn a_watch_of_the_contents_tells_what_is_there_then_what_happens() {
    let store = MemoryState::default();
    store.create(resource("a", "1")).await.unwrap();
    let stream = store.watch(Watch::contents(kind())).await.unwrap();
    let b = store.create(resource("b", "1")).await.unwrap();
    store.destroy(&Pointer::to(&b), "owner").await.unwrap();
    let told: Vec<_> = stream.take(4).map(|e| e.unwrap().kind).collect().await;
    assert_eq!(told, [EventKind::Created, EventKind::Bootstrapped, EventKind::Created, EventKind::Destroyed]);
}

#[tokio::test]
async fn a_watch_of_one_id_begins_with_its_state_even_when_absent() {
    let store = MemoryState::default();
    let pointer = Pointer::to(&resource("a", ""));
    assert_eq!(events(&store, Watch::one(&pointer), 1).await, [(EventKind::Destroyed, "a".to_owned())]);
    store.create(resource("a", "1")).await.unwrap();
    assert_eq!(events(&store, Watch::one(&pointer), 1).await, [(EventKind::Created, "a".to_owned())]);
}

#[tokio::test]
async fn a_bookmark_continues_without_a_gap_or_a_repetition() {
    let store = MemoryState::default();
    let mut from_nothing =
        store.watch(Watch { start: Start::NowWithBookmark, ..Watch::contents(kind()) }).await.unwrap();
    let mark = from_nothing.next().await.unwrap().unwrap().bookmark;
    for id in ["a", "b", "c"] {
        store.create(resource(id, "1")).await.unwrap();
    }
    let all = events(&store, Watch { start: Start::Bookmark(mark), ..Watch::contents(kind()) }, 3).await;
    assert_eq!(all.iter().map(|(_, id)| id.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
    let first = from_nothing.next().await.unwrap().unwrap();
    let rest =
        events(&store, Watch { start: Start::Bookmark(first.bookmark), ..Watch::contents(kind()) }, 2).await;
    assert_eq!(rest.iter().map(|(_, id)| id.as_str()).collect::<Vec<_>>(), ["b", "c"]);
}

#[tokio::test]
async fn a_slow_watch_ends_with_an_error_not_with_a_gap() {
    let store = MemoryState::default();
    let mut stream = store.watch(Watch { start: Start::Now, ..Watch::contents(kind()) }).await.unwrap();
    let mut stored = store.create(resource("a", "1")).await.unwrap();
    for _ in 0..2000 {
        stored = store.update(stored, update()).await.unwrap();
    }
    assert!(matches!(stream.next().await, Some(Err(Error::Overrun(_)))));
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn entering_and_leaving_a_filter_look_like_creation_and_destruction() {
    let store = MemoryState::default();
    let term = state::LabelTerm {
        key: "in".to_owned(),
        operation: state::Operation::Exists,
        values: vec![],
        invert: false,
    };
    let query = Query { labels: vec![state::LabelQuery { terms: vec![term] }], id: None };
    let stream = store.watch(Watch { kind: kind(), id: None, start: Start::Now, query }).await.unwrap();
    let mut a = store.create(resource("a", "1")).await.unwrap();
    a.metadata.labels.insert("in".to_owned(), String::new());
    let mut a = store.update(a, update()).await.unwrap();
    a.metadata.labels.clear();
    store.update(a, update()).await.unwrap();
    let told: Vec<_> = stream.take(2).map(|e| e.unwrap().kind).collect().await;
    assert_eq!(told, [EventKind::Created, EventKind::Destroyed]);
}
