//! Any metadata leads somewhere or to a refusal, and grants nothing.
#![no_main]

use std::time::Duration;

use apid::caller::Caller;
use apid::director::{Decision, OwnNames, Routing, decide};
use apid::gateway::{for_local, for_remote};
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use libfuzzer_sys::fuzz_target;
use rpc::status::WireStatus;
use rpc::{Role, RoleSet, deadline, meta};

const KEYS: [&str; 8] =
    ["node", "nodes", "proxyfrom", "talos-role", "grpc-timeout", "grpc-status", "grpc-message", "x-mine"];

fuzz_target!(|pairs: Vec<(u8, Vec<u8>)>| {
    let mut headers = HeaderMap::new();
    for (key, value) in &pairs {
        let Some(key) = KEYS.get(usize::from(*key) % KEYS.len()) else { continue };
        if let Ok(value) = HeaderValue::from_bytes(value) {
            headers.append(HeaderName::from_static(key), value);
        }
    }
    let _ = (deadline::of(&headers).unwrap_or(Duration::ZERO), WireStatus::from_headers(&headers));
    let own = OwnNames::new(["10.5.0.3".parse().unwrap()], ["worker-1"]);
    for forwards in [false, true] {
        let routing = Routing { disabled: false, forwards, own: own.clone() };
        for method in ["/machine.MachineService/Version", "/cosi.resource.State/Get"] {
            match decide(method, &headers, &routing) {
                Ok(Decision::Many(nodes)) => {
                    let names: std::collections::BTreeSet<_> = nodes.iter().map(|node| &node.name).collect();
                    assert_eq!(names.len(), nodes.len(), "each once");
                    assert!(forwards);
                }
                Ok(Decision::One(_)) => assert!(forwards),
                _ => {}
            }
        }
    }
    let reader = RoleSet::of(&[Role::Reader]);
    let roles = Caller::with_certificate(reader).roles(&headers);
    assert_eq!(roles, reader);
    let mut request = Request::builder().uri("https://n/a.B/C").body(()).unwrap().into_parts().0;
    request.headers = headers;
    for change in [for_local, for_remote] {
        let mut head = request.clone();
        change(&mut head, roles);
        assert_eq!(meta::roles(&head.headers), reader);
        assert!(!head.headers.contains_key("node") && !head.headers.contains_key("nodes"));
    }
});
