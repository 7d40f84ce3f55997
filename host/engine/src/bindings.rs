//! What wasmtime generates from `wit/`, under one roof.
//!
//! Only imports that really wait are asynchronous: an asynchronous import costs a suspended fiber, and most imports
//! are a look into memory. Everything is `trappable`, so that the host's own faults end the call instead of being
//! passed off as answers.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::pedantic,
    reason = "generated: the documentation of these types is the contract's own"
)]

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "haymaker:workload/workload",
    imports: {
        "haymaker:workload/http.send": async | trappable,
        "haymaker:workload/ledger.intend": async | trappable,
        "haymaker:workload/secrets.generate": async | trappable,
        "haymaker:workload/secrets.sign-in": async | trappable,
        "haymaker:workload/llm.complete": async | trappable,
        default: trappable,
    },
    exports: { default: async },
    additional_derives: [PartialEq, Eq],
});
