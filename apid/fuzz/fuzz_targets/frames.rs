//! Any bytes in any pieces are messages or an error, the same however they are cut; what is marked stays whole.
#![no_main]

use apid::frame::{Messages, Meter, PREFIX};
use apid::stitch::{mark, mark_elements, mark_message};
use bytes::Bytes;
use libfuzzer_sys::fuzz_target;

/// The messages of a stream that comes in pieces of this size, and whether it ended well.
fn read(stream: &[u8], size: usize) -> (Vec<Bytes>, bool) {
    let (mut messages, mut found) = (Messages::default(), Vec::new());
    for piece in stream.chunks(size) {
        messages.push(Bytes::copy_from_slice(piece));
        loop {
            match messages.take() {
                Ok(Some(message)) => found.push(message),
                Ok(None) => break,
                Err(_) => return (found, false),
            }
        }
    }
    let ended = messages.end().is_ok();
    (found, ended)
}

fuzz_target!(|input: (u8, &[u8])| {
    let (size, stream) = (usize::from(input.0) + 1, input.1);
    let whole = read(stream, stream.len().max(1));
    assert_eq!(whole, read(stream, size), "cut differently");
    let (mut meter, mut cut) = (Meter::default(), Meter::default());
    let measured = meter.pass(stream).is_ok();
    assert_eq!(measured, stream.chunks(size).all(|piece| cut.pass(piece).is_ok()));
    let mark = mark("n");
    for message in whole.0 {
        assert_eq!(mark_message(&message, &mark).len(), PREFIX + message.len() + mark.len());
        let mut all = vec![1];
        if mark_elements(&mut all, &message, &mark).is_err() {
            assert_eq!(all, [1], "nothing is added on an error");
        }
    }
});
