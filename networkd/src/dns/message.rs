//! DNS messages: what is asked, and how answers are built, fitted and aged. Pure.

use std::net::IpAddr;

use hickory_proto::op::{Edns, Message, MessageType, OpCode, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA};
use hickory_proto::rr::{DNSClass, RData, Record, RecordType};

/// Payload that every client takes over UDP (RFC 1035 4.2.1), bytes.
const PLAIN_UDP: usize = 512;

/// Largest payload that we send over UDP, whatever the client says: it passes any path unfragmented.
const MAX_UDP: usize = 1232;

/// Seconds for which answers from our own knowledge may be kept.
const OWN_TTL: u32 = 10;

/// A query as far as answering needs it.
pub struct Query {
    message: Message,
    /// The name, lower case, without the dot at the end.
    pub name: String,
    /// Type of the records asked for.
    pub kind: RecordType,
}

/// What tells two queries apart for a cache.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    name: String,
    kind: u16,
    class: u16,
    dnssec: bool,
    checking_disabled: bool,
}

impl Query {
    /// A query with exactly one question; `Err` holds the refusal to send, empty where there is nothing to
    /// answer to.
    pub fn parse(bytes: &[u8]) -> Result<Self, Vec<u8>> {
        let Ok(message) = Message::from_vec(bytes) else {
            return Err(refuse(bytes, ResponseCode::FormErr));
        };
        if message.metadata.message_type != MessageType::Query {
            return Err(Vec::new());
        }
        if message.metadata.op_code != OpCode::Query {
            return Err(refuse(bytes, ResponseCode::NotImp));
        }
        let [question] = message.queries.as_slice() else {
            return Err(refuse(bytes, ResponseCode::FormErr));
        };
        let name = question.name.to_ascii().trim_end_matches('.').to_ascii_lowercase();
        let kind = question.query_type;
        Ok(Self { message, name, kind })
    }

    /// Its key in a cache.
    pub fn key(&self) -> Key {
        let class = self.message.queries.first().map_or(DNSClass::IN, |q| q.query_class);
        Key {
            name: self.name.clone(),
            kind: self.kind.into(),
            class: class.into(),
            dnssec: self.message.edns.as_ref().is_some_and(|e| e.flags().dnssec_ok),
            checking_disabled: self.message.metadata.checking_disabled,
        }
    }

    /// Identifier that the answer must carry.
    pub fn id(&self) -> u16 {
        self.message.metadata.id
    }

    /// Bytes that the client takes over UDP.
    pub fn udp_limit(&self) -> usize {
        let offered = self.message.edns.as_ref().map_or(PLAIN_UDP, |e| usize::from(e.max_payload()));
        offered.clamp(PLAIN_UDP, MAX_UDP)
    }

    fn response(&self) -> Message {
        let mut response = Message::response(self.id(), OpCode::Query);
        response.metadata.recursion_desired = self.message.metadata.recursion_desired;
        response.metadata.recursion_available = true;
        response.queries = self.message.queries.clone();
        if self.message.edns.is_some() {
            let mut edns = Edns::new();
            edns.set_max_payload(MAX_UDP as u16);
            response.edns = Some(edns);
        }
        response
    }

    /// An answer with addresses of the asked family; no records where there are none.
    pub fn answer(&self, addresses: &[IpAddr]) -> Vec<u8> {
        let mut response = self.response();
        let Some(question) = self.message.queries.first() else { return self.failure(ResponseCode::FormErr) };
        for address in addresses {
            let data = match (address, self.kind) {
                (IpAddr::V4(ip), RecordType::A) => RData::A(A(*ip)),
                (IpAddr::V6(ip), RecordType::AAAA) => RData::AAAA(AAAA(*ip)),
                _ => continue,
            };
            response.add_answer(Record::from_rdata(question.name.clone(), OWN_TTL, data));
        }
        response.to_vec().unwrap_or_default()
    }

    /// A failure.
    pub fn failure(&self, code: ResponseCode) -> Vec<u8> {
        let mut response = self.response();
        response.metadata.response_code = code;
        response.to_vec().unwrap_or_default()
    }

    /// The answer as it goes over UDP: one that is too long is replaced by an empty one that says so, upon which
    /// the client asks over TCP.
    pub fn fit_udp(&self, answer: Vec<u8>) -> Vec<u8> {
        if answer.len() <= self.udp_limit() {
            return answer;
        }
        let mut response = self.response();
        response.metadata.truncation = true;
        response.to_vec().unwrap_or_default()
    }
}

/// Refuses bytes of which only the header may be sound.
fn refuse(bytes: &[u8], code: ResponseCode) -> Vec<u8> {
    // QR set: an answer must never be answered, or two servers could keep each other busy.
    match (bytes.first_chunk::<2>(), bytes.get(2)) {
        (Some(id), Some(flags)) if flags & 0x80 == 0 && bytes.len() >= 12 => {
            Message::error_msg(u16::from_be_bytes(*id), OpCode::Query, code).to_vec().unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

/// Replaces the identifier of a message.
pub fn with_id(mut message: Vec<u8>, id: u16) -> Vec<u8> {
    if let Some(field) = message.first_chunk_mut::<2>() {
        *field = id.to_be_bytes();
    }
    message
}

/// Identifier of a message.
pub fn id(message: &[u8]) -> Option<u16> {
    message.first_chunk::<2>().map(|b| u16::from_be_bytes(*b))
}

/// An answer was cut short and has to be asked for over TCP.
pub fn is_truncated(message: &[u8]) -> bool {
    message.get(2).is_some_and(|flags| flags & 0x02 != 0)
}

/// The answer settles the question; SERVFAIL and REFUSED do not: another server may know.
pub fn is_settled(message: &[u8]) -> bool {
    let code = message.get(3).map_or(2, |b| b & 0x0f);
    code == 0 || code == 3
}

/// The answer is one to `query`: same identifier, same question. Names are compared without regard to case.
pub fn answers(query: &[u8], answer: &[u8]) -> bool {
    let question = |m: &[u8]| {
        Message::from_vec(m).ok().map(|m| {
            let q = m.queries.first().map(|q| (q.name.to_lowercase(), q.query_type, q.query_class));
            (m.metadata.id, m.metadata.message_type, q)
        })
    };
    match (question(query), question(answer)) {
        (Some((a, _, qa)), Some((b, MessageType::Response, qb))) => a == b && qa == qb,
        _ => false,
    }
}

/// How long an answer may be kept, in seconds: the smallest time of its records, or `negative` when there are
/// none. `None` for answers that must not be kept.
pub fn lifetime(answer: &[u8], negative: u32) -> Option<u32> {
    if !is_settled(answer) || is_truncated(answer) {
        return None;
    }
    let message = Message::from_vec(answer).ok()?;
    if message.answers.is_empty() {
        return Some(negative);
    }
    message.answers.iter().map(|r| r.ttl).min()
}

/// The answer `seconds` later: the times of its records are that much shorter.
pub fn aged(answer: &[u8], seconds: u32) -> Option<Vec<u8>> {
    let mut message = Message::from_vec(answer).ok()?;
    let sections = [&mut message.answers, &mut message.authorities, &mut message.additionals];
    for record in sections.into_iter().flatten() {
        record.ttl = record.ttl.saturating_sub(seconds);
    }
    message.to_vec().ok()
}

/// A query for the root's name servers: any server that works answers it.
pub fn health_query(id: u16) -> Vec<u8> {
    let mut message = Message::query();
    message.metadata.id = id;
    message.metadata.recursion_desired = true;
    message.add_query(hickory_proto::op::Query::query(hickory_proto::rr::Name::root(), RecordType::NS));
    message.to_vec().unwrap_or_default()
}

#[cfg(test)]
pub(super) mod tests {
    use std::str::FromStr;

    use hickory_proto::rr::Name;

    use super::*;

    pub(in crate::dns) fn query(name: &str, kind: RecordType) -> Vec<u8> {
        let mut message = Message::query();
        message.metadata.id = 7;
        message.metadata.recursion_desired = true;
        message.add_query(hickory_proto::op::Query::query(Name::from_str(name).unwrap(), kind));
        message.to_vec().unwrap()
    }

    pub(in crate::dns) fn response(query: &[u8], addresses: &[(&str, u32)]) -> Vec<u8> {
        let query = Message::from_vec(query).unwrap();
        let mut message = Message::response(query.metadata.id, OpCode::Query);
        message.queries = query.queries.clone();
        for (ip, ttl) in addresses {
            let data = RData::A(A(ip.parse().unwrap()));
            message.add_answer(Record::from_rdata(query.queries[0].name.clone(), *ttl, data));
        }
        message.to_vec().unwrap()
    }

    #[test]
    fn only_addresses_of_the_asked_family_are_answered() {
        let addresses = ["10.5.0.2".parse().unwrap(), "fd00::2".parse().unwrap()];
        for (kind, count) in [(RecordType::A, 1), (RecordType::AAAA, 1)] {
            let query = Query::parse(&query("Peer-CP.", kind)).unwrap();
            assert_eq!(query.name, "peer-cp");
            let answer = Message::from_vec(&query.answer(&addresses)).unwrap();
            assert_eq!(answer.answers.len(), count);
            assert_eq!(answer.metadata.id, 7);
            assert_eq!(answer.metadata.response_code, ResponseCode::NoError);
        }
    }

    #[test]
    fn answers_and_rubbish_are_never_answered() {
        let answer = response(&query("a.b.", RecordType::A), &[("10.0.0.1", 5)]);
        assert_eq!(Query::parse(&answer).err(), Some(Vec::new()));
        assert_eq!(Query::parse(&[1, 2, 3]).err(), Some(Vec::new()));
        let mut broken = query("a.b.", RecordType::A);
        broken.truncate(14);
        let refusal = Query::parse(&broken).err().unwrap();
        assert_eq!(Message::from_vec(&refusal).unwrap().metadata.response_code, ResponseCode::FormErr);
    }

    #[test]
    fn an_answer_that_does_not_fit_says_so() {
        let bytes = query("many.example.", RecordType::A);
        let many: Vec<_> = (0..60).map(|_| ("10.0.0.1", 5)).collect();
        let parsed = Query::parse(&bytes).unwrap();
        let fitted = parsed.fit_udp(response(&bytes, &many));
        assert!(fitted.len() <= 512 && is_truncated(&fitted));
        let small = response(&bytes, &many[..2]);
        assert_eq!(parsed.fit_udp(small.clone()), small);
    }

    #[test]
    fn an_answer_to_another_question_is_not_taken() {
        let ours = query("a.example.", RecordType::A);
        assert!(answers(&ours, &response(&query("A.EXAMPLE.", RecordType::A), &[])));
        assert!(!answers(&ours, &response(&query("b.example.", RecordType::A), &[])));
        assert!(!answers(&ours, &response(&query("a.example.", RecordType::AAAA), &[])));
        assert!(!answers(&ours, &with_id(response(&ours, &[]), 8)));
        assert!(!answers(&ours, &ours));
    }

    #[test]
    fn answers_age() {
        let answer = response(&query("a.", RecordType::A), &[("10.0.0.1", 60), ("10.0.0.2", 30)]);
        assert_eq!(lifetime(&answer, 10), Some(30));
        let later = Message::from_vec(&aged(&answer, 20).unwrap()).unwrap();
        assert_eq!(later.answers.iter().map(|r| r.ttl).collect::<Vec<_>>(), [40, 10]);
        assert_eq!(lifetime(&response(&query("a.", RecordType::A), &[]), 10), Some(10));
    }
}
