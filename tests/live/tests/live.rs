//! The comparison with a real tenant, on a simulated one that stands in its place.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

use std::collections::BTreeMap;
use std::process::{Command, Output};

use haymaker_tenant::Settings;
use haymaker_tests::command::TenantProcess;
use haymaker_tests::serve;

fn live(environment: &BTreeMap<String, String>, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_haymaker-live"));
    command.args(arguments).env_clear().env("PATH", "/usr/bin:/bin").envs(environment);
    command.output().expect("the program starts")
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The default domain of a tenant.
fn domain(tenant: &haymaker_tenant::Tenant) -> String {
    tenant.settings().domain.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tenants_that_are_the_same_have_the_same_shapes_and_nothing_is_left_in_either() {
    let (tenant, environment) = serve(Settings::seeded(41)).await;
    let domain = domain(&tenant);
    let before = tenant.inspect();
    let arguments = move || live(&environment, &["--announced", "--yes-this-is-a-lab-tenant", &domain]);
    let output = tokio::task::spawn_blocking(arguments).await.unwrap();
    let text = said(&output);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("0 fields of the simulated tenant are wrong"), "{text}");
    for operation in ["POST /v1.0/users 201", "POST /oauth2/v2.0/token 200", "POST /v1.0/users/{}/messages/{}/send 202"]
    {
        assert!(text.contains(operation), "{operation} is missing in {text}");
    }
    let after = tenant.inspect();
    assert_eq!((after.users_live, after.users_deleted), (before.users_live, before.users_deleted));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_done_in_a_tenant_of_another_domain_or_without_naming_one() {
    let (tenant, environment) = serve(Settings::seeded(42)).await;
    let before = tenant.inspect();
    let run = move || {
        let wrong = live(&environment, &["--announced", "--yes-this-is-a-lab-tenant", "contoso.onmicrosoft.com"]);
        (wrong, live(&environment, &[]))
    };
    let (wrong, unnamed) = tokio::task::spawn_blocking(run).await.unwrap();
    assert_eq!(wrong.status.code(), Some(1));
    assert!(said(&wrong).contains("and not contoso.onmicrosoft.com; nothing was done"), "{}", said(&wrong));
    assert_eq!(unnamed.status.code(), Some(2));
    assert!(said(&unnamed).contains("--yes-this-is-a-lab-tenant"), "{}", said(&unnamed));
    let after = tenant.inspect();
    assert_eq!((after.users_live, after.users_deleted), (before.users_live, before.users_deleted));
}

/// Over https and without a word of being simulated, so that everything takes the time that it takes: run it by hand, on a
/// working day.
#[test]
#[ignore = "takes six minutes: in real time, emptiness is proved twice, a replication delay apart"]
fn a_simulated_tenant_that_poses_as_real_passes() {
    let tenant = TenantProcess::start(&["--https"]);
    let domain = Settings::seeded(1).domain;
    let output = live(&tenant.environment, &["--yes-this-is-a-lab-tenant", &domain]);
    assert!(output.status.success(), "{}", said(&output));
}
