//! The generated bindings of the world in `wit/`. Use the names that the crate's root gives them.

// Generated code: lifting and lowering is `unsafe` by nature, and its items carry the contract's documentation or none.
#![allow(unsafe_code, missing_docs, unreachable_pub, clippy::all, clippy::unwrap_used, clippy::indexing_slicing)]

wit_bindgen::generate!({
    path: "../../wit",
    world: "workload",
    pub_export_macro: true,
    export_macro_name: "export_component",
    default_bindings_module: "haymaker_guest::bindings",
    additional_derives: [PartialEq],
    generate_unused_types: true,
});
