//! A whole machine's services, called with whatever anybody may send.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use prost::Message;
use rpc::RoleSet;
use rpc::peer::Caller;
use state::MemoryState;
use tonic::body::Body;
use tower::ServiceExt as _;

use super::*;
use crate::api::InspectApi;
use crate::blocking::Pools;
use crate::configuration::{ActiveConfig, ConfigStore, Keeper};
use crate::events::EventLog;
use crate::logs::Logs;
use crate::platform::{Mode, Platform};
use crate::services::ServiceManager;

/// A machine of which nothing runs but its services.
fn machine(folder: &Path) -> Machine {
    let state: Arc<dyn State> = Arc::new(MemoryState::default());
    let active = ActiveConfig::default();
    Machine {
        keeper: Keeper::new(state.clone(), ConfigStore::new(folder), active.clone()),
        services: ServiceManager::new(state.clone(), ()),
        state,
        events: EventLog::default(),
        logs: Logs::default(),
        active,
        pools: Pools::default(),
        platform: Platform { name: "container", mode: Mode::Container, restartable: false },
        inspect: InspectApi::default(),
        sequencer: Arc::new(OnceLock::new()),
        bootstrap: Arc::new(OnceLock::new()),
    }
}

fn frame(message: &[u8], packed: bool) -> Bytes {
    let length = u32::try_from(message.len()).unwrap();
    [&[u8::from(packed)], length.to_be_bytes().as_slice(), message].concat().into()
}

fn request(path: &str, body: Bytes, roles: RoleSet, headers: &[(&'static str, &str)]) -> Request<Body> {
    let mut request = Request::new(Body::new(Full::new(body)));
    *request.method_mut() = http::Method::POST;
    *request.uri_mut() = path.parse().unwrap();
    request.headers_mut().insert("content-type", "application/grpc".parse().unwrap());
    rpc::meta::set_roles(request.headers_mut(), roles);
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    request.extensions_mut().insert(Caller { peer: None, ceiling: Some(RoleSet::ALL) });
    request
}

/// The code of an answer; one that lasts is given up after a while.
async fn code(service: &impl GrpcService, request: Request<Body>) -> Option<String> {
    let answer = async {
        // As its connection does.
        let limit = rpc::deadline::of(request.headers());
        let answer = rpc::deadline::within(limit, service.clone().oneshot(request)).await.unwrap();
        let code = |headers: &http::HeaderMap| {
            headers.get("grpc-status").map(|code| code.to_str().unwrap().to_owned())
        };
        match code(answer.headers()) {
            Some(code) => Some(code),
            None => answer.into_body().collect().await.ok()?.trailers().and_then(code),
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(2), answer).await.ok().flatten()
}

/// Calls that read much of this machine, or do something to it.
const LEFT_OUT: [&str; 6] = ["/List", "/DiskUsage", "/Copy", "/Read", "/Restart", "/TimeCheck"];

#[test]
fn no_bytes_in_any_call_make_anything_slip() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let _entered = runtime.enter();
    let service = service(&machine(folder.path()), || true);
    let all = rpc::authz::RULES.iter().map(|rule| rule.method);
    let paths: Vec<&str> = all.filter(|path| !LEFT_OUT.iter().any(|out| path.ends_with(out))).collect();
    // Texts and numbers in the first fields, numbers at their ends among them; few, so that most messages can be read.
    let number =
        prop_oneof![any::<u64>(), Just(u64::MAX), Just(i64::MAX as u64), Just(i64::MIN as u64), 0_u64..4];
    let text =
        prop_oneof![prop::collection::vec(any::<u8>(), 0..24), "[ -~]{0,24}".prop_map(String::into_bytes)];
    let field = (1_u64..6, any::<bool>(), text, number);
    let message = prop::collection::vec(field, 0..3).prop_map(|fields| {
        let mut message = Vec::new();
        for (place, is_text, text, number) in fields {
            prost::encoding::encode_varint(place << 3 | if is_text { 2 } else { 0 }, &mut message);
            prost::encoding::encode_varint(if is_text { text.len() as u64 } else { number }, &mut message);
            message.extend(if is_text { text } else { Vec::new() });
        }
        message
    });
    let body = prop_oneof![
        8 => message.prop_map(|message| frame(&message, false)),
        1 => prop::collection::vec(any::<u8>(), 0..64).prop_map(Bytes::from),
        1 => prop::collection::vec(any::<u8>(), 0..64).prop_map(|bytes| frame(&bytes, true)),
    ];
    let calls = (prop::sample::select(paths), body, prop::bool::weighted(0.1), "[0-9]{0,9}[HMSmun]?");
    let mut codes = BTreeMap::<String, usize>::new();
    let cases = 1500;
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    for _ in 0..cases {
        let (path, body, packed, timeout) = calls.new_tree(&mut runner).unwrap().current();
        // What lasts is given up soon.
        let timeout = if kind::lasts(path) { "1m" } else { timeout.as_str() };
        let mut headers = vec![("grpc-timeout", timeout)];
        headers.extend(packed.then_some(("grpc-encoding", "gzip")));
        let told = runtime.block_on(code(&service, request(path, body.clone(), RoleSet::ALL, &headers)));
        let told = told.unwrap_or_else(|| "none".to_owned());
        // Internal is what a slip becomes, and what the library says of bodies that are no messages.
        if told == "13" {
            let again = runtime.block_on(message_of(&service, request(path, body, RoleSet::ALL, &headers)));
            assert!(!again.contains("internal%20error"), "{path}: {again}");
        }
        *codes.entry(told).or_default() += 1;
    }
    eprintln!("{cases} calls held, by code: {codes:?}");
}

async fn message_of(service: &impl GrpcService, request: Request<Body>) -> String {
    let answer = service.clone().oneshot(request).await.unwrap();
    answer.headers().get("grpc-message").map(|m| m.to_str().unwrap().to_owned()).unwrap_or_default()
}

#[tokio::test]
async fn a_small_request_that_becomes_large_is_refused_and_configurations_may_be_large() {
    use std::io::Write;
    let folder = tempfile::tempdir().unwrap();
    let service = service(&machine(folder.path()), || true);
    let reader = RoleSet::of(&[rpc::Role::Reader]);
    let bomb = |size: usize| {
        let message = proto::machine::LogsRequest { id: "x".repeat(size), ..Default::default() };
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(&message.encode_to_vec()).unwrap();
        packer.finish().unwrap()
    };
    let (mut held, mut sent) = (0, 0);
    for size in [70 << 10, 1 << 20, 30 << 20] {
        for path in
            ["/machine.MachineService/Logs", "/cosi.resource.State/List", "/time.TimeService/TimeCheck"]
        {
            let bomb = bomb(size);
            sent += bomb.len();
            let packed = request(path, frame(&bomb, true), reader, &[("grpc-encoding", "gzip")]);
            assert_eq!(code(&service, packed).await.as_deref(), Some("8"), "{path} {size}");
            held += 1;
        }
    }
    eprintln!("{held} requests of {sent} bytes held");
    let large = proto::machine::ApplyConfigurationRequest {
        data: format!("# {}\nmachine: {{type: nothing}}\n", "x".repeat(200_000)).into_bytes(),
        dry_run: true,
        ..Default::default()
    };
    let apply = "/machine.MachineService/ApplyConfiguration";
    let refused = code(&service, request(apply, frame(&large.encode_to_vec(), false), reader, &[])).await;
    assert_eq!(refused.as_deref(), Some("3"), "refused for what it says, not for its size");
}

#[tokio::test]
async fn a_configuration_that_is_hard_to_review_does_not_stop_the_machine() {
    let folder = tempfile::tempdir().unwrap();
    let service = service(&machine(folder.path()), || true);
    let mut text = String::from("apiVersion: v1alpha1\nkind: ImageVerificationConfig\nrules:\n");
    for n in 0..100 {
        let hard = r"(?i)\w{300}";
        text.push_str(&format!(
            "  - image: r{n}.example.org/*\n    keyless:\n      issuer: https://i\n      subjectRegex: '{hard}{n}'\n"
        ));
    }
    assert!(text.len() < 13_000, "{}", text.len());
    let apply = proto::machine::ApplyConfigurationRequest { data: text.into_bytes(), ..Default::default() };
    let body = frame(&apply.encode_to_vec(), false);
    let reader = RoleSet::of(&[rpc::Role::Reader]);
    let path = "/machine.MachineService/ApplyConfiguration";
    // How often the thread of the machine was free meanwhile.
    let turns = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = turns.clone();
    let beside = tokio::spawn(async move {
        loop {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            counted.fetch_add(1, Ordering::Relaxed);
        }
    });
    let told = service.clone().oneshot(request(path, body, reader, &[])).await.unwrap();
    beside.abort();
    let message = told.headers().get("grpc-message").unwrap().to_str().unwrap().to_owned();
    assert!(message.contains("regular%20expression"), "{message}");
    let turns = turns.load(Ordering::Relaxed);
    assert!(turns > 0, "the machine stood still");
    eprintln!("the machine had {turns} turns during the review");
}
