//! Whether a component fits this host, and if not, everything that stands in the way.
//!
//! Wasmtime's linker stops at the first thing that is missing and says nothing about the types of exports. Somebody who
//! built a component against another version of the contract wants to hear all of it at once, with both shapes, so the
//! component's types are walked here, against the very text of the contract that this host was built with.

mod contract;
mod found;
mod shape;

use std::collections::BTreeMap;

use wasmtime::component::types::ComponentItem;

use crate::component::Misfit;
use crate::wasi;

pub(crate) use contract::Contract;
use shape::Signature;

/// The versions of WASI whose interfaces are linked: all of them, since each 0.2 runs what an earlier one could.
const WASI: &str = "0.2.";

impl Contract {
    /// Every reason why a component does not fit; none if it does.
    pub(crate) fn misfits(&self, engine: &wasmtime::Engine, component: &wasmtime::component::Component) -> Vec<Misfit> {
        let ty = component.component_type();
        let mut misfits = Vec::new();
        for (name, item) in ty.imports(engine) {
            self.check_import(engine, name, &item.ty, &mut misfits);
        }
        let exports: BTreeMap<&str, ComponentItem> = ty.exports(engine).map(|(name, item)| (name, item.ty)).collect();
        self.check_exports(engine, &exports, &mut misfits);
        misfits
    }

    fn check_import(&self, engine: &wasmtime::Engine, name: &str, item: &ComponentItem, misfits: &mut Vec<Misfit>) {
        let whole = |why: String| Misfit { interface: name.to_owned(), item: String::new(), why };
        let (interface, version) = name.split_once('@').unwrap_or((name, ""));
        if wasi::INTERFACES.contains(&interface) {
            if !version.starts_with(WASI) {
                misfits.push(whole(format!("it imports version {version}; this host lends {WASI}x")));
            }
            return;
        }
        let ComponentItem::ComponentInstance(instance) = item else {
            misfits
                .push(whole("it imports something that is no interface; this host lends interfaces only".to_owned()));
            return;
        };
        let Some(lent) = self.import(name) else {
            misfits.push(whole(match self.version_of(interface) {
                Some(ours) => format!("it imports version {version}; this host lends {ours}: rebuild it against that"),
                None => "it imports this interface; this host does not lend it".to_owned(),
            }));
            return;
        };
        for (function, item) in instance.exports(engine) {
            let ComponentItem::ComponentFunc(wanted) = item.ty else { continue };
            let why = match lent.get(function) {
                None => Some("it imports this function; this host does not lend it".to_owned()),
                Some(ours) => ours.differs_from(&Signature::found(&wanted)),
            };
            misfits.extend(why.map(|why| Misfit { interface: name.to_owned(), item: function.to_owned(), why }));
        }
    }

    fn check_exports(
        &self,
        engine: &wasmtime::Engine,
        exports: &BTreeMap<&str, ComponentItem>,
        misfits: &mut Vec<Misfit>,
    ) {
        let (name, functions) = self.export();
        let Some(ComponentItem::ComponentInstance(instance)) = exports.get(name) else {
            let all = exports.keys().copied().collect::<Vec<_>>().join(", ");
            let all = if all.is_empty() { "nothing".to_owned() } else { all };
            misfits.push(Misfit {
                interface: name.to_owned(),
                item: String::new(),
                why: format!("it does not export this interface, which is what makes a workload; it exports {all}"),
            });
            return;
        };
        for (function, ours) in functions {
            let why = match instance.get_export(engine, function).map(|item| item.ty) {
                Some(ComponentItem::ComponentFunc(theirs)) => ours.differs_from(&Signature::found(&theirs)),
                _ => Some(format!("it does not export this function, which is {ours}")),
            };
            misfits.extend(why.map(|why| Misfit { interface: name.to_owned(), item: function.clone(), why }));
        }
    }
}
