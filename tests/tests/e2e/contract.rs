//! Every request of a demo, and every answer to it, is as Microsoft describes Graph.
//!
//! The description is not ours to copy: where it does not lie beside the project, these tests say so and pass.

use std::collections::{BTreeSet, HashMap};
use std::sync::OnceLock;

use haymaker_tenant::contract::Contract;
use haymaker_tests::command::not_run;
use haymaker_tests::demo::Demo;
use haymaker_tests::root;
use haymaker_tests::truth::text;
use serde_json::{Value, json};

fn contract() -> Option<Contract> {
    let path = root().join("../shared/graph-v1.0-subset.json");
    if !path.exists() {
        not_run("requests and answers against the description of Graph", &format!("{} is not there", path.display()));
        return None;
    }
    Some(Contract::load(path).unwrap())
}

/// What a demo of an office exchanged with Graph; signing in is no part of the description.
fn exchanges() -> Vec<&'static Value> {
    static DEMO: OnceLock<Demo> = OnceLock::new();
    let record = &DEMO.get_or_init(|| Demo::run(&["--seed", "3", "-c", "pattern=office"])).record;
    record.iter().filter(|exchange| !text(exchange, "path").ends_with("/token")).collect()
}

fn body<'a>(exchange: &'a Value, key: &str) -> Option<&'a Value> {
    exchange.get(key).filter(|body| !body.is_null())
}

/// What is wrong with an exchange.
fn problems(contract: &Contract, exchange: &Value) -> Vec<String> {
    let (method, path) = (text(exchange, "method"), text(exchange, "path"));
    let headers: HashMap<String, String> = serde_json::from_value(exchange["response_headers"].clone()).unwrap();
    let status = u16::try_from(exchange["status"].as_u64().unwrap()).unwrap();
    let asked = contract.check_request(method, path, text(exchange, "query"), body(exchange, "request_body"));
    let answered = contract.check_response(method, path, status, &headers, body(exchange, "response_body"));
    let told = |side: &'static str| move |problem| format!("{method} {path}, {side}: {problem}");
    asked.into_iter().map(told("request")).chain(answered.into_iter().map(told("answer"))).collect()
}

#[test]
fn everything_that_a_demo_exchanges_is_as_described() {
    let Some(contract) = contract() else { return };
    let problems: BTreeSet<String> = exchanges().iter().flat_map(|exchange| problems(&contract, exchange)).collect();
    assert_eq!(problems, BTreeSet::new());

    let called: BTreeSet<(&str, &str)> = exchanges()
        .iter()
        .map(|exchange| (text(exchange, "method"), contract.template(text(exchange, "path")).unwrap()))
        .collect();
    println!("{} exchanges, {} operations: {called:#?}", exchanges().len(), called.len());
    assert!(called.contains(&("POST", "/users")) && called.len() >= 23, "{called:#?}");
}

#[test]
fn what_is_not_as_described_is_found_in_any_exchange() {
    let Some(contract) = contract() else { return };
    for exchange in exchanges() {
        let mut unnamed = exchange.clone();
        unnamed["response_headers"].as_object_mut().unwrap().remove("request-id");
        let mut elsewhere = exchange.clone();
        elsewhere["path"] = json!(text(exchange, "path").replace("/v1.0/", "/v1.0/my"));
        let mut misspelt = exchange.clone();
        match misspelt.get_mut("request_body") {
            Some(Value::Object(fields)) => drop(fields.insert("subjct".to_owned(), json!(""))),
            _ => misspelt["request_body"] = json!({"subjct": ""}),
        }
        // The content of a file may be anything.
        let is_file = text(exchange, "path").ends_with("/content");
        for spoilt in [unnamed, elsewhere].into_iter().chain((!is_file).then_some(misspelt)) {
            assert_ne!(problems(&contract, &spoilt), Vec::<String>::new(), "{spoilt}");
        }
    }
}
