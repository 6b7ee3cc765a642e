//! Rust types as types of the table, and how each is read from a node.
//!
//! Reading is lenient: what has the wrong shape reads as absent, because the checker has
//! already reported it. A configuration from the node's own disk is usable in spite of it.

use std::net::{IpAddr, SocketAddr};

use indexmap::IndexMap;
use ipnet::IpNet;

use super::{Object, Type, formats};
use crate::value::{ByteSize, Duration, HardwareAddr, Pem, Secret, SizeLimit, Url};
use crate::yaml::{Map, Node, Value};

/// A Rust type that a value can have.
pub trait Shape: Sized {
    /// The type in the table.
    const TYPE: Type;
    /// Whether values are never shown.
    const SECRET: bool = false;

    /// The value of a node, or nothing when it has another shape.
    fn read(node: &Node) -> Option<Self>;
}

/// A mapping with known keys.
pub trait Record: Shape + Default {
    /// Its rows.
    const OBJECT: &'static Object;

    /// The record of a mapping; absent and misshapen fields get their defaults.
    fn from_map(map: &Map) -> Self;
}

/// The field of a mapping, or its type's default.
pub fn read_field<T: Shape + Default>(map: &Map, key: &str) -> T {
    map.get(key).filter(|node| !node.is_null()).and_then(T::read).unwrap_or_default()
}

/// Command-line arguments in the order of the text; each has one or more values.
pub type Args = IndexMap<String, Vec<String>>;

/// An integer or a text, such as a port or a range of ports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IntOrText {
    /// An integer.
    Int(i128),
    /// A text.
    Text(String),
}

impl Shape for bool {
    const TYPE: Type = Type::Bool;

    fn read(node: &Node) -> Option<Self> {
        match &node.value {
            Value::Bool(value) => Some(*value),
            // Older configuration writes booleans in these words too.
            Value::Str(text) => match text.as_str() {
                "y" | "Y" | "yes" | "on" => Some(true),
                "n" | "N" | "no" | "off" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }
}

/// The integer of a node; whole numbers in floating notation count.
pub(super) fn integer(node: &Node) -> Option<i128> {
    match node.value {
        Value::Int(value) => Some(value),
        Value::Float(value) if value.fract() == 0.0 && value.abs() < 9.0e15 => Some(value as i128),
        _ => None,
    }
}

macro_rules! integers {
    ($($ty:ty),+) => {$(
        impl Shape for $ty {
            const TYPE: Type = Type::Int { min: <$ty>::MIN as i128, max: <$ty>::MAX as i128 };

            fn read(node: &Node) -> Option<Self> {
                Self::try_from(integer(node)?).ok()
            }
        }
    )+};
}

integers!(u8, u16, u32, u64, i32, i64);

impl Shape for String {
    const TYPE: Type = Type::Text;

    fn read(node: &Node) -> Option<Self> {
        node.as_text().map(|text| text.into_owned())
    }
}

impl Shape for Secret {
    const TYPE: Type = Type::Text;
    const SECRET: bool = true;

    fn read(node: &Node) -> Option<Self> {
        node.as_text().map(Secret::new)
    }
}

impl Shape for Pem {
    const TYPE: Type = Type::Text;

    fn read(node: &Node) -> Option<Self> {
        node.as_text().map(|text| Pem(text.into_owned()))
    }
}

macro_rules! formatted {
    ($($ty:ty => $format:ident),+ $(,)?) => {$(
        impl Shape for $ty {
            const TYPE: Type = Type::Formatted(&formats::$format);

            fn read(node: &Node) -> Option<Self> {
                node.as_text()?.parse().ok()
            }
        }
    )+};
}

formatted! {
    IpAddr => ADDRESS,
    IpNet => PREFIX,
    SocketAddr => ADDRESS_PORT,
    Url => URL,
    Duration => DURATION,
    ByteSize => SIZE,
    SizeLimit => SIZE_LIMIT,
    HardwareAddr => HARDWARE_ADDRESS,
}

impl Shape for IntOrText {
    const TYPE: Type = Type::IntOrText;

    fn read(node: &Node) -> Option<Self> {
        match integer(node) {
            Some(value) => Some(Self::Int(value)),
            None => node.as_text().map(|text| Self::Text(text.into_owned())),
        }
    }
}

impl Shape for Node {
    const TYPE: Type = Type::Free;

    fn read(node: &Node) -> Option<Self> {
        node.as_map().map(|_| node.clone())
    }
}

impl Shape for Args {
    const TYPE: Type = Type::Args;

    fn read(node: &Node) -> Option<Self> {
        let values = |node: &Node| match node.as_seq() {
            Some(items) => items.iter().filter_map(String::read).collect(),
            None => vec![String::read(node).unwrap_or_default()],
        };
        node.as_map().map(|map| map.iter().map(|(key, value)| (key.clone(), values(value))).collect())
    }
}

impl<T: Shape> Shape for Option<T> {
    const TYPE: Type = T::TYPE;
    const SECRET: bool = T::SECRET;

    fn read(node: &Node) -> Option<Self> {
        T::read(node).map(Some)
    }
}

impl<T: Shape> Shape for Vec<T> {
    const TYPE: Type = Type::List(&T::TYPE);
    const SECRET: bool = T::SECRET;

    fn read(node: &Node) -> Option<Self> {
        node.as_seq().map(|items| items.iter().filter_map(T::read).collect())
    }
}

impl<T: MapValue> Shape for IndexMap<String, T> {
    const TYPE: Type = Type::Map(&T::TYPE);
    const SECRET: bool = T::SECRET;

    fn read(node: &Node) -> Option<Self> {
        let map = node.as_map()?;
        Some(map.iter().map(|(key, value)| (key.clone(), T::read(value).unwrap_or_default())).collect())
    }
}

/// Types that mappings with free keys hold. Lists are not among them: [`Args`] has its own rules.
pub trait MapValue: Shape + Default {}

impl MapValue for String {}
impl MapValue for bool {}
impl<T: Record> MapValue for T {}
