//! Tasks that make a worker: an account, a licence, a mailbox that answers.
//!
//! A new user is not there at once: its id answers 404 while the directory replicates, and its mailbox for as long as
//! Exchange needs to make it. Both are waited for, because neither is a failure.

use haymaker_guest::{
    Activity, Deployment, Instant, LostRequest, Outcome, Problem, Task, Verdict,
    http::{Effect, Request},
    journal, ledger, log, secrets,
    time::{self, HOUR, MINUTE, SECOND},
};
use serde_json::json;

use crate::{
    adoption::{Adopted, LENT},
    config::{ActAs, Feature, License, Source},
    graph::{self, ENDPOINT, REPLICATION, Refusal, User},
    naming,
    office::{Account, Office, Tenant},
    openings,
    people::Person,
    permissions, teams,
};

/// The kind of thing in the ledger.
pub const USER: &str = "user";

/// Kinds of tasks. Makes the account.
pub const CREATE: &str = "user.create";
/// Looks whether somebody who has an account can be a worker.
pub const ADOPT: &str = "user.adopt";
/// Gives it a licence.
pub const LICENSE: &str = "user.license";
/// Signs it in, where workers act for themselves.
pub const SIGN_IN: &str = "user.sign_in";
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

/// The steps that make a worker: of adopted people, the looks that they are fit for it. Nobody's mailbox is waited for
/// before it is known what the application may do there.
///
/// # Errors
/// The state's.
pub fn steps(office: &Office, person: &Person, now: Instant) -> Result<Vec<Task>, Problem> {
    let own = office.config.signs_in().then_some(SIGN_IN);
    let mailbox = has_mailbox(office) && !permissions::undecided(office)?;
    let kinds = making(office).iter().copied().chain(own).chain(mailbox.then_some(MAILBOX));
    Ok(kinds.map(|kind| step(person, kind, now)).collect())
}

/// The steps after which a worker is there, and whatever its licence brings is on its way.
fn making(office: &Office) -> &'static [&'static str] {
    match (&office.config.source, &office.config.license) {
        (Source::Group(_), _) => &[ADOPT],
        (Source::Create, License::Sku(_)) => &[CREATE, LICENSE],
        (Source::Create, License::Group | License::None) => &[CREATE],
    }
}

/// Whether anything that people use needs their mailboxes.
fn has_mailbox(office: &Office) -> bool {
    let used = [Feature::Mail, Feature::Calendar].into_iter().any(|feature| office.config.features.has(feature));
    used && (office.adopts() || office.config.license != License::None)
}

/// Whether a worker is there, with its licence.
pub fn is_made(office: &Office, person: &Person) -> bool {
    making(office).last().is_some_and(|kind| openings::is_done(&step(person, kind, 0).id))
}

/// What follows a step of a worker's.
fn after(office: &Office, person: &Person, kind: &str, outcome: Outcome) -> Result<Outcome, Problem> {
    let next = steps(office, person, time::now())?.into_iter().skip_while(|task| task.kind != kind).nth(1);
    Ok(match next {
        Some(task) => outcome.then(task),
        None => outcome,
    })
}

/// Whether no worker was ever planned: all are planned at once, the first among them.
pub fn never_begun() -> bool {
    let first = naming::worker(1);
    ["create", "adopt"].iter().all(|step| journal::get(&format!("worker/{first}/{step}")).is_none())
}

fn step(person: &Person, kind: &str, now: Instant) -> Task {
    let name = person.name();
    let (step, summary) = match kind {
        CREATE => ("create", format!("creates the account of {name}")),
        ADOPT => ("adopt", format!("looks whether {name} can be adopted")),
        LICENSE => ("license", format!("gives {name} a licence")),
        SIGN_IN => ("sign-in", format!("signs {name} in")),
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
pub fn settle_create(deployment: &Deployment, task: &Task, lost: &LostRequest) -> Result<Verdict, Problem> {
    let office = Office::of(deployment)?;
    let person = office.person(&task.actor)?;
    let upn = office.address(person, &Tenant::required()?);
    let intended = ledger::intend(USER, &upn)?.intended;
    let now = time::now();
    match graph::user_by_upn(&upn)? {
        Some(user) if is_ours(&user, deployment) => created(&office, person, &upn, &user.id).map(Verdict::Happened),
        // Somebody else's account has the name, so ours was refused: the next attempt says so.
        Some(_) => Ok(Verdict::DidNot),
        None if now < intended.max(lost.sent) + REPLICATION => Ok(Verdict::AskAgain(now + REPLICATION_PAUSE)),
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
    after(office, person, CREATE, Outcome::activity(activity))
}

/// Takes somebody who has an account for a worker.
///
/// # Errors
/// Graph's, and `invalid` with `privileged` when it has a directory role.
pub fn perform_adopt(deployment: &Deployment, task: &Task) -> Result<Outcome, Problem> {
    let office = Office::of(deployment)?;
    let person = office.person(&task.actor)?;
    let adopted = Adopted::of(person)?;
    adopted.must_be_ordinary()?;
    let Adopted { id, upn, .. } = &adopted;
    ledger::intend(LENT, upn)?;
    ledger::created(LENT, upn, id)?;
    Account { user_id: id.clone(), ..Account::default() }.save(&person.worker)?;
    let activity = office.told(Activity::infrastructure(ADOPT), person, upn, id)?;
    after(&office, person, ADOPT, Outcome::activity(activity))
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
    let license = office.config.license.sku().unwrap_or_default();
    let Some(sku) = &tenant.sku else {
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
    after(&office, person, LICENSE, Outcome::activity(activity))
}

/// Signs a worker in.
///
/// # Errors
/// `not-ready` while the directory does not know it everywhere; `invalid` with `sign-in-refused`.
pub fn perform_sign_in(deployment: &Deployment, task: &Task) -> Result<Outcome, Problem> {
    let office = Office::of(deployment)?;
    let activity = teams::perform_own(deployment, task)?;
    after(&office, office.person(&task.actor)?, SIGN_IN, Outcome::activity(activity))
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
    let now = time::now();
    let waited = now.saturating_sub(task.due);
    let looked = match office.speak(&task.actor, || permissions::look(&office, &account.user_id)) {
        // Somebody who has yet to type a code into a browser is waited for.
        Err(problem) if problem.code == "speaker" && waited < MAILBOX_PATIENCE => {
            let message = format!("{} has not signed in", person.name());
            return Err(
                Problem::not_ready("speaker", message).at(now + (waited / 4).clamp(REPLICATION_PAUSE, 5 * MINUTE))
            );
        }
        looked => looked?,
    };
    // Nothing of a mailbox is used where the application may not.
    let Some(response) = looked else { return Ok(Outcome::nothing()) };
    if response.status == 404 {
        if waited > MAILBOX_PATIENCE {
            let license = office.config.license.sku().unwrap_or("its licence");
            let message =
                format!("{upn} has no mailbox after {} hours; does {license} include Exchange Online?", waited / HOUR);
            return Err(Problem::invalid("mailbox-late", message));
        }
        let refusal = Refusal::of(&response);
        // Often at first, because most mailboxes come soon; rarely later, because the others come in hours.
        let pause = (waited / 4).clamp(REPLICATION_PAUSE, 5 * MINUTE);
        return Err(Problem::not_ready(refusal.code, format!("{upn} has no mailbox yet")).at(now + pause));
    }
    graph::accept(response, &format!("cannot reach the mailbox of {upn}"))?;
    let voice = office.config.act_as == ActAs::Delegated;
    Account { ready: Some(now), voice, ..account.clone() }.save(&task.actor)?;
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
