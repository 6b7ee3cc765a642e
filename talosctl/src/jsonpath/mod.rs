//! JSONPath in the dialect of Kubernetes: templates of text and `{…}` expressions.
//!
//! `{.a.b}` · `{.a['b']}` · `{.list[0]}` · `{.list[-1:]}` · `{.list[*].b}` · `{.list[0,2]}` ·
//! `{..b}` · `{.list[?(@.type=="Ready")].status}` · `{@}` · `{"\n"}` ·
//! `{range .list[*]}{.name}{"\n"}{end}`. What a path names and is not there is empty, not an error.

mod eval;
mod parse;
mod scan;

use serde_json::Value;

pub use parse::ParseError;

/// A parsed template.
#[derive(Debug, Clone, PartialEq)]
pub struct Template(Vec<Part>);

/// A piece of a template.
#[derive(Debug, Clone, PartialEq)]
enum Part {
    Text(String),
    Path(Path),
    Range(Path, Vec<Part>),
}

/// Steps from the current value.
#[derive(Debug, Clone, PartialEq, Default)]
struct Path(Vec<Step>);

#[derive(Debug, Clone, PartialEq)]
enum Step {
    Key(String),
    Keys(Vec<String>),
    Wildcard,
    Descend,
    Indices(Vec<i64>),
    Slice { start: Option<i64>, end: Option<i64>, step: Option<i64> },
    Filter(Box<Filter>),
}

/// `?(left op right)`, or `?(left)`: whether it is there.
#[derive(Debug, Clone, PartialEq)]
struct Filter {
    left: Operand,
    right: Option<(Comparison, Operand)>,
}

#[derive(Debug, Clone, PartialEq)]
enum Operand {
    /// From the item that is looked at.
    Path(Path),
    Literal(Value),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Template {
    /// Parses a template.
    ///
    /// # Errors
    /// When braces, brackets or quotes do not match, or a step is none of the above.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        parse::template(text).map(Self)
    }

    /// The text for `value`: several results of one path are joined by blanks; what is no scalar is JSON.
    pub fn render(&self, value: &Value) -> String {
        self.render_with(value, &|value| value.to_string())
    }

    /// The same with another form of what is no scalar.
    pub fn render_with(&self, value: &Value, compound: &dyn Fn(&Value) -> String) -> String {
        let mut text = String::new();
        eval::parts(&self.0, value, compound, &mut text);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn render(template: &str, value: &Value) -> String {
        Template::parse(template).unwrap_or_else(|e| panic!("{template}: {e}")).render(value)
    }

    #[test]
    fn paths_of_every_form_find_what_they_name() {
        let value = json!({
            "a": {"b": "text", "n": 5, "t": true, "x.y": "dotted", "nil": null},
            "addresses": ["10.5.0.2", "10.5.0.3"],
            "endpoints": [{"host": "a", "port": 1}, {"host": "b", "port": 2}],
            "conditions": [{"type": "Ready", "status": "True"}, {"type": "Other", "status": "False"}],
        });
        for (template, expected) in [
            ("{.a.b}", "text"),
            ("{.a.n}", "5"),
            ("{.a.t}", "true"),
            ("{.a.nil}", ""),
            ("{$.a.b}", "text"),
            ("{@.a.b}", "text"),
            ("{a.b}", "text"),
            ("{.a['b']}", "text"),
            ("{.a[\"x.y\"]}", "dotted"),
            ("{.a.x\\.y}", "dotted"),
            ("{.missing.deep[3]}", ""),
            ("{.addresses}", "[\"10.5.0.2\",\"10.5.0.3\"]"),
            ("{.addresses[0]}", "10.5.0.2"),
            ("{.addresses[-1]}", "10.5.0.3"),
            ("{.addresses[:]}", "10.5.0.2 10.5.0.3"),
            ("{.addresses[1:]}", "10.5.0.3"),
            ("{.addresses[-1:]}", "10.5.0.3"),
            ("{.addresses[0,1]}", "10.5.0.2 10.5.0.3"),
            ("{.addresses[9]}", ""),
            ("{.endpoints[*].host}", "a b"),
            ("{.endpoints[*]['host','port']}", "a 1 b 2"),
            ("{..host}", "a b"),
            ("{.conditions[?(@.type==\"Ready\")].status}", "True"),
            ("{.conditions[?(@.type=='Ready')].status}", "True"),
            ("{.conditions[?(@.type!=\"Ready\")].status}", "False"),
            ("{.endpoints[?(@.port>1)].host}", "b"),
            ("{.endpoints[?(@.port<=1)].host}", "a"),
            ("{.endpoints[?(@.host)].host}", "a b"),
            ("{.endpoints[?(@.nope)].host}", ""),
            ("name: {.a.b}{\"\\n\"}", "name: text\n"),
            ("{range .endpoints[*]}{.host}={.port};{end}", "a=1;b=2;"),
            ("no braces", "no braces"),
        ] {
            assert_eq!(render(template, &value), expected, "{template}");
        }
        assert_eq!(render("{@}", &json!("controlplane")), "controlplane");
        assert_eq!(render("{.}", &json!(3)), "3");
    }

    #[test]
    fn a_broken_template_is_told_with_its_place() {
        for template in
            ["{.a", "{.a[}", "{.a[0}", "{.a['b}", "{range .a}", "{end}", "{.a[?(@.b==)]}", "{.a[::0]}", "{!}"]
        {
            assert!(Template::parse(template).is_err(), "{template}");
        }
        let error = Template::parse("{.a[x}").unwrap_err().to_string();
        assert!(error.contains("{.a[x}"), "{error}");
    }

    #[test]
    fn huge_numbers_and_deep_values_are_harmless() {
        let mut value = json!(1);
        for _ in 0..100 {
            value = json!({ "a": value });
        }
        assert_eq!(render("{..zzz}", &value), "");
        assert_eq!(render("{.a[9223372036854775807]}", &value), "");
        assert_eq!(render("{.l[-9223372036854775808:9223372036854775807]}", &json!({"l": [1, 2]})), "1 2");
        assert!(Template::parse(&"{range .a}".repeat(1000)).is_err());
    }
}
