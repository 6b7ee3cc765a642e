//! The source of a selector, from its checked form.

use proto::google::expr::constant::ConstantKind;
use proto::google::expr::expr::create_struct::entry::KeyKind;
use proto::google::expr::expr::{Call, CreateStruct, ExprKind, Ident};
use proto::google::expr::{CheckedExpr, Constant, Expr};

/// Operators by the name of their function, with how tightly they bind.
const BINARY: [(&str, &str, u8); 15] = [
    ("_||_", "||", 2),
    ("_&&_", "&&", 3),
    ("_==_", "==", 4),
    ("_!=_", "!=", 4),
    ("_<_", "<", 4),
    ("_<=_", "<=", 4),
    ("_>_", ">", 4),
    ("_>=_", ">=", 4),
    ("@in", "in", 4),
    ("_in_", "in", 4),
    ("_+_", "+", 5),
    ("_-_", "-", 5),
    ("_*_", "*", 6),
    ("_/_", "/", 6),
    ("_%_", "%", 6),
];

const CONDITIONAL: u8 = 1;
const UNARY: u8 = 7;
const PRIMARY: u8 = 8;

/// The source of an expression; nothing for no expression.
pub fn source(expression: &CheckedExpr) -> String {
    expression.expr.as_ref().map(|expr| write(expr).0).unwrap_or_default()
}

/// An expression that keeps its source as the name of an identifier: the source is all that we need
/// of it, since whoever evaluates a selector parses it from there.
pub fn from_source(source: &str) -> CheckedExpr {
    let ident = ExprKind::IdentExpr(Ident { name: source.to_owned() });
    CheckedExpr { expr: Some(Expr { id: 1, expr_kind: Some(ident) }), ..CheckedExpr::default() }
}

/// The source and how tightly its outermost operator binds.
fn write(expr: &Expr) -> (String, u8) {
    match &expr.expr_kind {
        None => (String::new(), PRIMARY),
        Some(ExprKind::ConstExpr(value)) => constant(value),
        Some(ExprKind::IdentExpr(ident)) => (ident.name.clone(), PRIMARY),
        Some(ExprKind::SelectExpr(select)) => {
            let operand = operand(select.operand.as_deref(), PRIMARY);
            let text = format!("{operand}.{}", select.field);
            (if select.test_only { format!("has({text})") } else { text }, PRIMARY)
        }
        Some(ExprKind::CallExpr(call)) => self::call(call),
        Some(ExprKind::ListExpr(list)) => (format!("[{}]", arguments(&list.elements)), PRIMARY),
        Some(ExprKind::StructExpr(structure)) => (self::structure(structure), PRIMARY),
        // What a macro expands to; the macro itself is not part of the checked form.
        Some(ExprKind::ComprehensionExpr(comprehension)) => {
            let range = operand(comprehension.iter_range.as_deref(), PRIMARY);
            let step = operand(comprehension.loop_step.as_deref(), 0);
            (format!("{range}.fold({}, {step})", comprehension.iter_var), PRIMARY)
        }
    }
}

/// An operand, in parentheses where it binds less tightly than it has to.
fn operand(expr: Option<&Expr>, least: u8) -> String {
    let (text, binding) = expr.map(write).unwrap_or_default();
    if binding < least { format!("({text})") } else { text }
}

fn arguments(expressions: &[Expr]) -> String {
    expressions.iter().map(|expr| write(expr).0).collect::<Vec<_>>().join(", ")
}

fn call(call: &Call) -> (String, u8) {
    let args: Vec<Option<&Expr>> = call.args.iter().map(Some).collect();
    match (call.function.as_str(), args.as_slice()) {
        ("!_", [value]) => (format!("!{}", operand(*value, UNARY)), UNARY),
        ("-_", [value]) => (format!("-{}", operand(*value, UNARY)), UNARY),
        ("_[_]", [value, index]) => {
            (format!("{}[{}]", operand(*value, PRIMARY), operand(*index, 0)), PRIMARY)
        }
        ("_?_:_", [condition, yes, no]) => {
            let condition = operand(*condition, CONDITIONAL + 1);
            let (yes, no) = (operand(*yes, CONDITIONAL + 1), operand(*no, CONDITIONAL));
            (format!("{condition} ? {yes} : {no}"), CONDITIONAL)
        }
        (function, [left, right]) if BINARY.iter().any(|(name, ..)| *name == function) => {
            let (symbol, binding) = BINARY
                .iter()
                .find(|(name, ..)| *name == function)
                .map(|(_, symbol, binding)| (*symbol, *binding))
                .unwrap_or((function, PRIMARY));
            let (left, right) = (operand(*left, binding), operand(*right, binding + 1));
            (format!("{left} {symbol} {right}"), binding)
        }
        (function, _) => {
            let target = call.target.as_deref().map(|target| format!("{}.", operand(Some(target), PRIMARY)));
            (format!("{}{function}({})", target.unwrap_or_default(), arguments(&call.args)), PRIMARY)
        }
    }
}

fn structure(structure: &CreateStruct) -> String {
    let entries = structure.entries.iter().map(|entry| {
        let key = match &entry.key_kind {
            Some(KeyKind::FieldKey(name)) => name.clone(),
            Some(KeyKind::MapKey(key)) => write(key).0,
            None => String::new(),
        };
        format!("{key}: {}", entry.value.as_ref().map(|value| write(value).0).unwrap_or_default())
    });
    format!("{}{{{}}}", structure.message_name, entries.collect::<Vec<_>>().join(", "))
}

fn constant(constant: &Constant) -> (String, u8) {
    let text = match &constant.constant_kind {
        None | Some(ConstantKind::NullValue(_)) => "null".to_owned(),
        Some(ConstantKind::BoolValue(value)) => value.to_string(),
        Some(ConstantKind::Int64Value(value)) => value.to_string(),
        Some(ConstantKind::Uint64Value(value)) => format!("{value}u"),
        Some(ConstantKind::DoubleValue(value)) => format!("{value:?}"),
        Some(ConstantKind::StringValue(value)) => format!("{value:?}"),
        Some(ConstantKind::BytesValue(value)) => format!("b\"{}\"", value.escape_ascii()),
        Some(ConstantKind::DurationValue(value)) => format!("duration({:?})", super::duration::text(value)),
        Some(ConstantKind::TimestampValue(value)) => format!("timestamp(\"{value}\")"),
    };
    let binding = if text.starts_with('-') { UNARY } else { PRIMARY };
    (text, binding)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::google::expr::expr::Select;

    fn expr(kind: ExprKind) -> Expr {
        Expr { id: 0, expr_kind: Some(kind) }
    }

    fn ident(name: &str) -> Expr {
        expr(ExprKind::IdentExpr(Ident { name: name.to_owned() }))
    }

    fn call(function: &str, args: Vec<Expr>) -> Expr {
        expr(ExprKind::CallExpr(Box::new(Call { target: None, function: function.to_owned(), args })))
    }

    fn field(operand: Expr, name: &str) -> Expr {
        let select = Select { operand: Some(Box::new(operand)), field: name.to_owned(), test_only: false };
        expr(ExprKind::SelectExpr(Box::new(select)))
    }

    fn checked(expr: Expr) -> CheckedExpr {
        CheckedExpr { expr: Some(expr), ..CheckedExpr::default() }
    }

    #[test]
    fn selectors_read_as_they_were_written() {
        let name = Constant { constant_kind: Some(ConstantKind::StringValue("STATE".to_owned())) };
        let label = call("_==_", vec![field(ident("volume"), "label"), expr(ExprKind::ConstExpr(name))]);
        let both = call("_&&_", vec![label.clone(), call("!_", vec![ident("system_disk")])]);
        assert_eq!(source(&checked(both)), "volume.label == \"STATE\" && !system_disk");
        let either = call("_||_", vec![label, ident("system_disk")]);
        let negated = call("!_", vec![either]);
        assert_eq!(source(&checked(negated)), "!(volume.label == \"STATE\" || system_disk)");
        assert_eq!(source(&from_source("a && b")), "a && b");
        assert_eq!(source(&CheckedExpr::default()), "");
    }
}
