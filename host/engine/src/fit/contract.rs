//! Shapes as the contract has them: read from its own text, so that what is checked is what was promised.

use std::collections::BTreeMap;

use wit_parser::{Handle, Interface, Resolve, SourceMap, Type, TypeDefKind, WorldItem};

use super::shape::{Shape, Signature};

/// The contract's files, as this host was built with them.
const FILES: &[(&str, &str)] = &[
    ("context.wit", include_str!("../../../../wit/context.wit")),
    ("events.wit", include_str!("../../../../wit/events.wit")),
    ("http.wit", include_str!("../../../../wit/http.wit")),
    ("journal.wit", include_str!("../../../../wit/journal.wit")),
    ("ledger.wit", include_str!("../../../../wit/ledger.wit")),
    ("lifecycle.wit", include_str!("../../../../wit/lifecycle.wit")),
    ("llm.wit", include_str!("../../../../wit/llm.wit")),
    ("secrets.wit", include_str!("../../../../wit/secrets.wit")),
    ("state.wit", include_str!("../../../../wit/state.wit")),
    ("types.wit", include_str!("../../../../wit/types.wit")),
    ("workspace.wit", include_str!("../../../../wit/workspace.wit")),
    ("world.wit", include_str!("../../../../wit/world.wit")),
];

/// The functions of an interface.
type Functions = BTreeMap<String, Signature>;

/// What the host lends to a component and wants from it.
pub(crate) struct Contract {
    /// By full name, with the version.
    imports: BTreeMap<String, Functions>,
    export: (String, Functions),
}

impl Contract {
    /// Reads the contract.
    pub(crate) fn new() -> Result<Self, String> {
        let mut files = SourceMap::new();
        for (name, text) in FILES {
            files.push_str(name, *text);
        }
        let package = files.parse().map_err(|(_, error)| format!("the contract cannot be read: {error}"))?;
        let mut resolve = Resolve::default();
        let package = resolve.push_group(package).map_err(|error| format!("the contract cannot be read: {error}"))?;
        let world = resolve.select_world(&[package], Some("workload")).map_err(|error| error.to_string())?;
        let world = resolve.worlds.get(world).ok_or("the contract has no world")?;
        let interfaces = |items: &wit_parser::IndexMap<wit_parser::WorldKey, WorldItem>| {
            let mut all = BTreeMap::new();
            for (key, item) in items {
                if let WorldItem::Interface { id, .. } = item
                    && let Some(interface) = resolve.interfaces.get(*id)
                {
                    all.insert(resolve.name_world_key(key), functions(&resolve, interface));
                }
            }
            all
        };
        let export = interfaces(&world.exports).pop_first().ok_or("the contract exports nothing")?;
        Ok(Self { imports: interfaces(&world.imports), export })
    }

    /// The functions of an interface that the host lends, by its full name. A pre-release fits only itself.
    pub(super) fn import(&self, name: &str) -> Option<&Functions> {
        self.imports.get(name)
    }

    /// The version in which the host lends an interface.
    pub(super) fn version_of(&self, interface: &str) -> Option<&str> {
        self.imports.keys().find_map(|name| name.strip_prefix(interface)?.strip_prefix('@'))
    }

    /// What a workload exports: the interface's full name, and its functions.
    pub(super) fn export(&self) -> (&str, &Functions) {
        (&self.export.0, &self.export.1)
    }
}

fn functions(resolve: &Resolve, interface: &Interface) -> Functions {
    let functions = interface.functions.iter().map(|(name, function)| {
        let params = function.params.iter().map(|param| (param.name.clone(), shape(resolve, &param.ty))).collect();
        (name.clone(), Signature { params, result: function.result.as_ref().map(|ty| shape(resolve, ty)) })
    });
    functions.collect()
}

fn shape(resolve: &Resolve, ty: &Type) -> Shape {
    let kind = match ty {
        Type::Bool => return Shape::Plain("bool"),
        Type::U8 => return Shape::Plain("u8"),
        Type::U16 => return Shape::Plain("u16"),
        Type::U32 => return Shape::Plain("u32"),
        Type::U64 => return Shape::Plain("u64"),
        Type::S8 => return Shape::Plain("s8"),
        Type::S16 => return Shape::Plain("s16"),
        Type::S32 => return Shape::Plain("s32"),
        Type::S64 => return Shape::Plain("s64"),
        Type::F32 => return Shape::Plain("f32"),
        Type::F64 => return Shape::Plain("f64"),
        Type::Char => return Shape::Plain("char"),
        Type::String => return Shape::Plain("string"),
        Type::ErrorContext => return Shape::Other("error-context"),
        Type::Id(id) => resolve.types.get(*id).map(|ty| &ty.kind),
    };
    let one = |ty: &Type| shape(resolve, ty);
    let boxed = |ty: &Type| Box::new(one(ty));
    match kind {
        Some(TypeDefKind::Type(ty)) => one(ty),
        Some(TypeDefKind::List(ty)) => Shape::List(boxed(ty)),
        Some(TypeDefKind::Option(ty)) => Shape::Option(boxed(ty)),
        Some(TypeDefKind::Result(result)) => {
            Shape::Result(result.ok.as_ref().map(boxed), result.err.as_ref().map(boxed))
        }
        Some(TypeDefKind::Tuple(tuple)) => Shape::Tuple(tuple.types.iter().map(one).collect()),
        Some(TypeDefKind::Record(record)) => {
            Shape::Record(record.fields.iter().map(|field| (field.name.clone(), one(&field.ty))).collect())
        }
        Some(TypeDefKind::Variant(variant)) => {
            Shape::Variant(variant.cases.iter().map(|case| (case.name.clone(), case.ty.as_ref().map(one))).collect())
        }
        Some(TypeDefKind::Enum(names)) => Shape::Enum(names.cases.iter().map(|case| case.name.clone()).collect()),
        Some(TypeDefKind::Flags(names)) => Shape::Flags(names.flags.iter().map(|flag| flag.name.clone()).collect()),
        Some(TypeDefKind::Resource | TypeDefKind::Handle(Handle::Own(_) | Handle::Borrow(_))) => {
            Shape::Other("resource")
        }
        Some(TypeDefKind::Future(_)) => Shape::Other("future"),
        Some(TypeDefKind::Stream(_)) => Shape::Other("stream"),
        Some(TypeDefKind::Map(..)) => Shape::Other("map"),
        Some(TypeDefKind::FixedLengthList(..)) => Shape::Other("fixed-length list"),
        Some(TypeDefKind::Unknown) | None => Shape::Other("unknown"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contract_lends_and_wants_what_its_text_says() {
        let contract = Contract::new().unwrap();
        let (name, functions) = contract.export();
        let version = name.strip_prefix("haymaker:workload/lifecycle@").expect("the lifecycle is what is exported");
        assert_eq!(functions.len(), 10);
        assert_eq!(functions["describe"].to_string(), "func() -> record");
        assert_eq!(
            functions["settle"].to_string(),
            "func(d: record, t: record, lost: record) -> result<variant, record>"
        );
        assert_eq!(contract.version_of("haymaker:workload/http"), Some(version));
        let http = contract.import(&format!("haymaker:workload/http@{version}")).unwrap();
        assert_eq!(http["send"].to_string(), "func(r: record) -> result<record, record>");
        assert!(contract.import("haymaker:workload/http@0.0.9").is_none());
    }
}
