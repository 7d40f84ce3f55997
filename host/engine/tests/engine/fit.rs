//! What does not fit is refused, in words, with everything that is wrong.

use crate::common::{engine, guest};
use haymaker_engine::LoadError;
use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{LiftLowerAbi, ManglingAndAbi, Resolve};

async fn refused(text: &str) -> LoadError {
    let bytes = wat::parse_str(text).expect("the text is WebAssembly");
    engine().load(&bytes).await.expect_err("it does not fit")
}

#[tokio::test]
async fn what_fits_says_what_it_is() {
    let component = engine().load(guest()).await.unwrap();
    assert_eq!(component.digest().len(), 64);
    assert_eq!(component.size(), guest().len() as u64);
    assert!(component.imports().iter().any(|name| name.starts_with("haymaker:workload/http@")));
    assert_eq!(component.exports().len(), 1);
    assert!(component.exports()[0].starts_with("haymaker:workload/lifecycle@"));
}

#[tokio::test]
async fn garbage_is_not_a_component() {
    for bytes in [b"".as_slice(), b"#!/bin/sh", b"\0asm", &guest()[..guest().len() / 2]] {
        let error = engine().load(bytes).await.expect_err("it is no component");
        assert!(matches!(error, LoadError::NotAComponent(_)), "{error}");
    }
}

#[tokio::test]
async fn a_core_module_is_told_how_to_become_a_component() {
    let error = refused("(module)").await;
    assert!(matches!(error, LoadError::NotAComponent(_)));
    assert!(error.to_string().contains("it is a core module: build it for wasm32-wasip2"), "{error}");
}

#[tokio::test]
async fn a_component_of_another_world_is_told_what_makes_a_workload() {
    let error = refused(
        r#"(component
            (core module $m (func (export "f")))
            (core instance $i (instantiate $m))
            (func (export "run") (canon lift (core func $i "f"))))"#,
    )
    .await;
    let text = error.to_string();
    assert!(text.contains("haymaker:workload/lifecycle@") && text.contains("it exports run"), "{text}");
}

#[tokio::test]
async fn everything_that_is_missing_or_misshapen_is_named_at_once() {
    let error = refused(
        r#"(component
            (import "haymaker:workload/journal@0.1.0-rc.2" (instance
                (export "get" (func (param "id" u32) (result (option u32))))
                (export "forget" (func))))
            (import "haymaker:workload/http@0.0.9" (instance))
            (import "wasi:clocks/wall-clock@0.3.0" (instance))
            (import "example:teleport/beam@1.0.0" (instance))
            (import "loose" (func))
            (core module $m
                (memory (export "memory") 1)
                (func (export "f") (param i32) (result i32) local.get 0)
                (func (export "g") (param i32 i32) (result i32) unreachable)
                (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable))
            (core instance $i (instantiate $m))
            (func $describe (param "verbose" u32) (result u32) (canon lift (core func $i "f")))
            (func $validate (param "config" string) (result (list string)) (canon lift (core func $i "g")
                (memory $i "memory") (realloc (func $i "realloc"))))
            (instance $l (export "describe" (func $describe)) (export "validate-config" (func $validate)))
            (export "haymaker:workload/lifecycle@0.1.0-rc.2" (instance $l)))"#,
    )
    .await;
    let LoadError::Unfit(misfits) = &error else { panic!("{error}") };
    let version = "0.1.0-rc.2";
    let lifecycle = format!("haymaker:workload/lifecycle@{version}");
    let why = |interface: &str, item: &str| {
        let found = misfits.iter().find(|m| m.interface == interface && m.item == item);
        found.unwrap_or_else(|| panic!("{interface}#{item} is not in {error}")).why.clone()
    };
    let journal = format!("haymaker:workload/journal@{version}");
    assert_eq!(why(&journal, "get"), "in parameter id, this host has string, the component u32");
    assert_eq!(why(&journal, "forget"), "it imports this function; this host does not lend it");
    let older = "it imports version 0.0.9; this host lends 0.1.0-rc.2: rebuild it against that";
    assert_eq!(why("haymaker:workload/http@0.0.9", ""), older);
    assert_eq!(why("wasi:clocks/wall-clock@0.3.0", ""), "it imports version 0.3.0; this host lends 0.2.x");
    assert_eq!(why("example:teleport/beam@1.0.0", ""), "it imports this interface; this host does not lend it");
    assert_eq!(why("loose", ""), "it imports something that is no interface; this host lends interfaces only");
    let describe = "this host has func() -> record, the component func(verbose: u32) -> u32";
    assert_eq!(why(&lifecycle, "describe"), describe);
    let items = "in the result, items, this host has record { kind: enum, code: string, message: string, \
                 retry-at: option<u64> }, the component string";
    assert_eq!(why(&lifecycle, "validate-config"), items);
    for missing in ["deploy", "cycle", "stop", "cleanup", "perform", "settle", "get-status", "migrate"] {
        assert!(why(&lifecycle, missing).starts_with("it does not export this function, which is func(d: record"));
    }
    assert_eq!(misfits.len(), 16);
    assert_eq!(error.to_string().lines().count(), 17, "a line for each:\n{error}");
}

/// A component that has every import and export of the contract, and this as the body of its start.
fn starting_with(body: &str) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let wit = concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit");
    let (package, _) = resolve.push_dir(wit).expect("the contract can be read");
    let world = resolve.select_world(&[package], Some("workload")).expect("it has this world");
    let module = dummy_module(&resolve, world, ManglingAndAbi::Legacy(LiftLowerAbi::Sync));
    let text = wasmprinter::print_bytes(&module).expect("it is WebAssembly");
    let text = text.trim_end().strip_suffix(')').expect("a module ends with a parenthesis");
    let text = format!("{text} (func $begin {body}) (start $begin))");
    let mut module = wat::parse_str(text).expect("the text is WebAssembly");
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).expect("it is of this world");
    let encoder = ComponentEncoder::default().module(&module).expect("it is of this world");
    encoder.validate(true).encode().expect("it becomes a component")
}

#[tokio::test]
async fn one_that_fits_and_begins_well_is_loaded() {
    assert!(engine().load(&starting_with("nop")).await.is_ok());
}

#[tokio::test]
async fn one_that_fits_and_cannot_begin_is_refused() {
    let error = engine().load(&starting_with("unreachable")).await.expect_err("it traps");
    assert!(matches!(&error, LoadError::Trial(why) if why.contains("unreachable")), "{error}");
}

#[tokio::test]
async fn one_that_never_ends_its_beginning_is_refused() {
    let error = engine().load(&starting_with("(loop (br 0))")).await.expect_err("it never begins");
    assert!(matches!(&error, LoadError::Trial(why) if why.contains("computed for more than 1s")), "{error}");
}
