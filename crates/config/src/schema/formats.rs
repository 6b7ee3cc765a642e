//! Grammars of texts: each with a check, the words for a message, and a pattern for editors.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

use crate::value::{ByteSize, Duration, HardwareAddr, SizeLimit, Url};

/// A grammar of a text.
pub struct Format {
    /// A short name, for the reference documentation.
    pub name: &'static str,
    /// What was expected, with an example, to follow "expected".
    pub expected: &'static str,
    /// A regular expression for editors that accepts at least what the check accepts.
    pub pattern: Option<&'static str>,
    /// Whether a text follows the grammar.
    pub check: fn(&str) -> bool,
}

impl std::fmt::Debug for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// An IP address.
pub static ADDRESS: Format = Format {
    name: "address",
    expected: "an IP address such as 10.0.0.1 or fd00::1",
    pattern: Some("^[0-9a-fA-F.:]+(%[0-9a-zA-Z]+)?$"),
    check: |text| text.parse::<IpAddr>().is_ok(),
};

/// An address with a prefix length.
pub static PREFIX: Format = Format {
    name: "prefix",
    expected: "an address with a prefix length such as 10.0.0.0/24",
    pattern: Some("^[0-9a-fA-F.:]+/\\d{1,3}$"),
    check: |text| text.parse::<IpNet>().is_ok(),
};

/// An address with a port.
pub static ADDRESS_PORT: Format = Format {
    name: "address and port",
    expected: "an address with a port such as 10.0.0.1:51820 or [fd00::1]:51820",
    pattern: Some("^([0-9.]+|\\[[0-9a-fA-F:.]+\\]):\\d{1,5}$"),
    check: |text| text.parse::<SocketAddr>().is_ok(),
};

/// A URL of any scheme.
pub static URL: Format = Format {
    name: "URL",
    expected: "a URL such as https://10.0.0.1:6443",
    pattern: Some("^[a-zA-Z][a-zA-Z0-9+.-]*:"),
    check: |text| text.parse::<Url>().is_ok(),
};

/// A duration.
pub static DURATION: Format = Format {
    name: "duration",
    expected: "a duration such as 1h30m or 250ms",
    pattern: Some("^[-+]?(((\\d+(\\.\\d*)?|\\.\\d+)(ns|us|µs|μs|ms|s|m|h))+|0)$"),
    check: |text| text.parse::<Duration>().is_ok(),
};

/// A number of bytes.
pub static SIZE: Format = Format {
    name: "size",
    expected: "a size such as 100MiB or 10GB",
    pattern: None,
    check: |text| text.parse::<ByteSize>().is_ok(),
};

/// An upper size.
pub static SIZE_LIMIT: Format = Format {
    name: "size limit",
    expected: "a size such as 10GiB, a share such as 80%, or what to leave free such as -1GiB or -10%",
    pattern: None,
    check: |text| text.parse::<SizeLimit>().is_ok(),
};

/// A link-layer address.
pub static HARDWARE_ADDRESS: Format = Format {
    name: "hardware address",
    expected: "a hardware address such as 00:1a:2b:3c:4d:5e",
    pattern: Some("^[0-9a-fA-F]{2,4}([:.-][0-9a-fA-F]{2,4})+$"),
    check: |text| text.parse::<HardwareAddr>().is_ok(),
};

/// Standard base64.
pub static BASE64: Format = Format {
    name: "base64",
    expected: "base64",
    pattern: None,
    check: |text| crate::value::Pem::from_base64(text).is_some(),
};

/// A DHCP unique identifier: hexadecimal bytes separated by colons.
pub static HEX_BYTES: Format = Format {
    name: "hexadecimal bytes",
    expected: "hexadecimal bytes such as 00:01:00:01",
    pattern: Some("^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2})+$"),
    check: |text| {
        let pair = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
        text.contains(':') && text.split(':').all(pair)
    },
};

/// The name or number of a routing table.
pub static ROUTING_TABLE: Format = Format {
    name: "routing table",
    expected: "a routing table: a number, or unspec, default, main or local",
    pattern: Some("^(\\d+|unspec|default|main|local)$"),
    check: |text| crate::documents::network::routing_table(text).is_some(),
};
