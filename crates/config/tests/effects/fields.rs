//! Every field of every kind, each with configurations that differ in nothing but that field.

use config::Config;
use config::documents::{Kind, V1ALPHA1};
use config::schema::{Format, Object, Type};
use config::yaml::Node;

/// A field that holds a value of its own, and how to come to it.
pub struct Case {
    /// The kind of document.
    pub kind: &'static str,
    /// The path with `[]` and `{}`.
    pub path: String,
    object: &'static Object,
}

/// The fields of a kind.
pub struct Fields;

impl Fields {
    pub fn of(kind: &'static Kind) -> Vec<Case> {
        let mut cases = Vec::new();
        fields(kind, kind.object, "", &mut cases);
        cases
    }
}

fn fields(kind: &'static Kind, object: &'static Object, prefix: &str, cases: &mut Vec<Case>) {
    for field in object.fields() {
        let path = if prefix.is_empty() { field.key.to_owned() } else { format!("{prefix}.{}", field.key) };
        value(kind, &field.ty, path, cases);
    }
}

fn value(kind: &'static Kind, ty: &Type, path: String, cases: &mut Vec<Case>) {
    match ty {
        Type::Object(object) if object.fields().next().is_some() => fields(kind, object, &path, cases),
        Type::List(item) => value(kind, item, format!("{path}[]"), cases),
        Type::Map(item) => value(kind, item, format!("{path}{{}}"), cases),
        _ => cases.push(Case { kind: kind.name, path, object: kind.object }),
    }
}

/// Which fields are there beside those on the way to one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Around {
    All,
    Plain,
    None,
}

/// How the values around a field are chosen: one field must not hide another, and which ones do differs.
#[derive(Clone, Copy)]
struct Style {
    /// Which fields are there beside those on the way.
    around: Around,
    /// Whether switches are on; those that are called so, when it is not said.
    on: Option<bool>,
    /// Plain texts, two that differ.
    texts: [&'static str; 2],
}

const TEXTS: [[&str; 2]; 6] = [
    ["a", "b"],
    ["10.0.0.1", "10.0.0.2"],
    ["10.0.0.0/24", "10.1.0.0/24"],
    ["100", "200"],
    ["custom", "http://a.test/"],
    ["http://a.test/", "http://b.test/"],
];

/// Words of fields that the table takes for any text, by the ends of their paths.
const WORDS: [(&str, [&str; 2]); 9] = [
    ("bond.mode", ["802.3ad", "active-backup"]),
    ("bond.xmitHashPolicy", ["layer2", "layer3+4"]),
    ("bond.lacpRate", ["slow", "fast"]),
    ("bond.arpValidate", ["none", "active"]),
    ("bond.arpAllTargets", ["any", "all"]),
    ("bond.primaryReselect", ["always", "better"]),
    ("bond.failOverMac", ["none", "active"]),
    ("bond.adSelect", ["stable", "bandwidth"]),
    ("nodeAddressSortAlgorithm", ["v2", "v1"]),
];

/// What a field has: one of two values, or none at all.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    First,
    Second,
    Absent,
}

/// How many ways there are to choose the values around a field.
pub const STYLES: usize = TEXTS.len() * CHOICES.len();

const CHOICES: [(Around, Option<bool>); 8] = [
    (Around::All, None),
    (Around::Plain, None),
    (Around::All, Some(true)),
    (Around::Plain, Some(true)),
    (Around::All, Some(false)),
    (Around::Plain, Some(false)),
    (Around::None, None),
    (Around::None, Some(true)),
];

fn style(number: usize) -> Style {
    let (around, on) = CHOICES[number % CHOICES.len()];
    Style { around, on, texts: TEXTS[number / CHOICES.len()] }
}

/// A configuration with a document of a kind, or of the machine alone.
pub fn whole(kind: &'static Kind, number: usize) -> Option<Config> {
    let case = Case { kind: kind.name, path: String::new(), object: kind.object };
    case.build(number, Variant::First)
}

/// The configuration beside which documents stand.
pub fn machine() -> Config {
    Config::from_roots("test", [machine_root()]).unwrap()
}

fn machine_root() -> Node {
    Node::map([("machine", Node::map([("type", Node::str("controlplane"))])), ("cluster", Node::empty_map())])
}

impl Case {
    /// Whether the values around it do not depend on which field it is.
    pub fn is_full(&self, number: usize) -> bool {
        style(number).around == Around::All && !self.path.contains("deviceSelector.")
    }

    /// A configuration whose field has one of its values.
    pub fn build(&self, number: usize, variant: Variant) -> Option<Config> {
        let style = style(number);
        let maker = Maker { style, target: &self.path, variant };
        let mut root = maker.object(self.object, "");
        let map = root.as_map_mut()?;
        if self.kind == V1ALPHA1.name {
            // Much is only asked of control planes.
            let machine = map.entry("machine".to_owned()).or_insert_with(Node::empty_map).as_map_mut()?;
            if self.path != "machine.type" {
                machine.entry("type".to_owned()).or_insert_with(|| Node::str("controlplane"));
            }
            return Config::from_roots("test", [root]).ok();
        }
        map.insert("apiVersion".to_owned(), Node::str("v1alpha1"));
        map.insert("kind".to_owned(), Node::str(self.kind));
        Config::from_roots("test", [machine_root(), root]).ok()
    }
}

struct Maker<'a> {
    style: Style,
    target: &'a str,
    variant: Variant,
}

impl Maker<'_> {
    fn object(&self, object: &'static Object, prefix: &str) -> Node {
        let entries = object.fields().filter_map(|field| {
            let path =
                if prefix.is_empty() { field.key.to_owned() } else { format!("{prefix}.{}", field.key) };
            let leads = self.target == path
                || [".", "[", "{"].iter().any(|step| self.target.starts_with(&format!("{path}{step}")));
            // A link that has a name is not selected by its hardware.
            let named = path.ends_with("[].interface") && self.target.contains("[].deviceSelector.");
            if named || path == self.target && self.variant == Variant::Absent {
                return None;
            }
            let collection =
                matches!(field.ty, Type::Object(_) | Type::List(_) | Type::Map(_) | Type::Free | Type::Args);
            let kept = match self.style.around {
                Around::All => true,
                Around::Plain => leads || !collection,
                Around::None => leads,
            };
            if !kept {
                return None;
            }
            Some((field.key, self.value(&field.ty, field.key, &path)))
        });
        Node::map(entries)
    }

    fn value(&self, ty: &Type, key: &str, path: &str) -> Node {
        let variant = usize::from(path == self.target && self.variant == Variant::Second);
        let absent = |path: &str| path == self.target && self.variant == Variant::Absent;
        match ty {
            Type::Object(object) if object.fields().next().is_some() => self.object(object, path),
            Type::Object(_) => Node::empty_map(),
            Type::List(_) if absent(&format!("{path}[]")) => Node::seq([]),
            Type::Map(_) if absent(&format!("{path}{{}}")) => Node::empty_map(),
            Type::List(item) => Node::seq([self.value(item, key, &format!("{path}[]"))]),
            Type::Map(item) => {
                Node::map([(self.style.texts[0], self.value(item, key, &format!("{path}{{}}")))])
            }
            Type::Bool => {
                let on = self
                    .style
                    .on
                    .unwrap_or(key.to_lowercase().ends_with("enabled") || matches!(key, "dhcp" | "ipv4"));
                (on != (variant > 0)).into()
            }
            Type::Int { min, max } => (1 + variant as i64 * 6)
                .clamp(i64::try_from(*min).unwrap_or(i64::MIN), i64::try_from(*max).unwrap_or(i64::MAX))
                .into(),
            Type::Text => {
                let words = WORDS.iter().find(|(end, _)| path.ends_with(end)).map(|(_, words)| *words);
                Node::str(words.unwrap_or(self.style.texts)[variant])
            }
            Type::Choice(words) => Node::str(words.words[variant.min(words.words.len() - 1)]),
            Type::Formatted(format) => Node::str(formatted(format, variant)),
            // Trees show their shape and the lengths of their texts only.
            Type::Free | Type::Args => Node::map([("k", Node::str(["a", "bb"][variant]))]),
            Type::IntOrText => (1 + variant as i64 * 5).into(),
        }
    }
}

/// Two texts of a grammar.
fn formatted(format: &'static Format, variant: usize) -> &'static str {
    let texts = match format.name {
        "address" => ["10.0.0.1", "10.0.0.2"],
        "prefix" => ["10.0.0.0/24", "10.1.0.0/24"],
        "address and port" => ["10.0.0.1:1", "10.0.0.1:2"],
        "URL" => ["https://a.test:1/", "https://b.test:2/"],
        "duration" => ["1h", "2h"],
        "size" | "size limit" => ["1GiB", "2GiB"],
        "hardware address" => ["00:00:00:00:00:01", "00:00:00:00:00:02"],
        "base64" => ["LS0tLS1CRUdJTg==", "LS0tLS1CRUdJTjI="],
        "hexadecimal bytes" => ["00:01", "00:02"],
        "routing table" => ["100", "101"],
        other => panic!("add two texts of the format {other}"),
    };
    assert!((format.check)(texts[variant]));
    texts[variant]
}
