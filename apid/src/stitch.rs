//! Puts the replies of several nodes together at wire level (contract api.md 3.3, 3.4). Pure.
//!
//! A unary reply is a message with the repeated field 1, `messages`; each element has a field 1,
//! `metadata`. A streamed message is itself such an element. As later fields win and embedded messages
//! merge, metadata is appended without decoding anything else.

use bytes::Bytes;
use prost::Message as _;
use prost::encoding::{decode_varint, encode_varint, encoded_len_varint};
use rpc::status::WireStatus;

use crate::frame;

/// Field 1, length-delimited: the tag both of `messages` and of `metadata`.
const FIELD_1: u64 = 0x0a;

/// A reply that is not shaped as every unary reply is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the node's reply is not a list of messages, and cannot be put together with others")]
pub struct Malformed;

/// The bytes that mark an element as a node's: field 1 with the name as the client gave it.
pub fn mark(node: &str) -> Vec<u8> {
    #[allow(
        deprecated,
        reason = "the field is deprecated for clients; nodes serve it as long as there are any"
    )]
    let metadata = proto::common::Metadata { hostname: node.to_owned(), ..Default::default() };
    delimited(&metadata.encode_to_vec())
}

/// The bytes of an element that says only that, and why, a node failed. It is a streamed message of its
/// own; [`list`] makes it an element of a unary reply.
pub fn failure(node: &str, status: &WireStatus) -> Vec<u8> {
    #[allow(deprecated, reason = "as in `mark`")]
    let metadata = proto::common::Metadata {
        hostname: node.to_owned(),
        error: status.to_string(),
        status: Some(status.to_rpc()),
    };
    delimited(&metadata.encode_to_vec())
}

/// Makes an element a reply of one element.
pub fn list(element: &[u8]) -> Vec<u8> {
    delimited(element)
}

/// Marks every element of a unary reply and adds them to `all`; on an error nothing is added.
///
/// # Errors
/// When the reply does not begin with field 1, or is not a message.
pub fn mark_elements(all: &mut Vec<u8>, reply: &[u8], mark: &[u8]) -> Result<(), Malformed> {
    let before = all.len();
    all.reserve(reply.len() + mark.len() + 10);
    let mut rest = reply;
    let marked = loop {
        let Ok((element, after)) = element(rest) else { break Err(Malformed) };
        encode_varint(FIELD_1, all);
        encode_varint((element.len() + mark.len()) as u64, all);
        all.extend_from_slice(element);
        all.extend_from_slice(mark);
        if after.is_empty() {
            break Ok(());
        }
        rest = after;
    };
    if marked.is_err() {
        all.truncate(before);
    }
    marked
}

/// The first element of a reply, and what follows it.
fn element(mut reply: &[u8]) -> Result<(&[u8], &[u8]), Malformed> {
    let mut varint = || decode_varint(&mut reply).map_err(|_| Malformed);
    if varint()? != FIELD_1 {
        return Err(Malformed);
    }
    let length = usize::try_from(varint()?).map_err(|_| Malformed)?;
    reply.split_at_checked(length).ok_or(Malformed)
}

/// Marks a streamed message, and frames it.
pub fn mark_message(message: &[u8], mark: &[u8]) -> Bytes {
    let mut framed = frame::start(message.len() + mark.len());
    framed.extend_from_slice(message);
    framed.extend_from_slice(mark);
    frame::finish(framed)
}

fn delimited(payload: &[u8]) -> Vec<u8> {
    let length = payload.len() as u64;
    let mut field = Vec::with_capacity(payload.len() + encoded_len_varint(length) + 1);
    encode_varint(FIELD_1, &mut field);
    encode_varint(length, &mut field);
    field.extend_from_slice(payload);
    field
}

#[cfg(test)]
#[allow(deprecated, reason = "nodes serve these fields as long as there are clients that read them")]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proto::common::{Data, Metadata};
    use proto::machine::{Version, VersionInfo, VersionResponse};
    use tonic::Code;

    fn version(tag: &str) -> Version {
        Version { version: Some(VersionInfo { tag: tag.into(), ..Default::default() }), ..Default::default() }
    }

    #[test]
    fn replies_of_several_nodes_become_one() {
        let one = VersionResponse { messages: vec![version("a")] }.encode_to_vec();
        let two = VersionResponse { messages: vec![version("b")] }.encode_to_vec();
        let status = WireStatus::new(Code::PermissionDenied, "not authorized");
        let mut reply = Vec::new();
        mark_elements(&mut reply, &one, &mark("10.5.0.2")).unwrap();
        mark_elements(&mut reply, &two, &mark("n2")).unwrap();
        reply.extend(list(&failure("n3", &status)));

        let reply = VersionResponse::decode(reply.as_slice()).unwrap().messages;
        let node = |index: usize| reply[index].metadata.clone().unwrap();
        assert_eq!(reply.len(), 3);
        assert_eq!(node(0), Metadata { hostname: "10.5.0.2".into(), ..Default::default() });
        assert_eq!(reply[0].version, version("a").version);
        assert_eq!(node(1).hostname, "n2");
        assert_eq!(reply[2].version, None);
        assert_eq!(node(2).hostname, "n3");
        assert_eq!(node(2).error, "rpc error: code = PermissionDenied desc = not authorized");
        let status = node(2).status.unwrap();
        assert_eq!((status.code, status.message.as_str()), (7, "not authorized"));
    }

    #[test]
    fn a_streamed_message_gets_its_node() {
        let data = Data { metadata: None, bytes: vec![7; 300].into() };
        let framed = mark_message(&data.encode_to_vec(), &mark("n1"));
        let decoded = Data::decode(&framed[frame::PREFIX..]).unwrap();
        assert_eq!(decoded.metadata.unwrap().hostname, "n1");
        assert_eq!(decoded.bytes, vec![7; 300]);
        let failed =
            Data::decode(failure("n1", &WireStatus::new(Code::Unavailable, "x")).as_slice()).unwrap();
        assert_eq!(failed.metadata.unwrap().error, "rpc error: code = Unavailable desc = x");
    }

    #[test]
    fn a_reply_that_is_no_list_is_an_error() {
        for reply in
            [&b""[..], b"\x12\x00", b"\x08\x01", b"\x0a", b"\x0a\x05abc", b"\x0a\x00\x12\x00", b"\xff"]
        {
            let mut all = vec![1, 2, 3];
            assert_eq!(mark_elements(&mut all, reply, b""), Err(Malformed), "{reply:?}");
            assert_eq!(all, [1, 2, 3], "{reply:?}");
        }
    }

    proptest! {
        #[test]
        fn every_element_keeps_its_contents(tags in prop::collection::vec("[a-z]{0,200}", 1..5), node in "[a-z.]{1,40}") {
            let reply = VersionResponse { messages: tags.iter().map(|tag| version(tag)).collect() };
            let mut marked = Vec::new();
            mark_elements(&mut marked, &reply.encode_to_vec(), &mark(&node)).unwrap();
            let marked = VersionResponse::decode(marked.as_slice()).unwrap();
            prop_assert_eq!(marked.messages.len(), tags.len());
            for (element, tag) in marked.messages.into_iter().zip(&tags) {
                prop_assert_eq!(element.version, version(tag).version);
                prop_assert_eq!(&element.metadata.unwrap().hostname, &node);
            }
        }

        #[test]
        fn no_input_breaks_it(reply in prop::collection::vec(any::<u8>(), 0..40)) {
            let _ = mark_elements(&mut Vec::new(), &reply, &mark("n"));
        }
    }
}
