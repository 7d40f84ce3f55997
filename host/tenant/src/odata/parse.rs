//! `$filter` as text, to a tree: a lexer and a parser by recursive descent.
//!
//! Depth and length are bounded, because the text comes from outside and recursion eats the stack.

use uuid::Uuid;

use super::filter::{Comparison, Expression, Function, Literal, Quantifier};
use crate::time;

/// The deepest nesting that is read. Graph's own services refuse far less.
const DEEPEST: usize = 40;

/// How long a GUID is in the one spelling that `OData` has for it, in bytes.
const GUID: usize = 36;

/// Where the text stopped making sense, in bytes from its beginning.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SyntaxError(pub(super) usize);

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Open,
    Close,
    Comma,
    /// A name, a keyword, a number, a date, a GUID: all that is not quoted.
    Word(String),
    Text(String),
}

fn lex(text: &str) -> Result<Vec<(usize, Token)>, SyntaxError> {
    let mut tokens = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        let token = match c {
            c if c.is_whitespace() => continue,
            '(' => Token::Open,
            ')' => Token::Close,
            ',' => Token::Comma,
            '\'' => {
                let mut content = String::new();
                loop {
                    match rest.next() {
                        // Two quotes inside a text are one.
                        Some((_, '\'')) => match rest.next_if(|(_, next)| *next == '\'') {
                            Some(_) => content.push('\''),
                            None => break,
                        },
                        Some((_, other)) => content.push(other),
                        None => return Err(SyntaxError(at)),
                    }
                }
                Token::Text(content)
            }
            c if word(c) => {
                let mut content = String::from(c);
                while let Some((_, next)) = rest.next_if(|(_, next)| word(*next)) {
                    content.push(next);
                }
                Token::Word(content)
            }
            _ => return Err(SyntaxError(at)),
        };
        tokens.push((at, token));
    }
    Ok(tokens)
}

fn word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '/' | '_' | '-' | ':' | '.' | '@' | '+')
}

/// Parses the whole of `text`.
pub(super) fn parse(text: &str) -> Result<Expression, SyntaxError> {
    let mut parser = Parser { tokens: lex(text)?, next: 0, end: text.len(), variable: None };
    let expression = parser.either(0)?;
    if parser.next < parser.tokens.len() {
        return Err(parser.error());
    }
    Ok(expression)
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    next: usize,
    end: usize,
    /// What one value is called, inside `any` and `all`.
    variable: Option<String>,
}

impl Parser {
    fn error(&self) -> SyntaxError {
        SyntaxError(self.tokens.get(self.next).map_or(self.end, |(at, _)| *at))
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|(_, token)| token)
    }

    fn take(&mut self) -> Option<Token> {
        let token = self.peek().cloned();
        self.next += usize::from(token.is_some());
        token
    }

    fn expect(&mut self, token: &Token) -> Result<(), SyntaxError> {
        if self.peek() == Some(token) {
            self.next += 1;
            return Ok(());
        }
        Err(self.error())
    }

    fn keyword(&mut self, keyword: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Word(word)) if word == keyword);
        self.next += usize::from(found);
        found
    }

    fn either(&mut self, depth: usize) -> Result<Expression, SyntaxError> {
        let mut terms = vec![self.both(depth)?];
        while self.keyword("or") {
            terms.push(self.both(depth)?);
        }
        Ok(one_or(terms, Expression::Any))
    }

    fn both(&mut self, depth: usize) -> Result<Expression, SyntaxError> {
        let mut terms = vec![self.term(depth)?];
        while self.keyword("and") {
            terms.push(self.term(depth)?);
        }
        Ok(one_or(terms, Expression::All))
    }

    fn term(&mut self, depth: usize) -> Result<Expression, SyntaxError> {
        if depth >= DEEPEST {
            return Err(self.error());
        }
        if self.keyword("not") {
            return Ok(Expression::Not(Box::new(self.term(depth + 1)?)));
        }
        if self.peek() == Some(&Token::Open) {
            self.next += 1;
            let inner = self.either(depth + 1)?;
            self.expect(&Token::Close)?;
            return Ok(inner);
        }
        let before = self.error();
        let Some(Token::Word(name)) = self.take() else { return Err(before) };
        if self.peek() == Some(&Token::Open) {
            return match name.rsplit_once('/') {
                Some((path, "any" | "Any")) => self.each(Quantifier::Any, path, depth),
                Some((path, "all" | "All")) => self.each(Quantifier::All, path, depth),
                _ => self.function(&name, before),
            };
        }
        let name = self.scoped(name, before)?;
        let before = self.error();
        let Some(Token::Word(operator)) = self.take() else { return Err(before) };
        if operator == "in" {
            self.expect(&Token::Open)?;
            let mut values = vec![self.literal()?];
            while self.peek() == Some(&Token::Comma) {
                self.next += 1;
                values.push(self.literal()?);
            }
            self.expect(&Token::Close)?;
            return Ok(Expression::In(name, values));
        }
        let comparison = Comparison::named(&operator).ok_or(before)?;
        Ok(Expression::Compare(name, comparison, self.literal()?))
    }

    /// `(x:x eq 'y')` behind `any` or `all`. The lexer leaves `x:` joined to what follows, as times have colons too.
    fn each(&mut self, quantifier: Quantifier, path: &str, depth: usize) -> Result<Expression, SyntaxError> {
        let nested = self.error();
        self.expect(&Token::Open)?;
        let before = self.error();
        let Some((at, Token::Word(word))) = self.tokens.get_mut(self.next) else { return Err(before) };
        let (variable, rest) = match word.split_once(':') {
            Some((variable, rest)) if !variable.is_empty() => (variable.to_owned(), rest.to_owned()),
            _ => return Err(before),
        };
        *at += variable.len() + 1;
        if rest.is_empty() {
            self.next += 1;
        } else {
            *word = rest;
        }
        if self.variable.replace(variable).is_some() {
            return Err(nested);
        }
        let inner = self.either(depth + 1)?;
        self.variable = None;
        self.expect(&Token::Close)?;
        Ok(Expression::Each(quantifier, path.to_owned(), Box::new(inner)))
    }

    /// A name as the condition means it: inside `any` and `all` what belongs to the variable, and nothing else.
    fn scoped(&self, name: String, at: SyntaxError) -> Result<String, SyntaxError> {
        match &self.variable {
            None => Ok(name),
            Some(variable) if *variable == name => Ok(String::new()),
            Some(variable) => {
                let part = name.strip_prefix(variable.as_str()).and_then(|rest| rest.strip_prefix('/'));
                part.map(str::to_owned).ok_or(at)
            }
        }
    }

    fn function(&mut self, name: &str, before: SyntaxError) -> Result<Expression, SyntaxError> {
        let function = Function::named(name).ok_or(before)?;
        self.expect(&Token::Open)?;
        let before = self.error();
        let Some(Token::Word(property)) = self.take() else { return Err(before) };
        let property = self.scoped(property, before)?;
        self.expect(&Token::Comma)?;
        let before = self.error();
        let Some(Token::Text(text)) = self.take() else { return Err(before) };
        self.expect(&Token::Close)?;
        // `startswith(x,'y') eq true` is the older spelling of the same.
        if self.keyword("eq") && !self.keyword("true") {
            return Err(self.error());
        }
        Ok(Expression::Call(function, property, text))
    }

    fn literal(&mut self) -> Result<Literal, SyntaxError> {
        let before = self.error();
        match self.take() {
            Some(Token::Text(text)) => Ok(Literal::Text(text)),
            Some(Token::Word(word)) => match word.as_str() {
                "true" => Ok(Literal::Bool(true)),
                "false" => Ok(Literal::Bool(false)),
                "null" => Ok(Literal::Null),
                // Moments, GUIDs and numbers stand unquoted, and nothing else does.
                _ => match (time::parse(&word), word.len() == GUID && Uuid::try_parse(&word).is_ok()) {
                    (Some(moment), _) => Ok(Literal::Time(moment)),
                    (None, true) => Ok(Literal::Guid(word)),
                    (None, false) => number(&word).map(Literal::Number).ok_or(before),
                },
            },
            _ => Err(before),
        }
    }
}

/// The type of a number, as `OData` reads it.
fn number(word: &str) -> Option<&'static str> {
    if word.parse::<i32>().is_ok() {
        return Some("Edm.Int32");
    }
    word.parse().is_ok_and(f64::is_finite).then_some("Edm.Double")
}

fn one_or(mut terms: Vec<Expression>, many: fn(Vec<Expression>) -> Expression) -> Expression {
    match terms.pop() {
        Some(only) if terms.is_empty() => only,
        Some(last) => {
            terms.push(last);
            many(terms)
        }
        None => many(terms),
    }
}
