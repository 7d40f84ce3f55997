//! Somebody signs in elsewhere, and the deployment speaks as them: from the command to the tenant, until a cleanup
//! forgets it.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::process::Stdio;

use haymaker_platform::config::Asked;
use haymaker_platform::home::Home;
use haymaker_platform::host::sign_in::Person;
use haymaker_platform::{DeployRequest, Host, HostSettings};
use haymaker_store::Status;
use haymaker_tenant::Settings;
use haymaker_tests::command::{Shell, TenantProcess, wait_until};
use haymaker_tests::wire::exchange;
use haymaker_tests::{serve, workload};
use serde_json::json;

/// Waits until a deployment is in this status.
async fn until(host: &Host, id: &str, status: Status) {
    let mut changes = host.watch(id).unwrap();
    while host.store().deployment(id).unwrap().unwrap().status != status {
        changes.changed().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_signs_in_elsewhere_and_a_cleanup_forgets_it() {
    let (tenant, environment) = serve(Settings::seeded(11)).await;
    let folder = tempfile::tempdir().unwrap();
    let host = Host::open(HostSettings::new(Home::at(folder.path()))).await.unwrap();
    host.install(&workload("m365-knowledge-worker")).await.unwrap();
    let asked = Asked {
        workload: Some("m365-knowledge-worker".to_owned()),
        config: vec!["workers=2".to_owned()],
        seed: Some(11),
        ..Asked::default()
    };
    let request = DeployRequest { asked, file: None, then_cleanup: false, environment: environment.clone() };
    let id = host.deploy(request).await.unwrap().deployment_id;
    until(&host, &id, Status::Running).await;
    let mut changes = host.watch(&id).unwrap();
    let users = loop {
        let ledger = host.store().ledger(&id, None, false, 10).unwrap();
        let users: Vec<_> =
            ledger.into_iter().filter(|entry| entry.kind == "user" && entry.created.is_some()).collect();
        if users.len() == 2 {
            break users;
        }
        changes.changed().await.unwrap();
    };
    let _ = host.stop(&id).await;
    let [ana, ben] = [&users[0].name, &users[1].name];
    let person = Person { speaker: "w01".to_owned(), address: ana.clone() };
    let chief = Person { address: "chief@contoso.example".to_owned(), ..person.clone() };
    let refused = host.sign_in(&id, &chief, &environment, |_| panic!("nobody is asked")).await.unwrap_err();
    assert!(refused.message.contains("not one of the users"), "{refused}");

    let typed_in_by = |name: String| {
        let tenant = tenant.clone();
        move |code: haymaker_platform::host::sign_in::Code| assert!(tenant.approve_device(&code.user_code, &name))
    };
    let refused = host.sign_in(&id, &person, &environment, typed_in_by(ben.clone())).await.unwrap_err();
    assert!(refused.message.contains(ben.as_str()) && refused.message.contains("nothing was kept"), "{refused}");
    assert!(!host.store().secrets(&id).unwrap().contains(&"speaker/w01".to_owned()));
    host.sign_in(&id, &person, &environment, typed_in_by(ana.clone())).await.unwrap();
    assert!(host.store().secrets(&id).unwrap().contains(&"speaker/w01".to_owned()));

    host.cleanup(&id, &environment).await.unwrap();
    until(&host, &id, Status::Completed).await;
    assert_eq!(host.store().secrets(&id).unwrap(), Vec::<String>::new());
    let over = host.sign_in(&id, &person, &environment, |_| panic!("nobody is asked")).await.unwrap_err();
    assert!(over.message.contains("nobody needs to sign in"), "{over}");
    host.shutdown().await;
}

#[test]
fn the_command_shows_a_code_and_waits_until_it_is_typed_in() {
    let tenant = TenantProcess::start(&[]);
    let shell = Shell::new().with(tenant.environment.clone());
    shell.run(&["deploy", "m365-knowledge-worker", "-c", "workers=2", "--seed", "3"]).well();
    let worker = wait_until("a worker", || {
        let workers = shell.run(&["worker", "list", "@last", "--format", "json"]).well().json();
        let ready = workers.as_array()?.iter().find(|worker| worker["ready"] != json!([]))?.clone();
        ready["address"].as_str().map(str::to_owned)
    });
    shell.run(&["stop", "@last"]).well();
    let stranger = shell.run(&["worker", "sign-in", "@last", "nobody"]);
    assert!(stranger.code == Some(1) && stranger.err.contains("worker list"), "{}", stranger.err);

    let mut command = shell.command(&["worker", "sign-in", "@last", &worker]);
    let mut waiting = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(waiting.stdout.take().unwrap()).lines();
    let asked = lines.next().unwrap().unwrap();
    let code = asked.rsplit(' ').next().unwrap();
    assert!(asked.contains(&worker) && asked.contains("/_haymaker/devicelogin"), "{asked}");
    let stream = TcpStream::connect(tenant.address().trim_start_matches("http://")).unwrap();
    let typed = json!({"user_code": code, "user": worker}).to_string();
    assert!(exchange(stream, "POST", "/_haymaker/devicelogin", &typed).starts_with("HTTP/1.1 200"));
    let said = lines.next().unwrap().unwrap();
    assert!(said.starts_with("Signed in: ") && said.contains(&worker), "{said}");
    assert!(waiting.wait().unwrap().success());
    let logged = shell.run(&["logs", "@last", "-n", "20"]).well();
    assert!(logged.out.contains("signed in; requests can be made as them"), "{}", logged.out);
}
