//! Nodes from and to plain Rust and JSON values.

use super::{Node, Value};

impl From<&str> for Node {
    fn from(text: &str) -> Self {
        Node::str(text)
    }
}

impl From<String> for Node {
    fn from(text: String) -> Self {
        Node::str(text)
    }
}

impl From<bool> for Node {
    fn from(value: bool) -> Self {
        Node::new(Value::Bool(value))
    }
}

impl From<i64> for Node {
    fn from(value: i64) -> Self {
        Node::new(Value::Int(value.into()))
    }
}

impl From<u64> for Node {
    fn from(value: u64) -> Self {
        Node::new(Value::Int(value.into()))
    }
}

impl From<u32> for Node {
    fn from(value: u32) -> Self {
        Node::new(Value::Int(value.into()))
    }
}

impl From<f64> for Node {
    fn from(value: f64) -> Self {
        Node::new(Value::Float(value))
    }
}

impl<T: Into<Node>> From<Vec<T>> for Node {
    fn from(items: Vec<T>) -> Self {
        Node::seq(items.into_iter().map(Into::into))
    }
}

impl From<serde_json::Value> for Node {
    fn from(value: serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Node::default(),
            serde_json::Value::Bool(value) => value.into(),
            serde_json::Value::Number(number) => {
                let value = match (number.as_i64(), number.as_u64()) {
                    (Some(value), _) => Value::Int(value.into()),
                    (None, Some(value)) => Value::Int(value.into()),
                    (None, None) => Value::Float(number.as_f64().unwrap_or_default()),
                };
                Node::new(value)
            }
            serde_json::Value::String(text) => text.into(),
            serde_json::Value::Array(items) => Node::seq(items.into_iter().map(Into::into)),
            serde_json::Value::Object(map) => {
                Node::map(map.into_iter().map(|(key, value)| (key, value.into())))
            }
        }
    }
}

impl Node {
    /// The same value as JSON; numbers past 64 bits and non-finite ones become strings.
    pub fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Int(value) => match (i64::try_from(*value), u64::try_from(*value)) {
                (Ok(value), _) => value.into(),
                (Err(_), Ok(value)) => value.into(),
                (Err(_), Err(_)) => value.to_string().into(),
            },
            Value::Float(value) => match serde_json::Number::from_f64(*value) {
                Some(number) => number.into(),
                None => super::scalar::format_float(*value).into(),
            },
            Value::Str(text) => text.clone().into(),
            Value::Seq(items) => items.iter().map(Node::to_json).collect::<Vec<_>>().into(),
            Value::Map(map) => serde_json::Value::Object(
                map.iter().map(|(key, value)| (key.clone(), value.to_json())).collect(),
            ),
        }
    }
}
