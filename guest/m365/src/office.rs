//! The office: who works in a deployment, and what is remembered of them and of the tenant.

use std::{
    cell::{OnceCell, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

use haymaker_guest::{Activity, Deployment, Instant, Problem, Task, http, state, time::Day};
use serde::{Deserialize, Serialize};

use crate::{
    adoption::Adopted,
    calendar::{self, Calendar},
    config::{ActAs, Config, Feature, License, Pattern, Source},
    meetings::{self, Meeting},
    naming,
    organization::{Organization, Place},
    pattern::Patterns,
    people::Person,
    schedule::{Draw, Texture},
};

/// The actor of everything that concerns the tenant as a whole.
pub const TENANT: &str = "tenant";

/// What was found out about the tenant before anything was created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    /// The default domain, lower case.
    pub domain: String,
    /// The licence that workers are given, where they are given one.
    pub sku: Option<Sku>,
    /// Features that cannot be had here, and why.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub off: BTreeMap<Feature, String>,
}

/// A licence that the tenant has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sku {
    /// Its id.
    pub id: String,
    /// Seats that nobody had when it was looked at.
    pub free: u32,
}

/// A worker's account in the tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The user's id.
    pub user_id: String,
    /// Since when its mailbox answers; none: not yet.
    pub ready: Option<Instant>,
    /// Whether the host speaks for it, where everything that it does goes out in its own name.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub voice: bool,
    /// The folders that it made in its mailbox, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub folders: BTreeMap<String, String>,
}

/// What a worker does over and over: each has a draw of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Sends mail.
    Mail,
    /// Looks into the inbox.
    Inbox,
    /// Talks in Teams.
    Teams,
    /// Works on documents.
    Documents,
}

impl Purpose {
    fn name(self) -> &'static str {
        match self {
            Purpose::Mail => "email",
            Purpose::Inbox => "inbox",
            Purpose::Teams => "teams",
            Purpose::Documents => "documents",
        }
    }
}

/// A deployment with its people.
pub struct Office {
    /// The deployment's id.
    pub deployment: String,
    /// Its seed.
    pub seed: u64,
    /// Its config.
    pub config: Config,
    /// Its figures.
    pub patterns: Patterns,
    /// Everybody, in the order of their numbers.
    pub people: Vec<Person>,
    /// Their places, in the same order.
    pub places: Vec<Place>,
    /// The calendars that occur among them, each once.
    pub calendars: Vec<Rc<Calendar>>,
    /// Meetings of days that were asked for.
    meetings: RefCell<BTreeMap<Day, Rc<Vec<Meeting>>>>,
    /// Since when each has a mailbox, once that was asked for.
    mailboxes: OnceCell<Vec<Option<Instant>>>,
}

impl Office {
    /// The office of a deployment.
    ///
    /// # Errors
    /// `invalid` when config or patterns do not fit.
    pub fn of(deployment: &Deployment) -> Result<Office, Problem> {
        let unfit = || Problem::invalid("config", "the config does not fit this workload");
        let mut config =
            Config::read(&deployment.config).map_err(|problems| problems.into_iter().next().unwrap_or_else(unfit))?;
        let patterns = Patterns::read()?;
        let adopted = match config.source {
            Source::Create => Vec::new(),
            Source::Group(_) => Adopted::known()?,
        };
        if !adopted.is_empty() {
            config.staff(adopted.len() as u32);
        }
        let Organization { mut people, places, calendars } = Organization::of(deployment.seed, &config, &patterns);
        for (person, adopted) in people.iter_mut().zip(adopted) {
            adopted.lend(person);
        }
        let (deployment, seed) = (deployment.id.clone(), deployment.seed);
        let (meetings, mailboxes) = (RefCell::default(), OnceCell::new());
        Ok(Office { deployment, seed, config, patterns, people, places, calendars, meetings, mailboxes })
    }

    /// Whether people use a feature: it was asked for, and nothing was found that forbids it.
    ///
    /// # Errors
    /// The state's.
    pub fn uses(&self, feature: Feature) -> Result<bool, Problem> {
        let is_off = |tenant: Tenant| tenant.off.contains_key(&feature);
        let licensed = self.adopts() || self.config.license != License::None;
        Ok(self.config.features.has(feature)
            && (licensed || feature == Feature::Groups)
            && !Tenant::known()?.is_some_and(is_off))
    }

    /// Those who are ready for a feature, each with the moment since when. For plans: whoever has a mailbox is asked for
    /// once.
    ///
    /// # Errors
    /// The state's.
    pub fn ready(&self, feature: Feature) -> Result<Vec<(&Person, Instant)>, Problem> {
        if !self.uses(feature)? {
            return Ok(Vec::new());
        }
        let since = match feature {
            Feature::Mail | Feature::Calendar => self.mailboxes()?.clone(),
            Feature::Documents | Feature::Groups | Feature::Teams => {
                self.people.iter().map(|person| opened(&person.worker, feature)).collect::<Result<_, Problem>>()?
            }
        };
        Ok(self.people.iter().zip(since).filter_map(|(person, since)| Some((person, since?))).collect())
    }

    fn mailboxes(&self) -> Result<&Vec<Option<Instant>>, Problem> {
        if let Some(known) = self.mailboxes.get() {
            return Ok(known);
        }
        let ready = |person: &Person| Ok(Account::of(&person.worker)?.and_then(|account| account.ready));
        let known = self.people.iter().map(ready).collect::<Result<_, Problem>>()?;
        Ok(self.mailboxes.get_or_init(|| known))
    }

    /// A person by its worker's id, or by an actor that acts for it.
    ///
    /// # Errors
    /// `invalid` when nobody has it.
    pub fn person(&self, worker: &str) -> Result<&Person, Problem> {
        let worker = naming::worker_of_actor(worker);
        let index = naming::number(worker).and_then(|number| number.checked_sub(1));
        index.and_then(|index| self.people.get(index as usize)).ok_or_else(|| {
            Problem::invalid("no-such-worker", format!("{worker} is none of the {} workers", self.people.len()))
        })
    }

    /// A person's place.
    ///
    /// # Errors
    /// `invalid` when it is no person of this office.
    pub fn place(&self, person: &Person) -> Result<&Place, Problem> {
        self.places.get(index(person)).ok_or_else(|| {
            Problem::invalid(
                "no-such-worker",
                format!("{} is none of the {} workers", person.worker, self.people.len()),
            )
        })
    }

    /// The meetings of a day.
    pub fn meetings(&self, day: Day) -> Rc<Vec<Meeting>> {
        let draw = || Rc::new(meetings::on(self.seed, &self.places, &self.patterns, day));
        Rc::clone(self.meetings.borrow_mut().entry(day).or_insert_with(draw))
    }

    /// Does something with a person's draw of a purpose.
    ///
    /// # Errors
    /// `invalid` when it is no person of this office.
    pub fn draw<T>(&self, person: &Person, purpose: Purpose, act: impl FnOnce(&Draw) -> T) -> Result<T, Problem> {
        let (index, place) = (index(person), self.place(person)?);
        let (calendar, rates) = (&place.calendar, self.patterns.rates(place.department));
        let meetings = |day: Day| {
            let all = self.meetings(day);
            all.iter().filter(|meeting| meeting.has(index)).map(|meeting| meeting.time).collect()
        };
        let per_hour = match purpose {
            Purpose::Mail => rates.email,
            Purpose::Inbox => self.patterns.inbox.visits_per_hour,
            Purpose::Teams => rates.teams,
            Purpose::Documents => rates.documents / f64::from(calendar.closes - calendar.opens),
        };
        let rhythm = &self.patterns.rhythm;
        // People write in bursts; they do not look into their inbox or begin documents so.
        let followers = if matches!(purpose, Purpose::Mail | Purpose::Teams) { rhythm.followers } else { 0.0 };
        let texture = match self.config.pattern {
            Pattern::Flat => None,
            Pattern::Office => {
                let (variance, quiet) = (self.config.variance, self.patterns.meetings.quiet);
                Some(Texture { rhythm, followers, variance, quiet, meetings: &meetings })
            }
        };
        let (seed, worker) = (self.seed, person.worker.as_str());
        Ok(act(&Draw { calendar, seed, worker, purpose: purpose.name(), per_hour, texture }))
    }

    /// Does something that a worker does itself, or an actor that acts for it: where workers act for themselves, its
    /// requests go out with the worker's own token.
    pub fn speak<T>(&self, actor: &str, act: impl FnOnce() -> T) -> T {
        match self.config.act_as {
            ActAs::App => act(),
            ActAs::Delegated => http::speaking_as(naming::worker_of_actor(actor), act),
        }
    }

    /// The first moment from this one on at which anybody works.
    pub fn next(&self, moment: Instant) -> Option<Instant> {
        calendar::next(self.calendars.iter().map(Rc::as_ref), moment)
    }

    /// Whether people had accounts before, and keep them.
    pub fn adopts(&self) -> bool {
        self.config.source != Source::Create
    }

    /// The worker who has this address; none if nobody of this deployment has.
    pub fn worker_at(&self, address: &str) -> Option<String> {
        if self.adopts() {
            let has = |person: &&Person| person.address.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(address));
            return self.people.iter().find(has).map(|person| person.worker.clone());
        }
        naming::worker_of(&self.deployment, address)
    }

    /// A person's address.
    pub fn address(&self, person: &Person, tenant: &Tenant) -> String {
        if let Some(address) = &person.address {
            return address.clone();
        }
        naming::upn(&self.deployment, person.number, &tenant.domain)
    }

    /// An activity of this person, with what identifies it and its recipients in the ground truth.
    ///
    /// # Errors
    /// `invalid` when it is no person of this office.
    pub fn told(&self, activity: Activity, person: &Person, upn: &str, user_id: &str) -> Result<Activity, Problem> {
        let place = self.place(person)?;
        let workers = activity.recipients.iter().filter_map(|address| self.worker_at(address));
        let accounts = workers.map(|worker| Account::of(&worker)).collect::<Result<Vec<_>, Problem>>()?;
        let ids: Vec<String> = accounts.into_iter().flatten().map(|account| account.user_id).collect();
        Ok(activity
            .to_ids(ids.iter().map(String::as_str))
            .with("worker", person.name())
            .with("user_id", user_id)
            .with("upn", upn)
            .with("department", place.department.key())
            .with("time_zone", place.calendar.zone.name()))
    }
}

/// State: since when a worker can use a feature whose tasks have an actor of their own.
fn opened_key(worker: &str, feature: Feature) -> String {
    state::actor_key(&feature.actor(worker), "ready")
}

/// Since when a worker can use a feature; none: not yet.
fn opened(worker: &str, feature: Feature) -> Result<Option<Instant>, Problem> {
    state::load(&opened_key(worker, feature))
}

/// Remembers that a worker can use a feature from now on; from a task of the feature's actor.
///
/// # Errors
/// The host's.
pub fn open(worker: &str, feature: Feature, now: Instant) -> Result<(), Problem> {
    state::save(&opened_key(worker, feature), &now)
}

/// A person's place among all.
pub fn index(person: &Person) -> usize {
    (person.number as usize).saturating_sub(1)
}

impl Tenant {
    const NAME: &str = "found";

    /// What is known; none before the tenant was looked at.
    ///
    /// # Errors
    /// `invalid` when the state is of another version.
    pub fn known() -> Result<Option<Tenant>, Problem> {
        state::load(&state::actor_key(TENANT, Tenant::NAME))
    }

    /// What is known, for tasks that are planned only then.
    ///
    /// # Errors
    /// `invalid` when nothing is.
    pub fn required() -> Result<Tenant, Problem> {
        Tenant::known()?.ok_or_else(|| Problem::invalid("no-tenant", "the tenant has not been looked at"))
    }

    /// Remembers it; from a task of [`TENANT`].
    ///
    /// # Errors
    /// The host's.
    pub fn save(&self) -> Result<(), Problem> {
        state::save(&state::actor_key(TENANT, Tenant::NAME), self)
    }
}

impl Account {
    const NAME: &str = "account";

    /// A worker's account; none before it was created.
    ///
    /// # Errors
    /// `invalid` when the state is of another version.
    pub fn of(worker: &str) -> Result<Option<Account>, Problem> {
        state::load(&state::actor_key(worker, Account::NAME))
    }

    /// The account of the worker whose task this is.
    ///
    /// # Errors
    /// `invalid` when it has none.
    pub fn required(task: &Task) -> Result<Account, Problem> {
        let worker = naming::worker_of_actor(&task.actor);
        Account::of(worker)?
            .ok_or_else(|| Problem::invalid("no-account", format!("{worker} has no account in the tenant")))
    }

    /// Remembers it; from a task of this worker.
    ///
    /// # Errors
    /// The host's.
    pub fn save(&self, worker: &str) -> Result<(), Problem> {
        state::save(&state::actor_key(worker, Account::NAME), self)
    }
}
