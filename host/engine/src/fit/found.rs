//! Shapes as a compiled component has them.

use wasmtime::component::Type;
use wasmtime::component::types::ComponentFunc;

use super::shape::{Shape, Signature};

impl Signature {
    /// The signature of a component's function.
    pub(super) fn found(function: &ComponentFunc) -> Self {
        Self {
            params: function.params().map(|(name, ty)| (name.to_owned(), shape(&ty))).collect(),
            result: function.results().next().map(|ty| shape(&ty)),
        }
    }
}

fn shape(ty: &Type) -> Shape {
    let boxed = |ty: &Type| Box::new(shape(ty));
    match ty {
        Type::Bool => Shape::Plain("bool"),
        Type::S8 => Shape::Plain("s8"),
        Type::U8 => Shape::Plain("u8"),
        Type::S16 => Shape::Plain("s16"),
        Type::U16 => Shape::Plain("u16"),
        Type::S32 => Shape::Plain("s32"),
        Type::U32 => Shape::Plain("u32"),
        Type::S64 => Shape::Plain("s64"),
        Type::U64 => Shape::Plain("u64"),
        Type::Float32 => Shape::Plain("f32"),
        Type::Float64 => Shape::Plain("f64"),
        Type::Char => Shape::Plain("char"),
        Type::String => Shape::Plain("string"),
        Type::List(list) => Shape::List(boxed(&list.ty())),
        Type::Option(option) => Shape::Option(boxed(&option.ty())),
        Type::Result(result) => Shape::Result(result.ok().as_ref().map(boxed), result.err().as_ref().map(boxed)),
        Type::Tuple(tuple) => Shape::Tuple(tuple.types().map(|ty| shape(&ty)).collect()),
        Type::Record(record) => {
            Shape::Record(record.fields().map(|field| (field.name.to_owned(), shape(&field.ty))).collect())
        }
        Type::Variant(variant) => {
            Shape::Variant(variant.cases().map(|case| (case.name.to_owned(), case.ty.as_ref().map(shape))).collect())
        }
        Type::Enum(names) => Shape::Enum(names.names().map(str::to_owned).collect()),
        Type::Flags(names) => Shape::Flags(names.names().map(str::to_owned).collect()),
        Type::Own(_) | Type::Borrow(_) => Shape::Other("resource"),
        Type::Future(_) => Shape::Other("future"),
        Type::Stream(_) => Shape::Other("stream"),
        Type::ErrorContext => Shape::Other("error-context"),
        Type::Map(_) => Shape::Other("map"),
        Type::FixedLengthList(_) => Shape::Other("fixed-length list"),
    }
}
