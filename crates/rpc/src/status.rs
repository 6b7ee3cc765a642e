//! gRPC errors: as Go prints them, as `google.rpc.Status`, and in the headers of an answer.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use prost::Message as _;
use tonic::{Code, Status};

use crate::tls::dial::tls_text;

/// Code of the call, decimal.
pub const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
/// Text of the error, percent-encoded.
pub const GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
/// Serialized `google.rpc.Status`, base64.
pub const GRPC_STATUS_DETAILS: HeaderName = HeaderName::from_static("grpc-status-details-bin");

/// The name of a code as Go prints it; numbers that gRPC does not define print as `Code(n)`.
#[must_use]
pub fn code_name(code: i32) -> std::borrow::Cow<'static, str> {
    let name = match code {
        0 => "OK",
        1 => "Canceled",
        2 => "Unknown",
        3 => "InvalidArgument",
        4 => "DeadlineExceeded",
        5 => "NotFound",
        6 => "AlreadyExists",
        7 => "PermissionDenied",
        8 => "ResourceExhausted",
        9 => "FailedPrecondition",
        10 => "Aborted",
        11 => "OutOfRange",
        12 => "Unimplemented",
        13 => "Internal",
        14 => "Unavailable",
        15 => "DataLoss",
        16 => "Unauthenticated",
        other => return format!("Code({other})").into(),
    };
    name.into()
}

/// A status as Go prints it: `rpc error: code = NotFound desc = ...`.
#[must_use]
pub fn go_text(status: &Status) -> String {
    WireStatus::from(status).to_string()
}

/// An error's text: its causes joined by colons, a call's status as Go's clients print it.
#[must_use]
pub fn error_text(error: &(dyn std::error::Error + 'static)) -> String {
    let mut parts = Vec::new();
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(status) = error.downcast_ref::<Status>() {
            // What lies below a status is how it came here, not why.
            parts.push(go_text(status));
            break;
        }
        parts.push(error.to_string());
        cause = error.source();
    }
    parts.join(": ")
}

/// The result of a call as it is on the wire. It prints as Go prints an error.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WireStatus {
    /// The gRPC code; 0 is success. Not an enum: a proxy passes on what it does not know.
    pub code: i32,
    /// The text, decoded.
    pub message: String,
    /// Serialized `google.rpc.Status`, empty when the server sent none.
    pub details: Bytes,
}

impl WireStatus {
    /// An error without details.
    pub fn new(code: Code, message: impl Into<String>) -> WireStatus {
        WireStatus { code: code as i32, message: message.into(), details: Bytes::new() }
    }

    /// Whether the call succeeded.
    #[must_use]
    pub const fn is_ok(&self) -> bool {
        self.code == 0
    }

    /// Reads the status out of trailers, or out of the headers of an answer that has no body.
    /// `None` when there is no status, as in the headers of an ordinary answer. A status that is not
    /// a number reads as Unknown.
    #[must_use]
    pub fn from_headers(headers: &HeaderMap) -> Option<WireStatus> {
        let code = headers.get(GRPC_STATUS)?;
        let code = code.to_str().ok().and_then(|code| code.parse().ok()).unwrap_or(Code::Unknown as i32);
        let message = headers.get(GRPC_MESSAGE).map(|text| percent_decode(text.as_bytes()));
        let details = headers.get(GRPC_STATUS_DETAILS).and_then(|text| decode_binary(text.as_bytes()));
        Some(WireStatus {
            code,
            message: message.unwrap_or_default(),
            details: details.unwrap_or_default().into(),
        })
    }

    /// Writes the status into trailers, or into the headers of an answer without a body.
    pub fn write(&self, headers: &mut HeaderMap) {
        headers.insert(GRPC_STATUS, HeaderValue::from(self.code));
        if !self.message.is_empty()
            && let Ok(text) = HeaderValue::from_str(&percent_encode(&self.message))
        {
            headers.insert(GRPC_MESSAGE, text);
        }
        if !self.details.is_empty()
            && let Ok(details) = HeaderValue::from_str(&STANDARD_NO_PAD.encode(&self.details))
        {
            headers.insert(GRPC_STATUS_DETAILS, details);
        }
    }

    /// The status as a message: the server's own with its details where it sent one, else made of
    /// code and text.
    #[must_use]
    pub fn to_rpc(&self) -> proto::google::rpc::Status {
        let sent = (!self.details.is_empty())
            .then(|| proto::google::rpc::Status::decode(self.details.clone()).ok())
            .flatten();
        sent.unwrap_or_else(|| proto::google::rpc::Status {
            code: self.code,
            message: self.message.clone(),
            details: Vec::new(),
        })
    }
}

impl fmt::Display for WireStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rpc error: code = {} desc = {}", code_name(self.code), self.message)
    }
}

impl From<&Status> for WireStatus {
    fn from(status: &Status) -> WireStatus {
        // A connection that broke under a call comes as Unknown, its reason hidden in the causes.
        if status.code() == Code::Unknown
            && let Some(text) = broken_connection(status)
        {
            return WireStatus::new(Code::Unavailable, text);
        }
        WireStatus {
            code: status.code() as i32,
            message: status.message().to_owned(),
            details: Bytes::copy_from_slice(status.details()),
        }
    }
}

/// What is said of a connection that broke, if that is what is below a status. With TLS 1.3 a server refuses a
/// client's certificate only after the client's part of the handshake is over: before it has sent anything.
fn broken_connection(status: &Status) -> Option<String> {
    let mut cause = std::error::Error::source(status);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref() {
            let text = tls_text(error);
            return Some(format!("connection error: desc = \"error reading server preface: {text}\""));
        }
        if let Some(error) = error.downcast_ref::<h2::Error>().and_then(h2::Error::get_io) {
            let text = match error.kind() {
                std::io::ErrorKind::BrokenPipe => "EOF".to_owned(),
                _ => tls_text(error),
            };
            return Some(format!("error reading from server: {text}"));
        }
        cause = error.source();
    }
    None
}

impl From<&WireStatus> for Status {
    fn from(status: &WireStatus) -> Status {
        Status::with_details(Code::from_i32(status.code), status.message.clone(), status.details.clone())
    }
}

/// A status with these typed details attached, as servers send them in `grpc-status-details-bin`.
pub fn with_details(
    code: Code,
    message: impl Into<String>,
    details: Vec<proto::google::protobuf::Any>,
) -> Status {
    let message = message.into();
    let rpc = proto::google::rpc::Status { code: code as i32, message: message.clone(), details };
    Status::with_details(code, message, rpc.encode_to_vec().into())
}

/// What a code of HTTP/2 that ended a stream means as a gRPC code (the gRPC protocol's own table).
#[must_use]
pub const fn code_of_http2(reason: u32) -> Code {
    match reason {
        // NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL, SETTINGS_TIMEOUT, FRAME_SIZE,
        // COMPRESSION_ERROR, CONNECT_ERROR
        0x0..=0x4 | 0x6 | 0x9 | 0xa => Code::Internal,
        0x7 => Code::Unavailable,
        0x8 => Code::Cancelled,
        0xb => Code::ResourceExhausted,
        0xc => Code::PermissionDenied,
        _ => Code::Unknown,
    }
}

fn decode_binary(text: &[u8]) -> Option<Vec<u8>> {
    // Senders may leave the padding out.
    STANDARD_NO_PAD.decode(text).or_else(|_| STANDARD.decode(text)).ok()
}

fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' '..=b'~' if byte != b'%' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

fn percent_decode(text: &[u8]) -> String {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [byte, tail @ ..] = rest {
        let escaped = match (byte, tail) {
            (b'%', [high, low, after @ ..]) => hex(*high, *low).map(|byte| (byte, after)),
            _ => None,
        };
        let (byte, after) = escaped.unwrap_or((*byte, tail));
        decoded.push(byte);
        rest = after;
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

fn hex(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_print_as_go_prints_them() {
        let table = [
            (Status::not_found("no such log"), "rpc error: code = NotFound desc = no such log"),
            (Status::cancelled("context canceled"), "rpc error: code = Canceled desc = context canceled"),
            (Status::unknown(""), "rpc error: code = Unknown desc = "),
        ];
        for (status, text) in table {
            assert_eq!(go_text(&status), text);
        }
        let odd = WireStatus { code: 99, message: "x".into(), details: Bytes::new() };
        assert_eq!(odd.to_string(), "rpc error: code = Code(99) desc = x");
    }

    #[test]
    fn every_code_has_the_name_of_its_number() {
        let names: Vec<_> = (0..17).map(code_name).collect();
        assert_eq!(names.len(), 17);
        assert_eq!(names[1], "Canceled");
        assert_eq!(names[16], "Unauthenticated");
        for (number, name) in names.iter().enumerate() {
            if number != 1 {
                let ours = format!("{:?}", Code::from_i32(i32::try_from(number).unwrap()));
                assert_eq!(ours.to_lowercase(), name.to_lowercase());
            }
        }
    }

    #[test]
    fn a_status_survives_the_way_through_headers() {
        for message in ["", "plain", "100 % of \"ü\"\nsecond line", "%41 stays"] {
            let status =
                WireStatus { code: 5, message: message.into(), details: Bytes::from_static(b"\x08\x05") };
            let mut headers = HeaderMap::new();
            status.write(&mut headers);
            assert_eq!(WireStatus::from_headers(&headers), Some(status));
        }
    }

    #[test]
    fn broken_escapes_and_numbers_are_not_fatal() {
        let mut headers = HeaderMap::new();
        headers.insert(GRPC_STATUS, HeaderValue::from_static("many"));
        headers.insert(GRPC_MESSAGE, HeaderValue::from_static("50%, %zz, %"));
        let status = WireStatus::from_headers(&headers).unwrap();
        assert_eq!((status.code, status.message.as_str()), (2, "50%, %zz, %"));
        assert_eq!(WireStatus::from_headers(&HeaderMap::new()), None);
    }

    #[test]
    fn details_of_the_server_are_kept() {
        let any = proto::google::protobuf::Any { type_url: "t".into(), value: vec![1] };
        let status = with_details(Code::Aborted, "text", vec![any.clone()]);
        let rpc = WireStatus::from(&status).to_rpc();
        assert_eq!((rpc.code, rpc.message.as_str(), rpc.details), (10, "text", vec![any]));
        let bare = WireStatus::new(Code::Internal, "bare").to_rpc();
        assert_eq!((bare.code, bare.message.as_str(), bare.details.len()), (13, "bare", 0));
    }
}
