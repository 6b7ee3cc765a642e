//! Configurations of every kind and field, at random, and what tests measure with.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::time::Duration;

use config::documents::{KINDS, Kind, V1ALPHA1};
use config::schema::{Object, Type};
use config::yaml::Node;
use proptest::prelude::*;

/// Time that this thread has spent on a processor: what other work a machine has makes no difference. Zero
/// where the kernel does not tell.
pub fn cpu_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = text.split_whitespace().next().and_then(|first| first.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or(0))
}

/// What every secret field holds.
pub const SECRET: &str = "hunter2hunter2";

/// A value that decodes as a type; secrets are recognisable.
pub fn value(ty: Type, secret: bool) -> BoxedStrategy<Node> {
    match ty {
        Type::Bool => any::<bool>().prop_map(Node::from).boxed(),
        Type::Int { min, max } => {
            let (low, high) = (min.clamp(-9, 9) as i64, max.clamp(-9, 99) as i64);
            (low..=high).prop_map(Node::from).boxed()
        }
        Type::Text | Type::IntOrText if secret => Just(Node::str(SECRET)).boxed(),
        Type::Text | Type::IntOrText => "[a-z0-9:. -]{0,12}".prop_map(Node::str).boxed(),
        Type::Formatted(format) => {
            let texts = [
                "10.0.0.1",
                "10.0.0.0/24",
                "10.0.0.1:80",
                "https://a/",
                "1h",
                "10GiB",
                "00:1a:2b:3c:4d:5e",
                "aHVudGVyMmh1bnRlcjI=",
                "main",
            ];
            let fit: Vec<_> = texts.into_iter().filter(|text| (format.check)(text)).collect();
            proptest::sample::select(fit).prop_map(Node::str).boxed()
        }
        Type::Choice(choice) => proptest::sample::select(choice.words).prop_map(Node::str).boxed(),
        Type::List(item) => prop::collection::vec(value(*item, secret), 0..3).prop_map(Node::seq).boxed(),
        Type::Map(item) => {
            prop::collection::vec(("[a-z./]{1,8}", value(*item, secret)), 0..3).prop_map(Node::map).boxed()
        }
        Type::Object(object) => record(object),
        Type::Free => prop::collection::vec(("[a-z]{1,8}", "[a-z0-9]{0,8}".prop_map(Node::str)), 0..3)
            .prop_map(Node::map)
            .boxed(),
        Type::Args => prop::collection::vec(("[a-z-]{1,8}", "[a-z0-9]{0,8}".prop_map(Node::str)), 0..3)
            .prop_map(Node::map)
            .boxed(),
    }
}

/// A record with some of its fields.
pub fn record(object: &'static Object) -> BoxedStrategy<Node> {
    let fields: Vec<_> = object
        .fields()
        .map(|field| {
            let node = value(field.ty, field.secret);
            proptest::option::weighted(0.3, node).prop_map(move |node| node.map(|node| (field.key, node)))
        })
        .collect();
    fields.prop_map(|fields| Node::map(fields.into_iter().flatten())).boxed()
}

pub fn document(kind: &'static Kind) -> BoxedStrategy<Node> {
    record(kind.object)
        .prop_map(move |fields| {
            if kind.name == "v1alpha1" {
                let mut node = Node::map([("version", Node::str("v1alpha1"))]);
                node.as_map_mut().unwrap().extend(fields.as_map().unwrap().clone());
                return node;
            }
            let mut node = Node::map([("apiVersion", Node::str("v1alpha1")), ("kind", Node::str(kind.name))]);
            node.as_map_mut().unwrap().extend(fields.as_map().unwrap().clone());
            if kind.object.field("name").is_some() {
                node.as_map_mut().unwrap().insert("name".to_owned(), Node::str(kind.name));
            }
            node
        })
        .boxed()
}

pub fn configuration() -> impl Strategy<Value = Vec<Node>> {
    let kinds = proptest::sample::subsequence(KINDS.iter().collect::<Vec<_>>(), 0..6);
    (
        proptest::option::of(document(&V1ALPHA1)),
        kinds.prop_flat_map(|kinds| kinds.into_iter().map(document).collect::<Vec<_>>()),
    )
        .prop_map(|(legacy, documents)| legacy.into_iter().chain(documents).collect())
}
