//! The type of an expression.

use super::ast::{Expr, ExprKind, Literal};
use super::environment::{Environment, Type};
use super::{CelError, parse};
use crate::schema::nearest;

/// The type of an expression's value.
///
/// # Errors
/// With the place of what does not parse, is not known, or does not fit.
pub fn check(text: &str, environment: Environment) -> Result<Type, CelError> {
    let expr = parse(text)?;
    Checker { environment, locals: Vec::new() }.of(&expr)
}

struct Checker {
    environment: Environment,
    /// Variables of `exists`, `all` and the like, innermost last.
    locals: Vec<(String, Type)>,
}

fn same(left: &Type, right: &Type) -> bool {
    match (left, right) {
        (Type::Dyn, _) | (_, Type::Dyn) => true,
        (Type::List(l), Type::List(r)) | (Type::Optional(l), Type::Optional(r)) => same(l, r),
        (Type::Map(lk, lv), Type::Map(rk, rv)) => same(lk, rk) && same(lv, rv),
        (left, right) => left == right,
    }
}

fn numeric(ty: &Type) -> bool {
    matches!(ty, Type::Int | Type::Uint | Type::Double | Type::Dyn)
}

impl Checker {
    fn of(&mut self, expr: &Expr) -> Result<Type, CelError> {
        match &expr.kind {
            ExprKind::Literal(literal) => Ok(match literal {
                Literal::Null => Type::Null,
                Literal::Bool(_) => Type::Bool,
                Literal::Int(_) => Type::Int,
                Literal::Uint(_) => Type::Uint,
                Literal::Double(_) => Type::Double,
                Literal::Text(_) => Type::Text,
                Literal::Bytes(_) => Type::Bytes,
            }),
            ExprKind::Ident(name) => self.variable(name, expr.offset),
            ExprKind::Select(target, field) => {
                let target = self.of(target)?;
                self.select(&target, field, expr.offset)
            }
            ExprKind::Index(target, index) => {
                let (target, index_type) = (self.of(target)?, self.of(index)?);
                match target {
                    Type::List(item) if same(&index_type, &Type::Int) => Ok(*item),
                    Type::Map(key, value) if same(&key, &index_type) => Ok(*value),
                    Type::Dyn => Ok(Type::Dyn),
                    other => {
                        let message = format!("a {other} has no item by {index_type}");
                        Err(CelError::new(expr.offset, message))
                    }
                }
            }
            ExprKind::List(items) => {
                let item = self.common(items.iter())?;
                Ok(Type::List(Box::new(item)))
            }
            ExprKind::Map(entries) => {
                let key = self.common(entries.iter().map(|(key, _)| key))?;
                let value = self.common(entries.iter().map(|(_, value)| value))?;
                Ok(Type::Map(Box::new(key), Box::new(value)))
            }
            ExprKind::Call(target, name, args) => self.call(target.as_deref(), name, args, expr.offset),
        }
    }

    /// The type that all of some expressions have, or anything.
    fn common<'a>(&mut self, exprs: impl Iterator<Item = &'a Expr>) -> Result<Type, CelError> {
        let mut common: Option<Type> = None;
        for expr in exprs {
            let ty = self.of(expr)?;
            common = Some(match common {
                None => ty,
                Some(known) if same(&known, &ty) => known,
                Some(_) => Type::Dyn,
            });
        }
        Ok(common.unwrap_or(Type::Dyn))
    }

    fn variable(&self, name: &str, offset: usize) -> Result<Type, CelError> {
        let local = self.locals.iter().rev().find(|(known, _)| known == name).map(|(_, ty)| ty.clone());
        if let Some(ty) = local.or_else(|| self.environment.variable(name)) {
            return Ok(ty);
        }
        let names = self.environment.names();
        let hint = match nearest(name, names.iter().map(String::as_str)) {
            Some(near) => format!("; did you mean {near:?}?"),
            None => String::new(),
        };
        Err(CelError::new(offset, format!("{name:?} is not known here{hint}")))
    }

    fn select(&self, target: &Type, field: &str, offset: usize) -> Result<Type, CelError> {
        match target {
            Type::Object(name, fields) => {
                if let Some((_, kind)) = fields.iter().find(|(known, _)| *known == field) {
                    return Ok((*kind).into());
                }
                let hint = match nearest(field, fields.iter().map(|(known, _)| *known)) {
                    Some(near) => format!("; did you mean {near:?}?"),
                    None => String::new(),
                };
                Err(CelError::new(offset, format!("a {name} has no field {field:?}{hint}")))
            }
            Type::Map(key, value) if same(key, &Type::Text) => Ok((**value).clone()),
            Type::Dyn => Ok(Type::Dyn),
            other => Err(CelError::new(offset, format!("a {other} has no fields"))),
        }
    }

    fn call(
        &mut self,
        target: Option<&Expr>,
        name: &str,
        args: &[Expr],
        offset: usize,
    ) -> Result<Type, CelError> {
        if let Some(result) = self.macro_call(target, name, args, offset) {
            return result;
        }
        let target = target.map(|target| self.of(target)).transpose()?;
        let types = args.iter().map(|arg| self.of(arg)).collect::<Result<Vec<_>, _>>()?;
        let result = match &target {
            None => operator(name, &types).or_else(|| function(name, &types)),
            Some(target) => method(target, name, &types),
        };
        result.ok_or_else(|| {
            let list = types.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let message = match (&target, name.trim_matches('_')) {
                (Some(target), _) => format!("a {target} has no method {name}({list})"),
                (None, op) if name.contains('_') && !op.is_empty() && types.len() > 1 && !is_word(op) => {
                    format!("{op} does not go with {list}")
                }
                (None, op) if !is_word(op) => format!("{} does not go with {list}", op.trim_matches('_')),
                (None, _) => format!("there is no function {name}({list})"),
            };
            CelError::new(offset, message)
        })
    }

    /// Calls whose arguments are not evaluated as they stand.
    fn macro_call(
        &mut self,
        target: Option<&Expr>,
        name: &str,
        args: &[Expr],
        offset: usize,
    ) -> Option<Result<Type, CelError>> {
        match (target, name, args) {
            (None, "has", [Expr { kind: ExprKind::Select(..), .. }]) => {
                Some(args.first().map_or(Ok(Type::Bool), |arg| self.of(arg).map(|_| Type::Bool)))
            }
            (Some(target), "all" | "exists" | "exists_one" | "filter" | "map", [variable, body]) => {
                Some(self.comprehension(target, name, variable, body, offset))
            }
            _ => None,
        }
    }

    fn comprehension(
        &mut self,
        target: &Expr,
        name: &str,
        variable: &Expr,
        body: &Expr,
        offset: usize,
    ) -> Result<Type, CelError> {
        let ExprKind::Ident(local) = &variable.kind else {
            return Err(CelError::new(variable.offset, "a name for the item is needed here"));
        };
        let item = match self.of(target)? {
            Type::List(item) => *item,
            Type::Map(key, _) => *key,
            Type::Dyn => Type::Dyn,
            other => return Err(CelError::new(offset, format!("a {other} has no items"))),
        };
        self.locals.push((local.clone(), item.clone()));
        let body_type = self.of(body);
        self.locals.pop();
        let body_type = body_type?;
        match name {
            "map" => Ok(Type::List(Box::new(body_type))),
            _ if !same(&body_type, &Type::Bool) => {
                Err(CelError::new(body.offset, format!("expected a bool, found {body_type}")))
            }
            "filter" => Ok(Type::List(Box::new(item))),
            _ => Ok(Type::Bool),
        }
    }
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && text != "in"
}

fn operator(name: &str, types: &[Type]) -> Option<Type> {
    use Type::{Bool, Bytes, Double, Duration, Dyn, Int, List, Map, Text, Timestamp, Uint};
    match (name, types) {
        ("_&&_" | "_||_", [l, r]) => (same(l, &Bool) && same(r, &Bool)).then_some(Bool),
        ("!_", [ty]) => same(ty, &Bool).then_some(Bool),
        ("-_", [ty]) => matches!(ty, Int | Double | Duration | Dyn).then(|| ty.clone()),
        ("_==_" | "_!=_", [l, r]) => {
            (same(l, r) || numeric(l) && numeric(r) || matches!(l, Type::Null) || matches!(r, Type::Null))
                .then_some(Bool)
        }
        ("_<_" | "_<=_" | "_>_" | "_>=_", [l, r]) => {
            let ordered = matches!(l, Bool | Text | Bytes | Duration | Timestamp);
            (numeric(l) && numeric(r) || ordered && same(l, r)).then_some(Bool)
        }
        ("_in_", [item, List(of)]) => same(item, of).then_some(Bool),
        ("_in_", [key, Map(of, _)]) => same(key, of).then_some(Bool),
        ("_in_", [_, Dyn]) => Some(Bool),
        ("_+_", [Timestamp, Duration] | [Duration, Timestamp]) => Some(Timestamp),
        ("_-_", [Timestamp, Timestamp]) => Some(Duration),
        ("_-_", [Timestamp, Duration]) => Some(Timestamp),
        ("_+_", [l, r]) => {
            let adds = numeric(l) || matches!(l, Text | Bytes | Duration | List(_));
            (adds && same(l, r)).then(|| l.clone())
        }
        ("_-_", [l, r]) => ((numeric(l) || *l == Duration) && same(l, r)).then(|| l.clone()),
        ("_*_" | "_/_", [l, r]) => (numeric(l) && same(l, r)).then(|| l.clone()),
        ("_%_", [l, r]) => (matches!(l, Int | Uint | Dyn) && same(l, r)).then(|| l.clone()),
        ("_?_:_", [condition, yes, no]) if same(condition, &Bool) => {
            Some(if same(yes, no) { yes.clone() } else { Dyn })
        }
        _ => None,
    }
}

fn function(name: &str, types: &[Type]) -> Option<Type> {
    use Type::{Bool, Bytes, Double, Duration, Dyn, Int, List, Map, Text, Timestamp, Uint};
    let vector = |ty: &Type| same(ty, &Map(Box::new(Int), Box::new(Double)));
    match (name, types) {
        ("size", [Text | Bytes | List(_) | Map(..) | Dyn]) => Some(Int),
        ("int", [Int | Uint | Double | Text | Timestamp | Dyn]) => Some(Int),
        ("uint", [Int | Uint | Double | Text | Dyn]) => Some(Uint),
        ("double", [Int | Uint | Double | Text | Dyn]) => Some(Double),
        ("string", [_]) => Some(Text),
        ("bytes", [Text | Bytes | Dyn]) => Some(Bytes),
        ("bool", [Bool | Text | Dyn]) => Some(Bool),
        ("duration", [Text | Duration | Dyn]) => Some(Duration),
        ("timestamp", [Text | Timestamp | Int | Dyn]) => Some(Timestamp),
        ("dyn", [_]) => Some(Dyn),
        ("glob", [pattern, text]) => (same(pattern, &Text) && same(text, &Text)).then_some(Bool),
        ("mac", [Bytes | Dyn]) => Some(Text),
        ("multiply_qos_vectors", [left, right]) => (vector(left) && vector(right)).then_some(Double),
        _ => None,
    }
}

fn method(target: &Type, name: &str, types: &[Type]) -> Option<Type> {
    use Type::{Bool, Bytes, Dyn, Int, List, Map, Optional, Text};
    match (target, name, types) {
        (Dyn, ..) => Some(Dyn),
        (Text, "contains" | "startsWith" | "endsWith" | "matches", [arg]) => same(arg, &Text).then_some(Bool),
        (Text, "lowerAscii" | "upperAscii" | "trim", []) => Some(Text),
        (Text, "replace", [from, to]) => (same(from, &Text) && same(to, &Text)).then_some(Text),
        (Text, "split", [by]) => same(by, &Text).then(|| List(Box::new(Text))),
        (Text, "substring", [from]) => same(from, &Int).then_some(Text),
        (Text, "substring", [from, to]) => (same(from, &Int) && same(to, &Int)).then_some(Text),
        (Text | Bytes | List(_) | Map(..), "size", []) => Some(Int),
        (Optional(_), "hasValue", []) => Some(Bool),
        (Optional(inner), "value", []) => Some((**inner).clone()),
        (Optional(inner), "orValue", [other]) => same(inner, other).then(|| (**inner).clone()),
        _ => None,
    }
}
