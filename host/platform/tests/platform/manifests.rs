//! Manifests and what is said about them: each folder of `manifests/` holds a `workload.yaml` and an `expected.txt`,
//! which is either `accepted` or every problem, one per line. A new case is a new folder; with `BLESS=1` in the
//! environment the expectations are written instead of compared, to be read before they are committed.

use std::fs;
use std::path::Path;

use haymaker_platform::manifest::Manifest;

fn verdict(text: &str) -> String {
    match Manifest::parse(text, "workload.yaml") {
        Ok(_) => "accepted\n".to_owned(),
        Err(problems) => format!("{problems}\n"),
    }
}

#[test]
fn every_manifest_is_judged_as_its_folder_expects() {
    let mut wrong = Vec::new();
    let mut cases = 0;
    for case in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/manifests")).unwrap() {
        let case = case.unwrap().path();
        let said = verdict(&fs::read_to_string(case.join("workload.yaml")).unwrap());
        cases += 1;
        if std::env::var_os("BLESS").is_some() {
            fs::write(case.join("expected.txt"), &said).unwrap();
        }
        let expected = fs::read_to_string(case.join("expected.txt")).unwrap_or_default();
        if said != expected {
            wrong.push(format!("{}\n--- expected\n{expected}--- said\n{said}", case.display()));
        }
    }
    assert!(wrong.is_empty(), "{} of {cases} cases:\n{}", wrong.len(), wrong.join("\n"));
    assert!(cases >= 17, "the folder of cases is not where it was");
}

#[test]
fn what_a_manifest_says_is_what_is_read() {
    let text =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/manifests/design-example/workload.yaml"));
    let manifest = Manifest::parse(&text.unwrap(), "workload.yaml").unwrap();
    let said = serde_json::to_value(&manifest).unwrap();
    let expected = serde_json::json!({
        "name": "m365-knowledge-worker",
        "version": "1.0.0",
        "type": "knowledge-worker",
        "description": "Plays the employees of a company on Microsoft 365.",
        "component": "m365-knowledge-worker.wasm",
        "targets": [{
            "name": "microsoft-365",
            "description": "A tenant with mailboxes.",
            "permissions": ["User.ReadWrite.All", "Organization.Read.All"],
        }],
        "credentials": [
            { "name": "KW_TENANT_ID", "description": "The tenant's id", "optional": false },
            { "name": "KW_APP_ID", "description": "The application's id", "optional": false },
            { "name": "KW_CLIENT_SECRET", "description": "The application's secret", "optional": false },
        ],
        "features": [{ "name": "mail", "permissions": ["Mail.Send", "Mail.ReadWrite"] }],
        "endpoints": [{
            "name": "graph",
            "base": "{cloud.graph}/v1.0",
            "auth": {
                "kind": "entra-client-credentials",
                "tenant": "KW_TENANT_ID",
                "client_id": "KW_APP_ID",
                "client_secret": "KW_CLIENT_SECRET",
            },
            "allow": ["GET /users/**", "POST /users/*/sendMail"],
            "fills": ["POST /users#/passwordProfile/password"],
            "policy": "microsoft-graph",
        }],
        "limits": { "memory": 64 << 20, "compute": 500, "wait": 30_000, "state": 16 << 20 },
        "config_schema": [
            {
                "name": "workers", "type": "integer", "description": "How many people.",
                "default": 25, "min": 1, "max": 300, "required": false,
            },
            {
                "name": "department", "type": "string", "description": "Where they work.",
                "default": "sales", "enum": ["sales", "engineering"], "required": false,
            },
            {
                "name": "duration_hours", "type": "number", "description": "How long.",
                "exclusive_min": 0, "required": false,
            },
            { "name": "use_llm", "type": "boolean", "description": "", "default": false, "required": false },
        ],
        "activity_patterns": { "sales": { "email": { "per_hour": 4.5 } } },
    });
    assert_eq!(said, expected);
}
