//! Types of the component model, reduced to what decides whether two of them are the same.
//!
//! The contract's text and a compiled component describe types differently; both are brought into this form, compared
//! here, and printed here. wasmtime compares records, variants and enums exactly, names and order included, and so does
//! this.

use std::fmt;

/// A type, without its name: types are structural.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// `bool`, `u64`, `string`, ...
    Plain(&'static str),
    List(Box<Shape>),
    Option(Box<Shape>),
    Result(Option<Box<Shape>>, Option<Box<Shape>>),
    Tuple(Vec<Shape>),
    Record(Vec<(String, Shape)>),
    Variant(Vec<(String, Option<Shape>)>),
    Enum(Vec<String>),
    Flags(Vec<String>),
    /// Something that the contract does not use: a resource, a stream.
    Other(&'static str),
}

/// What a function takes and gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Signature {
    pub(super) params: Vec<(String, Shape)>,
    pub(super) result: Option<Shape>,
}

impl Signature {
    /// How the component's signature differs from this one, the host's, in words; none if it does not.
    pub(super) fn differs_from(&self, theirs: &Signature) -> Option<String> {
        let names = |signature: &Signature| {
            signature.params.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ")
        };
        if names(self) != names(theirs) || self.result.is_some() != theirs.result.is_some() {
            return Some(format!("this host has {self}, the component {theirs}"));
        }
        let mut params = self.params.iter().zip(&theirs.params);
        let param =
            params.find_map(|((name, ours), (_, theirs))| ours.first_difference(theirs, &format!("parameter {name}")));
        let difference = param.or_else(|| match (&self.result, &theirs.result) {
            (Some(ours), Some(theirs)) => ours.first_difference(theirs, "the result"),
            _ => None,
        })?;
        let Difference { place, ours, theirs } = difference;
        Some(format!("in {place}, this host has {ours}, the component {theirs}"))
    }
}

/// Two shapes that should be one, and where.
struct Difference {
    place: String,
    ours: String,
    theirs: String,
}

impl Shape {
    /// The innermost place where two shapes part.
    fn first_difference(&self, theirs: &Shape, place: &str) -> Option<Difference> {
        if self == theirs {
            return None;
        }
        let inner = match (self, theirs) {
            (Shape::List(a), Shape::List(b)) => a.first_difference(b, &format!("{place}, items")),
            (Shape::Option(a), Shape::Option(b)) => a.first_difference(b, place),
            (Shape::Result(ok_a, err_a), Shape::Result(ok_b, err_b)) => {
                inside(ok_a, ok_b, &format!("{place}, ok")).or_else(|| inside(err_a, err_b, &format!("{place}, error")))
            }
            (Shape::Tuple(a), Shape::Tuple(b)) if a.len() == b.len() => {
                a.iter().zip(b).find_map(|(a, b)| a.first_difference(b, place))
            }
            (Shape::Record(a), Shape::Record(b)) if same_names(a, b) => {
                a.iter().zip(b).find_map(|((name, a), (_, b))| a.first_difference(b, &format!("{place}, field {name}")))
            }
            (Shape::Variant(a), Shape::Variant(b)) if same_names(a, b) => {
                a.iter().zip(b).find_map(|((name, a), (_, b))| match (a, b) {
                    (Some(a), Some(b)) => a.first_difference(b, &format!("{place}, case {name}")),
                    _ => None,
                })
            }
            _ => None,
        };
        let here = || Difference { place: place.to_owned(), ours: self.to_string(), theirs: theirs.to_string() };
        Some(inner.unwrap_or_else(here))
    }

    /// The shape's kind, for shapes inside shapes: a whole plan does not fit on a line.
    fn brief(&self) -> String {
        match self {
            Shape::Record(_) => "record".to_owned(),
            Shape::Variant(_) => "variant".to_owned(),
            Shape::Enum(_) => "enum".to_owned(),
            Shape::Flags(_) => "flags".to_owned(),
            other => other.to_string(),
        }
    }
}

fn inside(ours: &Option<Box<Shape>>, theirs: &Option<Box<Shape>>, place: &str) -> Option<Difference> {
    match (ours, theirs) {
        (Some(ours), Some(theirs)) => ours.first_difference(theirs, place),
        _ => None,
    }
}

fn same_names<T>(a: &[(String, T)], b: &[(String, T)]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|((a, _), (b, _))| a == b)
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |shape: &Option<Box<Shape>>| shape.as_ref().map_or_else(|| "_".to_owned(), |shape| shape.brief());
        match self {
            Shape::Plain(name) | Shape::Other(name) => f.write_str(name),
            Shape::List(item) => write!(f, "list<{}>", item.brief()),
            Shape::Option(item) => write!(f, "option<{}>", item.brief()),
            Shape::Result(None, None) => f.write_str("result"),
            Shape::Result(ok, None) => write!(f, "result<{}>", part(ok)),
            Shape::Result(ok, err) => write!(f, "result<{}, {}>", part(ok), part(err)),
            Shape::Tuple(items) => write!(f, "tuple<{}>", join(items.iter().map(Shape::brief))),
            Shape::Record(fields) => {
                write!(f, "record {{ {} }}", join(fields.iter().map(|(name, ty)| format!("{name}: {}", ty.brief()))))
            }
            Shape::Variant(cases) => {
                let case = |(name, ty): &(String, Option<Shape>)| match ty {
                    Some(ty) => format!("{name}({})", ty.brief()),
                    None => name.clone(),
                };
                write!(f, "variant {{ {} }}", join(cases.iter().map(case)))
            }
            Shape::Enum(names) => write!(f, "enum {{ {} }}", names.join(", ")),
            Shape::Flags(names) => write!(f, "flags {{ {} }}", names.join(", ")),
        }
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "func({})", join(self.params.iter().map(|(name, ty)| format!("{name}: {}", ty.brief()))))?;
        match &self.result {
            Some(result) => write!(f, " -> {}", result.brief()),
            None => Ok(()),
        }
    }
}

fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const U32: Shape = Shape::Plain("u32");
    const U64: Shape = Shape::Plain("u64");

    fn record(due: Shape) -> Shape {
        Shape::Record(vec![("id".to_owned(), Shape::Plain("string")), ("due".to_owned(), due)])
    }

    fn takes(name: &str, shape: Shape) -> Signature {
        Signature { params: vec![(name.to_owned(), shape)], result: Some(Shape::Plain("bool")) }
    }

    #[test]
    fn equal_signatures_do_not_differ() {
        assert_eq!(takes("t", record(U64)).differs_from(&takes("t", record(U64))), None);
    }

    #[test]
    fn a_difference_is_named_where_it_is() {
        let ours = takes("t", Shape::List(Box::new(record(U64))));
        let theirs = takes("t", Shape::List(Box::new(record(U32))));
        let why = "in parameter t, items, field due, this host has u64, the component u32";
        assert_eq!(ours.differs_from(&theirs).as_deref(), Some(why));
    }

    #[test]
    fn another_set_of_names_shows_both_shapes() {
        let ours = takes("t", record(U64));
        let theirs = takes("t", Shape::Record(vec![("id".to_owned(), Shape::Plain("string"))]));
        let why = "in parameter t, this host has record { id: string, due: u64 }, the component record { id: string }";
        assert_eq!(ours.differs_from(&theirs).as_deref(), Some(why));
    }

    #[test]
    fn other_parameters_show_both_signatures() {
        let why = takes("t", U64).differs_from(&takes("u", U64));
        assert_eq!(why.as_deref(), Some("this host has func(t: u64) -> bool, the component func(u: u64) -> bool"));
        let nothing = Signature { result: None, ..takes("t", U64) };
        let why = takes("t", U64).differs_from(&nothing);
        assert_eq!(why.as_deref(), Some("this host has func(t: u64) -> bool, the component func(t: u64)"));
    }

    #[test]
    fn a_case_that_lost_its_payload_is_a_difference() {
        let ours = Shape::Variant(vec![("at".to_owned(), Some(U64)), ("idle".to_owned(), None)]);
        let theirs = Shape::Variant(vec![("at".to_owned(), None), ("idle".to_owned(), None)]);
        let why = takes("w", ours).differs_from(&takes("w", theirs));
        let expected = "in parameter w, this host has variant { at(u64), idle }, the component variant { at, idle }";
        assert_eq!(why.as_deref(), Some(expected));
    }
}
