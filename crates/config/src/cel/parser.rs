//! Tokens to a tree, by recursive descent with a bounded depth.

use super::CelError;
use super::ast::{Expr, ExprKind};
use super::lexer::{Token, tokens};

/// Expressions inside each other: far more than anyone writes.
const DEEPEST: usize = 48;
/// Operators in a row: a chain of them nests to the left.
const MOST_OPERATORS: usize = 256;
/// Bytes of an expression.
const LONGEST: usize = 16 << 10;

/// Parses an expression.
///
/// # Errors
/// With the place of the first thing that does not fit.
pub fn parse(text: &str) -> Result<Expr, CelError> {
    if text.len() > LONGEST {
        return Err(CelError::new(0, format!("the expression is longer than {LONGEST} bytes")));
    }
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0, operators: 0 };
    let expr = parser.conditional()?;
    match parser.peek() {
        Token::End => Ok(expr),
        _ => Err(parser.unexpected()),
    }
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    at: usize,
    depth: usize,
    operators: usize,
}

fn call(offset: usize, name: &str, args: Vec<Expr>) -> Expr {
    Expr { offset, kind: ExprKind::Call(None, name.to_owned(), args) }
}

impl Parser {
    fn peek(&self) -> &Token {
        self.tokens.get(self.at).map_or(&Token::End, |(_, token)| token)
    }

    fn offset(&self) -> usize {
        self.tokens.get(self.at).or(self.tokens.last()).map_or(0, |(offset, _)| *offset)
    }

    fn take(&mut self, op: &str) -> bool {
        let found = matches!(self.peek(), Token::Op(known) if *known == op);
        if found {
            self.at += 1;
        }
        found
    }

    fn expect(&mut self, op: &str) -> Result<(), CelError> {
        if self.take(op) { Ok(()) } else { Err(CelError::new(self.offset(), format!("expected {op:?}"))) }
    }

    fn unexpected(&self) -> CelError {
        let found = match self.peek() {
            Token::Op(op) => format!("unexpected {op:?}"),
            Token::Ident(name) => format!("unexpected {name:?}"),
            Token::Literal(_) => "unexpected constant".to_owned(),
            Token::End => "the expression ends too early".to_owned(),
        };
        CelError::new(self.offset(), found)
    }

    fn conditional(&mut self) -> Result<Expr, CelError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(CelError::new(self.offset(), "the expression is nested too deeply"));
        }
        let condition = self.binary(0)?;
        let expr = if self.take("?") {
            let offset = condition.offset;
            let yes = self.binary(0)?;
            self.expect(":")?;
            let no = self.conditional()?;
            call(offset, "_?_:_", vec![condition, yes, no])
        } else {
            condition
        };
        self.depth -= 1;
        Ok(expr)
    }

    /// Operators of one precedence and everything that binds more tightly.
    fn binary(&mut self, level: usize) -> Result<Expr, CelError> {
        const LEVELS: [&[&str]; 5] =
            [&["||"], &["&&"], &["<", "<=", ">", ">=", "==", "!=", "in"], &["+", "-"], &["*", "/", "%"]];
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let mut left = self.binary(level + 1)?;
        while let Some(op) =
            operators.iter().find(|op| matches!(self.peek(), Token::Op(known) if known == *op))
        {
            let offset = self.offset();
            self.operators += 1;
            if self.operators > MOST_OPERATORS {
                return Err(CelError::new(offset, "the expression has too many operators"));
            }
            self.at += 1;
            let right = self.binary(level + 1)?;
            left = call(offset, &format!("_{op}_"), vec![left, right]);
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expr, CelError> {
        let mut prefixes = Vec::new();
        loop {
            let offset = self.offset();
            if self.take("!") {
                prefixes.push((offset, "!_"));
            } else if self.take("-") {
                prefixes.push((offset, "-_"));
            } else {
                break;
            }
            if prefixes.len() > DEEPEST {
                return Err(CelError::new(offset, "the expression is nested too deeply"));
            }
        }
        let mut expr = self.member()?;
        while let Some((offset, name)) = prefixes.pop() {
            expr = call(offset, name, vec![expr]);
        }
        Ok(expr)
    }

    fn member(&mut self) -> Result<Expr, CelError> {
        let mut expr = self.primary()?;
        let mut links = 0;
        loop {
            let offset = self.offset();
            links += 1;
            if links > DEEPEST {
                return Err(CelError::new(offset, "the expression is nested too deeply"));
            }
            if self.take(".") {
                let Token::Ident(name) = self.peek().clone() else { return Err(self.unexpected()) };
                self.at += 1;
                let kind = if self.take("(") {
                    ExprKind::Call(Some(Box::new(expr)), name, self.list(")")?)
                } else {
                    ExprKind::Select(Box::new(expr), name)
                };
                expr = Expr { offset, kind };
            } else if self.take("[") {
                let index = self.conditional()?;
                self.expect("]")?;
                expr = Expr { offset, kind: ExprKind::Index(Box::new(expr), Box::new(index)) };
            } else {
                return Ok(expr);
            }
        }
    }

    fn primary(&mut self) -> Result<Expr, CelError> {
        let offset = self.offset();
        let token = self.peek().clone();
        self.at += 1;
        let kind = match token {
            Token::Literal(literal) => ExprKind::Literal(literal),
            Token::Ident(name) if self.take("(") => ExprKind::Call(None, name, self.list(")")?),
            Token::Ident(name) => ExprKind::Ident(name),
            Token::Op("(") => {
                let inner = self.conditional()?;
                self.expect(")")?;
                return Ok(inner);
            }
            Token::Op("[") => ExprKind::List(self.list("]")?),
            Token::Op("{") => ExprKind::Map(self.entries()?),
            _ => {
                self.at -= 1;
                return Err(self.unexpected());
            }
        };
        Ok(Expr { offset, kind })
    }

    /// Expressions up to a closing bracket; one comma may stand before it.
    fn list(&mut self, close: &str) -> Result<Vec<Expr>, CelError> {
        let mut items = Vec::new();
        while !self.take(close) {
            items.push(self.conditional()?);
            if !self.take(",") {
                self.expect(close)?;
                break;
            }
        }
        Ok(items)
    }

    fn entries(&mut self) -> Result<Vec<(Expr, Expr)>, CelError> {
        let mut entries = Vec::new();
        while !self.take("}") {
            let key = self.conditional()?;
            self.expect(":")?;
            entries.push((key, self.conditional()?));
            if !self.take(",") {
                self.expect("}")?;
                break;
            }
        }
        Ok(entries)
    }
}
