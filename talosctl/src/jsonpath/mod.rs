//! JSONPath in the dialect of Kubernetes: templates of text and `{…}` expressions.
//!
//! `{.a.b}` · `{.a['b']}` · `{.list[0]}` · `{.list[-1:]}` · `{.list[*].b}` · `{.list[0,2]}` ·
//! `{..b}` · `{.list[?(@.type=="Ready")].status}` · `{@}` · `{"\n"}` ·
//! `{range .list[*]}{.name}{"\n"}{end}`. What a path names and no value has is an error for scripts, and empty in
//! a table.

mod eval;
mod parse;
mod scan;

use serde_json::Value;

use eval::Missing;
pub use eval::NotFound;
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

    /// The text for `value`, for a table: several results of one path are joined by blanks; what is no scalar is
    /// JSON; what is not there is empty.
    pub fn cell(&self, value: &Value) -> String {
        let mut text = String::new();
        let compound = |value: &Value| value.to_string();
        // Nothing is missed in a table.
        let _ = eval::parts(&self.0, value, Missing::Nothing, &compound, &mut text);
        text
    }

    /// The same for scripts; `compound` says how what is no scalar looks.
    ///
    /// # Errors
    /// If the value does not have a path of the template, as kubectl decides it.
    pub fn render(&self, value: &Value, compound: &dyn Fn(&Value) -> String) -> Result<String, NotFound> {
        let mut text = String::new();
        eval::parts(&self.0, value, Missing::Refused, compound, &mut text)?;
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parse(template: &str) -> Template {
        Template::parse(template).unwrap_or_else(|e| panic!("{template}: {e}"))
    }

    fn render(template: &str, value: &Value) -> String {
        parse(template).cell(value)
    }

    fn error(template: &str, value: &Value) -> String {
        match parse(template).render(value, &|value| value.to_string()) {
            Ok(text) => panic!("{template}: {text:?}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_path_that_a_value_does_not_have_is_told_as_kubectl_tells_it() {
        let value = json!({
            "spec": {"a": 1, "nil": null, "text": "t", "list": [{"b": 1}, {"c": 2}], "none": []},
            "metadata": {"labels": {"x": "y"}},
        });
        for (template, expected) in [
            ("{.spec.nope}", "nope is not found"),
            ("{.nope}", "nope is not found"),
            ("{.spec.nope.deep}", "nope is not found"),
            ("{.spec['nope']}", "nope is not found"),
            ("{.spec['a','nope']}", "nope is not found"),
            ("{.spec.a.deep}", "deep is not found"),
            ("{.spec.nil.deep}", "deep is not found"),
            ("{.metadata.labels.z}", "z is not found"),
            ("{..nope}", "nope is not found"),
            ("{.spec.list[*].nope}", "nope is not found"),
            ("{.spec.list[0].nope}", "nope is not found"),
            ("{.spec.list[2]}", "array index out of bounds: index 2, length 2"),
            ("{.spec.list[-3]}", "array index out of bounds: index -1, length 2"),
            ("{.spec.none[0]}", "array index out of bounds: index 0, length 0"),
            ("{.spec.none[-1:]}", "array index out of bounds: index -1, length 0"),
            ("{.spec.list[0:5]}", "array index out of bounds: index 4, length 2"),
            ("{.spec.a[0]}", "number is not array or slice"),
            ("{.spec.text[0]}", "string is not array or slice"),
            ("{range .spec.nope[*]}{.b}{end}", "nope is not found"),
            ("{range .spec.list[*]}{.b}{end}", "b is not found"),
            ("{.spec.a} {.spec.nope}", "nope is not found"),
        ] {
            assert_eq!(error(template, &value), expected, "{template}");
        }
    }

    #[test]
    fn what_is_there_and_empty_is_no_error() {
        let value = json!({
            "nil": null, "none": [], "map": {}, "list": [{"b": 1}, {"c": 2}], "text": "",
        });
        for (template, expected) in [
            ("{.nil}", ""),
            ("{.text}", ""),
            ("{.none}", "[]"),
            ("{.map}", "{}"),
            ("{.none[*]}", ""),
            ("{.none[:]}", ""),
            ("{.map[*]}", ""),
            ("{.nil[0]}", ""),
            ("{.list[2:]}", ""),
            ("{.list[*].b}", "1"),
            ("{.list[*]['b','c']}", "1 2"),
            ("{.list[?(@.nope==1)]}", ""),
            ("{.list[?(@.b==7)].b}", ""),
            ("{.none[*].b}", ""),
            ("{.none[*]['b','c']}", ""),
            ("{.list[?(@.c)].c}", "2"),
            ("{..b}", "1"),
            ("{range .none[*]}{.b}{end}", ""),
        ] {
            let found = parse(template).render(&value, &|value| value.to_string());
            assert_eq!(found.as_deref(), Ok(expected), "{template}");
        }
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
        for template in ["{.l[-9223372036854775808:9223372036854775807]}", "{.l[-9223372036854775808]}"] {
            assert!(error(template, &json!({"l": [1, 2]})).starts_with("array index out of bounds"));
        }
        assert!(Template::parse(&"{range .a}".repeat(1000)).is_err());
    }
}
