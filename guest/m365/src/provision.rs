//! Tasks that make a worker: an account, a licence, a mailbox that answers.
//!
//! A new user is not there at once: its id answers 404 while the directory replicates, and its mailbox for as long as
//! Exchange needs to make it. Both are waited for, because neither is a failure.

use haymaker_guest::{
    Activity, Deployment, Instant, Outcome, Problem, Task, Verdict,
    http::{Effect, Request},
    journal, ledger, log, secrets,
    time::{self, HOUR, MINUTE, SECOND},
};
use serde_json::json;

use crate::{
    config::Feature,
    graph::{self, ENDPOINT, REPLICATION, Refusal, User},
    naming,
    office::{Account, Office, Tenant},
    openings,
    people::Person,
    teams,
};

/// The kind of thing in the ledger.
pub const USER: &str = "user";

/// Kinds of tasks. Makes the account.
pub const CREATE: &str = "user.create";
/// Gives it a licence.
pub const LICENSE: &str = "user.license";
/// Waits for its mailbox.
pub const MAILBOX: &str = "user.mailbox";

/// Length of passwords: nobody types them, and Entra takes up to 256.
const PASSWORD: u32 = 32;

/// The pause before a user is looked for again that was made just now.
const REPLICATION_PAUSE: u64 = 10 * SECOND;

/// How long a new user may stay unknown before that counts as a failure; an assumption, far above what is seen.
const REPLICATION_PATIENCE: u64 = HOUR;

/// How long Exchange may take for a mailbox: "up to 24 hours", says Microsoft's documentation.
const MAILBOX_PATIENCE: u64 = 24 * HOUR;

/// The steps that make a worker.
pub fn steps(office: &Office, person: &Person, now: Instant) -> Vec<Task> {
    let kinds: &[&str] = if has_mailbox(office) { &[CREATE, LICENSE, MAILBOX] } else { &[CREATE, LICENSE] };
    kinds.iter().map(|kind| step(person, kind, now)).collect()
}

/// Whether anything that people use needs their mailboxes.
fn has_mailbox(office: &Office) -> bool {
    [Feature::Mail, Feature::Calendar].into_iter().any(|feature| office.config.features.has(feature))
}

/// Whether a worker has its licence.
pub fn is_licensed(person: &Person) -> bool {
    openings::is_done(&step(person, LICENSE, 0).id)
}

/// Whether no worker was ever planned: all are planned at once, the first among them.
pub fn never_begun() -> bool {
    journal::get(&format!("worker/{}/create", naming::worker(1))).is_none()
}

fn step(person: &Person, kind: &str, now: Instant) -> Task {
    let name = person.name();
    let (step, summary) = match kind {
        CREATE => ("create", format!("creates the account of {name}")),
        LICENSE => ("license", format!("gives {name} a licence")),
        _ => ("mailbox", format!("waits for the mailbox of {name}")),
    };
    Task::new(format!("worker/{}/{step}", person.worker), kind, &person.worker, now).summary(summary)
}

/// Makes a worker's account.
///
/// # Errors
/// Graph's, and `invalid` with `not-ours` when somebody else's account has its name.
pub fn perform_create(deployment: &Deployment, task: &Task) -> Result<Outcome, Problem> {
    let office = Office::of(deployment)?;
    let tenant = Tenant::required()?;
    let person = office.person(&task.actor)?;
    let place = office.place(person)?;
    let upn = office.address(person, &tenant);
    let secret = format!("password-{}", task.actor);

    ledger::intend(USER, &upn)?;
    secrets::generate(&secret, PASSWORD)?;
    let body = json!({
        "accountEnabled": true,
        "displayName": person.name(),
        "givenName": person.given,
        "surname": person.family,
        "jobTitle": person.title(office.seed, place.department),
        "department": place.department.name(),
        "mailNickname": naming::nickname(&office.deployment, person.number),
        "userPrincipalName": upn,
        "usageLocation": office.config.usage_location,
        "employeeType": naming::tag(&office.deployment),
        "passwordProfile": {"password": "", "forceChangePasswordNextSignIn": false},
    });
    let response = Request::post_json(ENDPOINT, "/users", &body).fill("/passwordProfile/password", &secret).send()?;
    let user = if response.is_success() {
        response.json::<User>()?
    } else {
        let refusal = Refusal::of(&response);
        if !refusal.is_duplicate() {
            return Err(refusal.problem(&format!("cannot create {upn}")));
        }
        // The list may lag behind what the refusal knows.
        graph::user_by_upn(&upn)?.ok_or_else(|| {
            let message = format!("{upn} exists, and the directory does not show it yet");
            Problem::not_ready("lagging", message).at(time::now() + REPLICATION_PAUSE)
        })?
    };
    if response.is_success() || is_ours(&user, deployment) {
        created(&office, person, &upn, &user.id)
    } else {
        Err(not_ours(&upn, deployment))
    }
}

/// Finds out whether an account was made whose answer was lost.
///
/// # Errors
/// Graph's.
pub fn settle_create(deployment: &Deployment, task: &Task) -> Result<Verdict, Problem> {
    let office = Office::of(deployment)?;
    let person = office.person(&task.actor)?;
    let upn = office.address(person, &Tenant::required()?);
    let intended = ledger::intend(USER, &upn)?.intended;
    let now = time::now();
    match graph::user_by_upn(&upn)? {
        Some(user) if is_ours(&user, deployment) => created(&office, person, &upn, &user.id).map(Verdict::Happened),
        // Somebody else's account has the name, so ours was refused: the next attempt says so.
        Some(_) => Ok(Verdict::DidNot),
        None if now < intended.max(task.due) + REPLICATION => Ok(Verdict::AskAgain(now + REPLICATION_PAUSE)),
        // Should it appear after all, the next attempt is refused as a duplicate, and finds it.
        None => Ok(Verdict::DidNot),
    }
}

fn created(office: &Office, person: &Person, upn: &str, user_id: &str) -> Result<Outcome, Problem> {
    ledger::created(USER, upn, user_id)?;
    Account { user_id: user_id.to_owned(), ..Account::default() }.save(&person.worker)?;
    // Where nobody signs in as this worker, nobody needs its password any more.
    if !teams::keeps_password(office)? {
        secrets::forget(&format!("password-{}", person.worker))?;
    }
    let activity = office.told(Activity::infrastructure(CREATE), person, upn, user_id)?.with("object_id", user_id);
    Ok(Outcome::activity(activity).then(step(person, LICENSE, time::now())))
}

/// Gives a worker a licence.
///
/// # Errors
/// Graph's, and `not-ready` while the directory does not know the user yet.
pub fn perform_license(deployment: &Deployment, task: &Task) -> Result<Outcome, Problem> {
    let office = Office::of(deployment)?;
    let tenant = Tenant::required()?;
    let person = office.person(&task.actor)?;
    let account = Account::required(task)?;
    let license = &office.config.license;
    let Some(sku) = tenant.skus.get(license) else {
        return Err(Problem::invalid("no-license", format!("the tenant has no licence {license}")));
    };
    let body = json!({"addLicenses": [{"skuId": sku.id, "disabledPlans": []}], "removeLicenses": []});
    let target = format!("{}/assignLicense", graph::user(&account.user_id));
    // Assigning a licence that the user has already changes nothing.
    let response = Request::post_json(ENDPOINT, target, &body).effect(Effect::Repeatable).send()?;
    let upn = office.address(person, &tenant);
    let now = time::now();
    if response.status == 404 && now < task.due + REPLICATION_PATIENCE {
        let message = format!("the directory does not know {upn} everywhere yet");
        return Err(Problem::not_ready("replicating", message).at(now + REPLICATION_PAUSE));
    }
    graph::accept(response, &format!("cannot license {upn} with {license}"))?;
    let activity = office.told(Activity::infrastructure(LICENSE), person, &upn, &account.user_id)?;
    let outcome = Outcome::activity(activity);
    Ok(if has_mailbox(&office) { outcome.then(step(person, MAILBOX, now)) } else { outcome })
}

/// Waits until a worker's mailbox answers.
///
/// # Errors
/// Graph's, `not-ready` while it does not, and `invalid` with `mailbox-late` when it should have for long.
pub fn perform_mailbox(deployment: &Deployment, task: &Task) -> Result<Outcome, Problem> {
    let office = Office::of(deployment)?;
    let person = office.person(&task.actor)?;
    let account = Account::required(task)?;
    let upn = office.address(person, &Tenant::required()?);
    let target = format!("{}/mailFolders/inbox", graph::user(&account.user_id));
    let response = Request::get(ENDPOINT, target).query("$select", "id").send()?;
    let now = time::now();
    if response.status == 404 {
        let waited = now.saturating_sub(task.due);
        if waited > MAILBOX_PATIENCE {
            let message = format!(
                "{upn} has no mailbox after {} hours; does {} include Exchange Online?",
                waited / HOUR,
                office.config.license
            );
            return Err(Problem::invalid("mailbox-late", message));
        }
        let refusal = Refusal::of(&response);
        // Often at first, because most mailboxes come soon; rarely later, because the others come in hours.
        let pause = (waited / 4).clamp(REPLICATION_PAUSE, 5 * MINUTE);
        return Err(Problem::not_ready(refusal.code, format!("{upn} has no mailbox yet")).at(now + pause));
    }
    graph::accept(response, &format!("cannot reach the mailbox of {upn}"))?;
    Account { ready: Some(now), ..account.clone() }.save(&task.actor)?;
    log::info(format!("{} ({upn}) is ready", person.name()));
    Ok(Outcome::activity(office.told(Activity::infrastructure(MAILBOX), person, &upn, &account.user_id)?))
}

/// Whether a user carries this deployment's tag.
pub fn is_ours(user: &User, deployment: &Deployment) -> bool {
    user.employee_type.as_deref() == Some(&naming::tag(&deployment.id))
}

/// Somebody else's account has the name of one of ours.
pub fn not_ours(upn: &str, deployment: &Deployment) -> Problem {
    let tag = naming::tag(&deployment.id);
    Problem::invalid(
        "not-ours",
        format!("{upn} is not tagged `{tag}` (employeeType): it is not ours, and is left alone"),
    )
}
