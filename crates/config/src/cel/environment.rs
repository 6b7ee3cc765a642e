//! What expressions can speak of: variables, fields and constants of each use
//! (contract os.md 1.1, 7.2; fields as the resources have them).

use std::fmt;

use super::value::Value;

/// The type of an expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Type {
    /// `true` or `false`.
    Bool,
    /// A signed integer.
    Int,
    /// An unsigned integer.
    Uint,
    /// A number with a fraction.
    Double,
    /// Text.
    Text,
    /// Bytes.
    Bytes,
    /// A span of time.
    Duration,
    /// A point in time.
    Timestamp,
    /// Nothing.
    Null,
    /// A list.
    List(Box<Type>),
    /// A mapping.
    Map(Box<Type>, Box<Type>),
    /// A value that may be missing.
    Optional(Box<Type>),
    /// An object with known fields.
    Object(&'static str, &'static [(&'static str, Kind)]),
    /// Anything.
    Dyn,
}

/// The type of a field, in a form that tables can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// See [`Type::Bool`].
    Bool,
    /// See [`Type::Int`].
    Int,
    /// See [`Type::Uint`].
    Uint,
    /// See [`Type::Text`].
    Text,
    /// See [`Type::Bytes`].
    Bytes,
    /// A list of texts.
    Texts,
}

impl From<Kind> for Type {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Bool => Self::Bool,
            Kind::Int => Self::Int,
            Kind::Uint => Self::Uint,
            Kind::Text => Self::Text,
            Kind::Bytes => Self::Bytes,
            Kind::Texts => Self::List(Box::new(Self::Text)),
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("bool"),
            Self::Int => f.write_str("int"),
            Self::Uint => f.write_str("uint"),
            Self::Double => f.write_str("double"),
            Self::Text => f.write_str("string"),
            Self::Bytes => f.write_str("bytes"),
            Self::Duration => f.write_str("duration"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::Null => f.write_str("null"),
            Self::List(item) => write!(f, "list({item})"),
            Self::Map(key, value) => write!(f, "map({key}, {value})"),
            Self::Optional(inner) => write!(f, "optional({inner})"),
            Self::Object(name, _) => f.write_str(name),
            Self::Dyn => f.write_str("dyn"),
        }
    }
}

/// What an expression is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// Selects a disk.
    Disk,
    /// Selects a volume.
    Volume,
    /// Selects a link.
    Link,
    /// Decides whether memory is short.
    OomTrigger,
    /// Ranks control groups.
    OomRanking,
}

const DISK: Type = Type::Object(
    "disk",
    &[
        ("dev_path", Kind::Text),
        ("size", Kind::Uint),
        ("pretty_size", Kind::Text),
        ("io_size", Kind::Uint),
        ("sector_size", Kind::Uint),
        ("readonly", Kind::Bool),
        ("cdrom", Kind::Bool),
        ("model", Kind::Text),
        ("firmware_version", Kind::Text),
        ("serial", Kind::Text),
        ("modalias", Kind::Text),
        ("wwid", Kind::Text),
        ("uuid", Kind::Text),
        ("bus_path", Kind::Text),
        ("sub_system", Kind::Text),
        ("transport", Kind::Text),
        ("rotational", Kind::Bool),
        ("secondary_disks", Kind::Texts),
        ("symlinks", Kind::Texts),
    ],
);

const VOLUME: Type = Type::Object(
    "volume",
    &[
        ("dev_path", Kind::Text),
        ("device_path", Kind::Text),
        ("type", Kind::Text),
        ("parent", Kind::Text),
        ("parent_dev_path", Kind::Text),
        ("offset", Kind::Uint),
        ("size", Kind::Uint),
        ("pretty_size", Kind::Text),
        ("sector_size", Kind::Uint),
        ("io_size", Kind::Uint),
        ("name", Kind::Text),
        ("uuid", Kind::Text),
        ("label", Kind::Text),
        ("block_size", Kind::Uint),
        ("filesystem_block_size", Kind::Uint),
        ("probed_size", Kind::Uint),
        ("partition_uuid", Kind::Text),
        ("partition_type", Kind::Text),
        ("partition_label", Kind::Text),
        ("partition_index", Kind::Uint),
    ],
);

const LINK: Type = Type::Object(
    "link",
    &[
        ("index", Kind::Uint),
        ("type", Kind::Int),
        ("link_index", Kind::Uint),
        ("flags", Kind::Uint),
        ("hardware_addr", Kind::Bytes),
        ("broadcast_addr", Kind::Bytes),
        ("permanent_addr", Kind::Bytes),
        ("mtu", Kind::Uint),
        ("queue_disc", Kind::Text),
        ("master_index", Kind::Uint),
        ("operational_state", Kind::Int),
        ("kind", Kind::Text),
        ("slave_kind", Kind::Text),
        ("bus_path", Kind::Text),
        ("pci_id", Kind::Text),
        ("driver", Kind::Text),
        ("driver_version", Kind::Text),
        ("firmware_version", Kind::Text),
        ("product_id", Kind::Text),
        ("vendor_id", Kind::Text),
        ("product", Kind::Text),
        ("vendor", Kind::Text),
        ("link_state", Kind::Bool),
        ("speed_megabits", Kind::Int),
        ("port", Kind::Int),
        ("duplex", Kind::Int),
        ("alias", Kind::Text),
        ("alt_names", Kind::Texts),
    ],
);

/// Classes of control groups, in the order in which they end.
const CLASSES: [&str; 5] = ["Besteffort", "Burstable", "Guaranteed", "Podruntime", "System"];
/// Names of sizes.
const UNITS: [&str; 10] = ["KiB", "MiB", "GiB", "TiB", "PiB", "kB", "KB", "MB", "GB", "TB"];
/// What they mean in bytes.
const UNIT_SIZES: [u64; 10] =
    [1 << 10, 1 << 20, 1 << 30, 1 << 40, 1 << 50, 1000, 1000, 1_000_000, 1_000_000_000, 1_000_000_000_000];

impl Environment {
    /// The type of a variable or constant, if it is known here.
    pub(super) fn variable(self, name: &str) -> Option<Type> {
        match self {
            Self::Disk => match name {
                "disk" => Some(DISK),
                "system_disk" => Some(Type::Bool),
                _ => UNITS.contains(&name).then_some(Type::Uint),
            },
            Self::Volume => match name {
                "volume" => Some(VOLUME),
                "disk" => Some(DISK),
                _ => UNITS.contains(&name).then_some(Type::Uint),
            },
            Self::Link => (name == "link").then_some(LINK),
            Self::OomTrigger => oom_trigger(name),
            Self::OomRanking => match name {
                "memory_max" | "memory_current" | "memory_peak" => Some(Type::Optional(Box::new(Type::Uint))),
                "path" => Some(Type::Text),
                "class" => Some(Type::Int),
                _ => CLASSES.contains(&name).then_some(Type::Int),
            },
        }
    }

    /// The value of a constant, if it is known here.
    pub(super) fn constant(self, name: &str) -> Option<Value> {
        let place = |names: &[&str]| names.iter().position(|known| *known == name);
        match self {
            Self::Disk | Self::Volume => {
                place(&UNITS).and_then(|at| UNIT_SIZES.get(at)).map(|size| Value::Uint(*size))
            }
            Self::OomTrigger | Self::OomRanking => {
                place(&CLASSES).and_then(|at| i64::try_from(at).ok()).map(Value::Int)
            }
            Self::Link => None,
        }
    }

    /// Every variable and constant, for suggestions.
    pub(super) fn names(self) -> Vec<String> {
        let units = UNITS.iter().map(ToString::to_string);
        let classes = CLASSES.iter().map(ToString::to_string);
        match self {
            Self::Disk => units.chain(["disk", "system_disk"].map(str::to_owned)).collect(),
            Self::Volume => units.chain(["volume", "disk"].map(str::to_owned)).collect(),
            Self::Link => vec!["link".to_owned()],
            Self::OomTrigger => {
                let pressure = pressure_names()
                    .flat_map(|name| ["", "d_", "qos_", "d_qos_"].map(|prefix| format!("{prefix}{name}")));
                let sizes = ["current", "peak", "max"].map(|name| format!("qos_memory_{name}"));
                classes.chain(pressure).chain(sizes).chain(["time_since_trigger".to_owned()]).collect()
            }
            Self::OomRanking => {
                let own = ["memory_max", "memory_current", "memory_peak", "path", "class"];
                classes.chain(own.map(str::to_owned)).collect()
            }
        }
    }
}

/// `memory_some_avg10` … `memory_full_total`.
fn pressure_names() -> impl Iterator<Item = String> {
    let spans = ["avg10", "avg60", "avg300", "total"];
    ["some", "full"].into_iter().flat_map(move |kind| spans.map(|span| format!("memory_{kind}_{span}")))
}

fn oom_trigger(name: &str) -> Option<Type> {
    if CLASSES.contains(&name) {
        return Some(Type::Int);
    }
    if name == "time_since_trigger" {
        return Some(Type::Duration);
    }
    let bare = name.strip_prefix("d_").unwrap_or(name);
    let (by_class, bare) = match bare.strip_prefix("qos_") {
        Some(bare) => (true, bare),
        None => (false, bare),
    };
    let vector = Type::Map(Box::new(Type::Int), Box::new(Type::Double));
    if by_class && matches!(bare, "memory_current" | "memory_peak" | "memory_max") {
        return Some(vector);
    }
    let known = pressure_names().any(|known| known == bare);
    known.then_some(if by_class { vector } else { Type::Double })
}
