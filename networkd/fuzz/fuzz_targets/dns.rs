//! Any packet is a query or refused, any answer is passed on or not, and none is larger than it may be.
#![no_main]

use libfuzzer_sys::fuzz_target;
use networkd::dns::message::{Query, aged, answers, id, is_settled, is_truncated, lifetime, with_id};

fuzz_target!(|packets: (&[u8], &[u8])| {
    let (question, answer) = packets;
    let _ = (id(answer), is_truncated(answer), is_settled(answer), lifetime(answer, 5), aged(answer, 7));
    let _ = (answers(question, answer), with_id(answer.to_vec(), 7));
    let Ok(query) = Query::parse(question) else { return };
    let _ = (query.key(), query.id());
    let own = query.answer(&["10.5.0.2".parse().unwrap(), "fd00::2".parse().unwrap()]);
    for answer in [own, answer.to_vec()] {
        let fits = query.fit_udp(answer.clone());
        assert!(fits.len() <= query.udp_limit().max(12) || fits.len() <= answer.len());
    }
});
