//! Configurations of every kind and field, at random, certificates for fixed ones, and what tests measure with.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::sync::LazyLock;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
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

/// A certificate and its key, as PEM.
fn pair(seed: u8) -> (String, String) {
    let key = pki::PrivateKey::ed25519_from_seed(&[seed; 32]).unwrap();
    let begin = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let validity = pki::Validity::starting(begin, Duration::from_secs(315_360_000));
    let authority = pki::Authority::self_signed(key, &pki::Name::common("example"), validity).unwrap();
    (authority.certificate().to_pem(), authority.key().to_pem().unwrap().to_string())
}

/// Long and meaningless parts are written as names.
pub fn fill(text: &str) -> String {
    static PAIRS: LazyLock<[(String, String); 2]> = LazyLock::new(|| [pair(1), pair(2)]);
    let [(certificate, key), (_, other)] = &*PAIRS;
    let block = |text: &str, indent: usize| {
        let lines = text.lines().map(|line| format!("\n{:indent$}{line}", ""));
        lines.collect::<String>()
    };
    // In documents as they are, in the v1alpha1 document in base64.
    text.replace(" @CERT PEM@", &format!(" |{}", block(certificate, 12)))
        .replace(" @KEY PEM@", &format!(" |{}", block(key, 12)))
        .replace(" @OTHER KEY PEM@", &format!(" |{}", block(other, 12)))
        .replace("@CERT@", &STANDARD.encode(certificate))
        .replace("@KEY@", &STANDARD.encode(key))
        .replace("@OTHER KEY@", &STANDARD.encode(other))
        .replace("@BIG@", &"x".repeat(300 << 10))
}
