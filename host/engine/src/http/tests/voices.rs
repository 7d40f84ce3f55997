//! People: signed in once, spoken for until they are forgotten or refused, and never shown.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use base64::Engine as _;

use super::kit::*;
use super::server::*;
use super::tokens::auth;
use crate::Pending;
use crate::http::voice::Door;
use crate::http::*;
use crate::types::{Problem, ProblemKind};

/// Keeps refresh tokens in memory, and what it is told.
#[derive(Default)]
struct Cupboard {
    tokens: Mutex<HashMap<String, String>>,
    damaged: Mutex<bool>,
    told: Mutex<Vec<String>>,
}

impl Cupboard {
    fn token(&self, speaker: &str) -> Option<String> {
        self.tokens.lock().unwrap().get(speaker).cloned()
    }

    fn told(&self) -> Vec<String> {
        self.told.lock().unwrap().clone()
    }
}

impl Safe for Cupboard {
    fn refresh_token(&self, speaker: &str) -> Result<Option<Secret>, Unkept> {
        if *self.damaged.lock().unwrap() {
            return Err(Unkept::Damaged("another key".to_owned()));
        }
        Ok(self.token(speaker).map(Secret::new))
    }

    fn keep<'a>(&'a self, speaker: &'a str, token: &'a Secret) -> Pending<'a, Result<(), Problem>> {
        self.tokens.lock().unwrap().insert(speaker.to_owned(), token.expose().to_owned());
        *self.damaged.lock().unwrap() = false;
        Box::pin(async { Ok(()) })
    }

    fn refused<'a>(&'a self, speaker: &'a str, why: &'a str) -> Pending<'a, ()> {
        self.told.lock().unwrap().push(format!("{speaker}: {why}"));
        Box::pin(async {})
    }
}

const PASSWORD: &str = "Pa55 & w\u{f6}rd";

/// What a token endpoint says to a person.
fn tokens(access: &str, refresh: &str) -> Play {
    let body =
        format!(r#"{{"token_type":"Bearer","expires_in":3600,"access_token":"{access}","refresh_token":"{refresh}"}}"#);
    say(200, &[], &body)
}

fn refusal(error: &str, number: u32) -> Play {
    say(400, &[], &format!(r#"{{"error":"{error}","error_description":"AADSTS{number}: No. You sent {PASSWORD}"}}"#))
}

/// A bench with people, and the password of `w01`.
async fn bench(login: &Server, graph: &Server) -> (Bench, Arc<Cupboard>) {
    let mut bench = Bench::new(&graph.origin);
    bench.endpoint.auth = auth(&login.origin, "app-s3cret");
    let cupboard = Arc::new(Cupboard::default());
    *bench.platform.voices.lock().unwrap() = Some(Arc::new(Voices::new("d-1", cupboard.clone())));
    bench.platform.secrets.lock().unwrap().insert("password-w01".into(), PASSWORD.into());
    (bench, cupboard)
}

async fn sign_in(bench: &Bench) -> Result<(), Refusal> {
    bench.session().sign_in("w01", "w01@contoso.example", "password-w01").await
}

fn said(result: Result<(), Refusal>) -> Problem {
    problem(result.map(|()| Response { status: 0, headers: vec![], body: vec![] }))
}

fn spoken(request: Request) -> Request {
    Request { speaker: Some("w01".into()), ..request }
}

fn bearers(server: &Server) -> Vec<String> {
    server.seen().iter().map(|seen| seen.header("authorization").unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn a_password_is_redeemed_as_entra_wants_it_and_the_request_is_the_persons() {
    let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(r#"{"uti":"u-9"}"#);
    let access = format!("h.{payload}.s");
    let login = Server::start([tokens(&access, "r1")]).await;
    let graph = Server::start([say(201, &[], "{}")]).await;
    let (bench, cupboard) = bench(&login, &graph).await;
    sign_in(&bench).await.unwrap();
    assert_eq!(cupboard.token("w01").as_deref(), Some("r1"));
    assert_eq!(
        login.seen()[0].body,
        "client_id=app-1&client_secret=app-s3cret&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default%20offline_access\
         &grant_type=password&username=w01%40contoso.example&password=Pa55%20%26%20w%C3%B6rd"
    );
    let (result, closed) = bench.send(spoken(once("/chats/c/messages", "{}"))).await;
    assert_eq!(result.unwrap().status, 201);
    assert_eq!(bearers(&graph), [format!("Bearer {access}")]);
    let exchange = &closed.exchanges[0];
    assert_eq!((exchange.auth, exchange.token_uti.as_deref()), (Speaking::Delegated, Some("u-9")));
    sign_in(&bench).await.unwrap();
    assert_eq!(login.seen().len(), 1, "a speaker whose token is good is signed in");
}

#[tokio::test]
async fn the_application_speaks_for_itself_beside_its_people() {
    let login = Server::start([tokens("person", "r1"), super::tokens::token("app", 3600)]).await;
    let graph = Server::start(vec![say(200, &[], ""); 2]).await;
    let (bench, _) = bench(&login, &graph).await;
    sign_in(&bench).await.unwrap();
    let (_, mine) = bench.send(get("/x")).await;
    let (_, theirs) = bench.send(spoken(get("/x"))).await;
    assert_eq!(bearers(&graph), ["Bearer app", "Bearer person"]);
    assert_eq!((mine.exchanges[0].auth, theirs.exchanges[0].auth), (Speaking::App, Speaking::Delegated));
}

#[tokio::test]
async fn a_policy_looks_as_whoever_the_request_is_from() {
    let login = Server::start([tokens("person", "r1"), super::tokens::token("app", 3600)]).await;
    let graph = Server::start(vec![say(200, &[], "{}"); 4]).await;
    let (bench, _) = bench(&login, &graph).await;
    sign_in(&bench).await.unwrap();
    *bench.platform.look.lock().unwrap() = Some("/messages/1".into());
    bench.send(spoken(get("/x"))).await.0.unwrap();
    bench.send(get("/x")).await.0.unwrap();
    assert_eq!(bearers(&graph), ["Bearer person", "Bearer person", "Bearer app", "Bearer app"]);
}

#[tokio::test]
async fn a_token_is_renewed_before_its_end_and_once_when_refused_and_the_newest_refresh_token_is_kept() {
    let login = Server::start([tokens("t1", "r1"), tokens("t2", "r2"), tokens("t3", "r3")]).await;
    let graph = Server::start([say(200, &[], ""), say(200, &[], ""), say(401, &[], ""), say(202, &[], "")]).await;
    let (bench, cupboard) = bench(&login, &graph).await;
    sign_in(&bench).await.unwrap();
    for minute in [54, 55] {
        bench.clock.set(MONDAY + minute * 60_000);
        bench.send(spoken(get("/x"))).await.0.unwrap();
    }
    assert_eq!(cupboard.token("w01").as_deref(), Some("r2"));
    assert_eq!(bench.send(spoken(once("/x", "{}"))).await.0.unwrap().status, 202);
    assert_eq!(bearers(&graph), ["Bearer t1", "Bearer t2", "Bearer t2", "Bearer t3"]);
    let sent: Vec<_> = login.seen().iter().map(|seen| seen.body.rsplit('&').next().unwrap().to_owned()).collect();
    assert_eq!(sent[1..], ["refresh_token=r1", "refresh_token=r2"]);
    assert_eq!(cupboard.token("w01").as_deref(), Some("r3"));
}

#[tokio::test]
async fn many_requests_of_a_speaker_at_once_fetch_one_token() {
    let login = Server::start([tokens("t", "r2")]).await;
    let graph = Server::start(vec![say(200, &[], ""); 16]).await;
    let (bench, cupboard) = bench(&login, &graph).await;
    cupboard.tokens.lock().unwrap().insert("w01".into(), "r1".into());
    futures::future::join_all((0..16).map(|_| bench.send(spoken(get("/x"))))).await;
    assert_eq!((login.seen().len(), graph.seen().len()), (1, 16));
}

#[tokio::test]
async fn a_request_for_a_token_has_the_same_id_in_every_run_and_no_other_has_it() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let login = Server::start((1..4).map(|n| tokens(&format!("t{n}"), &format!("r{n}")))).await;
        let graph = Server::start(vec![say(200, &[], ""); 2]).await;
        let (bench, _) = bench(&login, &graph).await;
        sign_in(&bench).await.unwrap();
        bench.platform.secrets.lock().unwrap().insert("password-w02".into(), PASSWORD.into());
        bench.session().sign_in("w02", "w02@contoso.example", "password-w02").await.unwrap();
        bench.clock.set(MONDAY + 3_600_000);
        bench.send(spoken(get("/x"))).await.0.unwrap();
        let ids: Vec<_> =
            login.seen().iter().map(|seen| seen.header("client-request-id").unwrap().to_owned()).collect();
        runs.push(ids);
    }
    assert_eq!(runs[0], runs[1]);
    let different: std::collections::BTreeSet<_> = runs[0].iter().collect();
    assert_eq!(different.len(), 3);
}

#[tokio::test]
async fn who_is_not_let_in_is_told_why_in_entras_code_and_what_can_be_done() {
    for (error, number, advice) in [
        ("invalid_grant", 50076, "second factor"),
        ("interaction_required", 50079, "second factor"),
        ("invalid_grant", 50126, "password is wrong"),
        ("invalid_grant", 65001, "consented"),
        ("invalid_grant", 50057, "disabled"),
        ("invalid_grant", 53003, "conditional access"),
    ] {
        let login = Server::start([refusal(error, number)]).await;
        let graph = Server::start([]).await;
        let (bench, cupboard) = bench(&login, &graph).await;
        let problem = said(sign_in(&bench).await);
        assert_eq!((problem.kind, problem.code), (ProblemKind::Denied, format!("AADSTS{number}")));
        assert!(problem.message.contains(advice) && problem.message.contains("w01"), "{}", problem.message);
        assert!(!problem.message.contains("Pa55"), "{}", problem.message);
        assert!(!problem.message.to_lowercase().contains("security defaults"), "{}", problem.message);
        assert_eq!(cupboard.token("w01"), None);
        assert_eq!(bench.platform.secrets.lock().unwrap().len(), 1, "the password is not forgotten");
    }
}

#[tokio::test]
async fn an_application_that_is_refused_is_not_the_persons_fault() {
    let body = r#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided."}"#;
    let login = Server::start([say(401, &[], body)]).await;
    let (bench, _) = bench(&login, &Server::start([]).await).await;
    assert_eq!(said(sign_in(&bench).await).code, "credentials");
}

#[tokio::test]
async fn a_token_endpoint_that_asks_for_patience_has_the_task_run_later() {
    let login = Server::start([say(429, &[("retry-after", "60")], "")]).await;
    let (bench, _) = bench(&login, &Server::start([]).await).await;
    let Err(Refusal::Later { at, problem }) = sign_in(&bench).await else { panic!("not later") };
    assert_eq!((at, problem.code.as_str()), (MONDAY + 60_000, "token-throttled"));
}

#[tokio::test]
async fn a_sign_in_that_has_ended_is_asked_about_once_told_once_and_begun_anew_by_the_password() {
    let login = Server::start([refusal("invalid_grant", 50173)]).await;
    let graph = Server::start([say(200, &[], "")]).await;
    let (bench, cupboard) = bench(&login, &graph).await;
    cupboard.tokens.lock().unwrap().insert("w01".into(), "r1".into());
    for _ in 0..3 {
        let (result, closed) = bench.send(spoken(get("/x"))).await;
        let problem = problem(result);
        assert_eq!((problem.kind, problem.code.as_str()), (ProblemKind::Unavailable, "speaker-refused"));
        assert!(problem.message.contains("AADSTS50173") && problem.message.contains("sign in again"));
        assert!(closed.denied.is_empty(), "it is not the guest's doing");
    }
    assert_eq!(login.seen().len(), 1);
    assert_eq!(cupboard.told().len(), 1, "{:?}", cupboard.told());
    login.then(refusal("invalid_grant", 50173));
    login.then(tokens("t", "r2"));
    sign_in(&bench).await.unwrap();
    assert!(bench.send(spoken(get("/x"))).await.0.is_ok());
    assert_eq!(cupboard.token("w01").as_deref(), Some("r2"));
}

#[tokio::test]
async fn a_token_that_does_not_open_is_told_of_once_and_the_password_makes_another() {
    let login = Server::start([tokens("t", "r")]).await;
    let graph = Server::start([say(200, &[], "")]).await;
    let (bench, cupboard) = bench(&login, &graph).await;
    *cupboard.damaged.lock().unwrap() = true;
    for _ in 0..2 {
        assert_eq!(problem(bench.send(spoken(get("/x"))).await.0).code, "speaker-refused");
    }
    assert_eq!((login.seen().len(), cupboard.told().len()), (0, 1));
    sign_in(&bench).await.unwrap();
    assert!(bench.send(spoken(get("/x"))).await.0.is_ok());
}

#[tokio::test]
async fn a_speaker_that_is_forgotten_is_silent_and_without_a_password_stays_so() {
    let login = Server::start([tokens("t", "r")]).await;
    let graph = Server::start([]).await;
    let (bench, cupboard) = bench(&login, &graph).await;
    sign_in(&bench).await.unwrap();
    let voices = bench.platform.voices().unwrap();
    assert_eq!(voices.live().len(), 1);
    cupboard.tokens.lock().unwrap().clear();
    voices.forget("w01");
    assert!(voices.live().is_empty());
    let mute = problem(bench.send(spoken(get("/x"))).await.0);
    assert_eq!((mute.kind, mute.code.as_str()), (ProblemKind::Unavailable, "speaker"));
    assert!(mute.message.contains("sign in first"), "{}", mute.message);
    bench.platform.secrets.lock().unwrap().clear();
    assert_eq!(said(sign_in(&bench).await).code, "no-secret");
    assert!(graph.seen().is_empty());
}

#[tokio::test]
async fn an_answer_that_holds_anybodys_token_is_not_shown() {
    let login = Server::start([tokens("tok-of-w01", "r-of-w01"), super::tokens::token("app", 3600)]).await;
    let graph = Server::start([say(200, &[], "you were tok-of-w01")]).await;
    let (bench, _) = bench(&login, &graph).await;
    sign_in(&bench).await.unwrap();
    assert_eq!(problem(bench.send(get("/x")).await.0).code, "secret-in-answer");
}

#[tokio::test]
async fn a_call_that_only_reads_signs_nobody_in() {
    let (mut bench, _) = bench(&Server::start([]).await, &Server::start([]).await).await;
    bench.mode = Mode::ReadOnly;
    assert_eq!(said(sign_in(&bench).await).code, "read-only");
}

#[tokio::test]
async fn where_no_application_is_nobody_signs_in() {
    let (mut bench, _) = bench(&Server::start([]).await, &Server::start([]).await).await;
    bench.endpoint.auth = Auth::None;
    let problem = said(sign_in(&bench).await);
    assert_eq!((problem.kind, problem.code.as_str()), (ProblemKind::Unavailable, "sign-in"));
}

/// A token of the user of this address.
fn of(upn: &str) -> String {
    let claims = format!(r#"{{"upn":"{upn}","oid":"id-of-{upn}"}}"#);
    format!("h.{}.s", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(claims))
}

#[tokio::test]
async fn a_code_is_looked_after_until_somebody_has_typed_it_in() {
    let code = r#"{"user_code":"ABC","device_code":"d-1","verification_uri":"http://x","expires_in":900}"#;
    let pending = || refusal("authorization_pending", 70016);
    let login = Server::start([say(200, &[], code), pending(), tokens(&of("W01@contoso.example"), "r")]).await;
    let graph = Server::start([say(200, &[], "")]).await;
    let (bench, cupboard) = bench(&login, &graph).await;
    let voices = bench.platform.voices().unwrap();
    let clock = bench.clock.clone();
    let door = Door { gateway: &bench.gateway, auth: &bench.endpoint.auth, clock: clock.as_ref(), clock_header: None };
    let code = door.device_code("w01", 1).await.unwrap();
    assert_eq!((code.user_code.as_str(), code.interval), ("ABC", 5));
    assert!(!format!("{code:?}").contains("d-1"));
    let names = ["w01@contoso.example".to_owned()];
    assert!(!voices.look(door, "w01", &code, &names).await.unwrap());
    assert!(voices.look(door, "w01", &code, &names).await.unwrap());
    assert_eq!(cupboard.token("w01").as_deref(), Some("r"));
    assert!(bench.send(spoken(get("/x"))).await.0.is_ok());
    assert!(login.seen()[0].line.starts_with("POST /contoso.example/oauth2/v2.0/devicecode "));
    assert!(login.seen()[1].body.ends_with("device_code&device_code=d-1"), "{}", login.seen()[1].body);
}

#[tokio::test]
async fn a_code_that_somebody_else_typed_in_leaves_nothing_and_takes_nothing_away() {
    let code = r#"{"user_code":"ABC","device_code":"d-1","verification_uri":"http://x","expires_in":900}"#;
    let login =
        Server::start([tokens("t", "r1"), say(200, &[], code), tokens(&of("chief@contoso.example"), "r2")]).await;
    let graph = Server::start([say(200, &[], "")]).await;
    let (bench, cupboard) = bench(&login, &graph).await;
    sign_in(&bench).await.unwrap();
    let clock = bench.clock.clone();
    let door = Door { gateway: &bench.gateway, auth: &bench.endpoint.auth, clock: clock.as_ref(), clock_header: None };
    let code = door.device_code("w01", 1).await.unwrap();
    let voices = bench.platform.voices().unwrap();
    let stranger = voices.look(door, "w01", &code, &["w01@contoso.example".to_owned()]).await.unwrap_err();
    assert_eq!((stranger.kind, stranger.code.as_str()), (ProblemKind::Denied, "stranger"));
    assert!(stranger.message.contains("chief@contoso.example"), "{}", stranger.message);
    assert_eq!(cupboard.token("w01").as_deref(), Some("r1"));
    bench.send(spoken(get("/x"))).await.0.unwrap();
    assert_eq!(bearers(&graph), ["Bearer t"]);
}
