//! How a field of a message appears in YAML.

use crate::texts::Texts;

/// The fields of a message in the order in which they are printed.
#[derive(Debug)]
pub(crate) struct Message(pub &'static [Field]);

/// One field.
#[derive(Debug)]
pub(crate) struct Field {
    /// The number of the field in the message.
    pub number: u32,
    /// The key in YAML.
    pub key: &'static str,
    pub kind: Kind,
    /// A list of values.
    pub list: bool,
    /// Left out when it is empty.
    pub optional: bool,
    /// The keys of its mapping stand in the mapping around it.
    pub inline: bool,
}

impl Field {
    pub const fn new(number: u32, key: &'static str, kind: Kind) -> Self {
        Field { number, key, kind, list: false, optional: false, inline: false }
    }

    pub const fn list(mut self) -> Self {
        self.list = true;
        self
    }

    pub const fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    pub const fn inline(mut self) -> Self {
        self.inline = true;
        self
    }
}

/// What a value is, on the wire and in YAML.
#[derive(Debug)]
pub(crate) enum Kind {
    Bool,
    Int,
    Uint,
    Double,
    Text,
    /// Bytes, in YAML as `!!binary`.
    Bytes,
    /// Bytes, in YAML as a string in base64.
    Base64,
    /// Bytes, in YAML as pairs of hexadecimal digits with colons.
    Mac,
    /// Bytes that are text.
    TextBytes,
    /// Bytes that are a YAML document, which stands where the value would.
    Document,
    Duration,
    Timestamp,
    Ip,
    IpPort,
    Prefix,
    Url,
    PemPair,
    PemCertificate,
    PemKey,
    /// `google.protobuf.Struct`: any mapping.
    Struct,
    /// A type-checked expression, in YAML as its source.
    Expression,
    Enum(&'static Texts),
    /// A number whose bits have texts.
    Flags(&'static Texts),
    Nested(&'static Message),
    /// From strings to values.
    Map(&'static Kind),
}
