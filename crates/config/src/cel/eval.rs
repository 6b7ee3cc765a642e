//! The value of an expression, for what the checker lets pass.
//!
//! Own code beside the parser that is there: a second parser, of a crate that also evaluates, would
//! accept and refuse other texts than the one that checks configurations.

use super::ast::{Expr, ExprKind};
use super::environment::Environment;
use super::functions::{function, method, operator};
use super::value::Value;
use super::{CelError, parse};

/// Parts of expressions that are evaluated at most: items within items multiply.
const MOST_STEPS: usize = 100_000;

/// The value of an expression. `variables` gives what its environment has beside constants.
///
/// # Errors
/// With the place of what does not parse or has no value: a number that is too large, an item that
/// is not there.
pub fn evaluate(
    text: &str,
    environment: Environment,
    variables: &dyn Fn(&str) -> Option<Value>,
) -> Result<Value, CelError> {
    let expr = parse(text)?;
    Evaluator { environment, variables, locals: Vec::new(), steps: 0 }.of(&expr)
}

/// Whether an expression holds.
///
/// # Errors
/// As [`evaluate`], and when its value is no bool.
pub fn holds(
    text: &str,
    environment: Environment,
    variables: &dyn Fn(&str) -> Option<Value>,
) -> Result<bool, CelError> {
    match evaluate(text, environment, variables)? {
        Value::Bool(value) => Ok(value),
        _ => Err(CelError::new(0, "it is neither true nor false")),
    }
}

struct Evaluator<'a> {
    environment: Environment,
    variables: &'a dyn Fn(&str) -> Option<Value>,
    /// Variables of `exists`, `all` and the like, innermost last.
    locals: Vec<(String, Value)>,
    steps: usize,
}

impl Evaluator<'_> {
    fn of(&mut self, expr: &Expr) -> Result<Value, CelError> {
        self.steps += 1;
        if self.steps > MOST_STEPS {
            return Err(CelError::new(expr.offset, "evaluating this takes too long"));
        }
        match &expr.kind {
            ExprKind::Literal(literal) => Ok(literal.into()),
            ExprKind::Ident(name) => {
                let local = self.locals.iter().rev().find(|(known, _)| known == name);
                local
                    .map(|(_, value)| value.clone())
                    .or_else(|| self.environment.constant(name))
                    .or_else(|| (self.variables)(name))
                    .ok_or_else(|| CelError::new(expr.offset, format!("{name:?} has no value here")))
            }
            ExprKind::Select(target, field) => {
                let found = match self.of(target)? {
                    Value::Object(fields) => {
                        fields.into_iter().find(|(known, _)| known == field).map(|(_, value)| value)
                    }
                    map => map.get(&Value::Text(field.clone())).cloned(),
                };
                found.ok_or_else(|| CelError::new(expr.offset, format!("there is no {field:?}")))
            }
            ExprKind::Index(target, index) => {
                let (target, index) = (self.of(target)?, self.of(index)?);
                let found = match &target {
                    Value::List(items) => {
                        let at = index.integer().and_then(|at| usize::try_from(at).ok());
                        at.and_then(|at| items.get(at).cloned())
                    }
                    map => map.get(&index).cloned(),
                };
                found.ok_or_else(|| CelError::new(expr.offset, "there is no such item"))
            }
            ExprKind::List(items) => {
                items.iter().map(|item| self.of(item)).collect::<Result<_, _>>().map(Value::List)
            }
            ExprKind::Map(entries) => {
                let pair = |(key, value)| Ok((self.of(key)?, self.of(value)?));
                entries
                    .iter()
                    .map(|(key, value)| (key, value))
                    .map(pair)
                    .collect::<Result<_, _>>()
                    .map(Value::Map)
            }
            ExprKind::Call(target, name, args) => self.call(target.as_deref(), name, args, expr.offset),
        }
    }

    fn call(
        &mut self,
        target: Option<&Expr>,
        name: &str,
        args: &[Expr],
        offset: usize,
    ) -> Result<Value, CelError> {
        match (target, name, args) {
            (None, "_&&_", [left, right]) => return self.junction(left, right, false),
            (None, "_||_", [left, right]) => return self.junction(left, right, true),
            (None, "_?_:_", [condition, yes, no]) => {
                let Value::Bool(holds) = self.of(condition)? else {
                    return Err(CelError::new(condition.offset, "it is neither true nor false"));
                };
                return self.of(if holds { yes } else { no });
            }
            (None, "has", [arg]) => return Ok(Value::Bool(self.has(arg)?)),
            (Some(target), "all" | "exists" | "exists_one" | "filter" | "map", [variable, body]) => {
                return self.comprehension(target, name, variable, body);
            }
            _ => {}
        }
        let target = target.map(|target| self.of(target)).transpose()?;
        let values = args.iter().map(|arg| self.of(arg)).collect::<Result<Vec<_>, _>>()?;
        let result = match &target {
            None => operator(name, &values).or_else(|| function(name, &values)),
            Some(target) => method(target, name, &values),
        };
        let unknown = || Err(format!("{name} cannot be evaluated for these values"));
        result.unwrap_or_else(unknown).map_err(|message| CelError::new(offset, message))
    }

    /// `&&` and `||`: what one side decides, the other cannot undo, not even by an error.
    fn junction(&mut self, left: &Expr, right: &Expr, decides: bool) -> Result<Value, CelError> {
        let mut truth = |side: &Expr| match self.of(side)? {
            Value::Bool(value) => Ok(value),
            _ => Err(CelError::new(side.offset, "it is neither true nor false")),
        };
        let left = truth(left);
        if left == Ok(decides) {
            return Ok(Value::Bool(decides));
        }
        match (left, truth(right)?) {
            (_, right) if right == decides => Ok(Value::Bool(decides)),
            (left, _) => left.map(Value::Bool),
        }
    }

    /// Whether a field is there and says something.
    fn has(&mut self, arg: &Expr) -> Result<bool, CelError> {
        let ExprKind::Select(target, field) = &arg.kind else {
            return Err(CelError::new(arg.offset, "a field is needed here"));
        };
        let empty = |value: &Value| match value {
            Value::Text(text) => text.is_empty(),
            Value::Bytes(bytes) => bytes.is_empty(),
            Value::List(items) => items.is_empty(),
            Value::Bool(value) => !value,
            value => value.integer() == Some(0),
        };
        Ok(match self.of(target)? {
            Value::Object(fields) => fields.iter().any(|(known, value)| known == field && !empty(value)),
            map => map.get(&Value::Text(field.clone())).is_some(),
        })
    }

    fn comprehension(
        &mut self,
        target: &Expr,
        name: &str,
        variable: &Expr,
        body: &Expr,
    ) -> Result<Value, CelError> {
        let ExprKind::Ident(local) = &variable.kind else {
            return Err(CelError::new(variable.offset, "a name for the item is needed here"));
        };
        let items = match self.of(target)? {
            Value::List(items) => items,
            Value::Map(entries) => entries.into_iter().map(|(key, _)| key).collect(),
            _ => return Err(CelError::new(target.offset, "it has no items")),
        };
        let mut results = Vec::with_capacity(items.len());
        for item in items {
            self.locals.push((local.clone(), item.clone()));
            let result = self.of(body);
            self.locals.pop();
            results.push((item, result?));
        }
        let holding = results.iter().filter(|(_, result)| *result == Value::Bool(true)).count();
        Ok(match name {
            "map" => Value::List(results.into_iter().map(|(_, result)| result).collect()),
            "filter" => {
                let kept = results.into_iter().filter(|(_, result)| *result == Value::Bool(true));
                Value::List(kept.map(|(item, _)| item).collect())
            }
            "all" => Value::Bool(holding == results.len()),
            "exists_one" => Value::Bool(holding == 1),
            _ => Value::Bool(holding > 0),
        })
    }
}
