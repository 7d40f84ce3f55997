//! The config of a deployment, as the manifest's `config_schema` describes it.

mod actions;
mod anomalies;
mod department;
mod features;
mod list;
mod source;
mod staffing;
mod together;
mod voices;

use std::{collections::BTreeSet, rc::Rc};

use haymaker_guest::{
    Problem,
    time::{Day, HOUR},
};
use serde::Deserialize;

use self::together::Together;
pub use self::{
    actions::Actions,
    anomalies::{Anomaly, Pack},
    department::Department,
    features::{Feature, Features},
    source::{License, Source},
    staffing::{MOST_WORKERS, Zones},
    voices::{ActAs, TeamsMode},
};

/// How many people there are, and where they work, if nobody says.
const USUAL_STAFF: (Department, u32) = (Department::Sales, 25);

/// How much a worker's days differ, in percent to either side, if nobody says (BEHAVIOUR's 30).
const USUAL_VARIANCE: f64 = 30.0;

/// The longest directive, in characters: it goes along with every mail that a model writes.
const LONGEST_DIRECTIVE: usize = 500;

/// The config, understood.
#[derive(Clone, Debug)]
pub struct Config {
    /// How many people each department has, in the order of their numbers.
    pub departments: Vec<(Department, u32)>,
    /// Whether somebody said how many they are. Adopted people are otherwise as many as can be adopted.
    pub counted: bool,
    /// Where they come from.
    pub source: Source,
    /// Where they live.
    pub time_zones: Zones,
    /// Days on which nobody works.
    pub holidays: Rc<BTreeSet<Day>>,
    /// How they behave over a day.
    pub pattern: Pattern,
    /// What of Microsoft 365 they use.
    pub features: Features,
    /// How they come to speak in Teams.
    pub teams_mode: TeamsMode,
    /// As whom mail, meetings and documents are made.
    pub act_as: ActAs,
    /// What they do besides writing new mail.
    pub actions: Actions,
    /// What some of them do that defenders are to find.
    pub anomalies: Vec<Anomaly>,
    /// How much busier or quieter a worker's day is than usual: uniform in 1 plus or minus this, 0 to 1.
    pub variance: f64,
    /// How long the deployment runs, in hours; none: until it is stopped. The host ends it; the workload only plans
    /// towards it.
    pub duration_hours: Option<f64>,
    /// How they come to their mailboxes.
    pub license: License,
    /// Where licences are used, ISO 3166-1 alpha-2.
    pub usage_location: String,
    /// How a language model writes the texts; none: templates do.
    pub generation: Option<Generation>,
}

/// What an operator says about texts that a language model writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Generation {
    /// What is added to the prompt of every mail.
    pub directive: Option<String>,
}

/// How people behave over a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pattern {
    /// The same intensity all working day.
    Flat,
    /// The texture of an office: peaks, lunch, meetings, bursts.
    Office,
}

/// The config as it is written. The host has checked types and ranges and filled in the defaults.
#[derive(Deserialize)]
struct Written {
    workers: Option<u32>,
    department: Option<Department>,
    departments: Option<String>,
    time_zones: Option<String>,
    holidays: Option<String>,
    pattern: Pattern,
    features: Option<String>,
    #[serde(default)]
    teams_mode: TeamsMode,
    #[serde(default)]
    act_as: ActAs,
    actions: Option<String>,
    #[serde(default)]
    anomalies: Vec<serde_json::Value>,
    activity_variance_percent: Option<f64>,
    duration_hours: Option<f64>,
    #[serde(default = "created")]
    workers_from: String,
    license: String,
    usage_location: String,
    #[serde(default)]
    enable_ai_generation: bool,
    email_directive: Option<String>,
}

impl Config {
    /// Reads a config.
    ///
    /// # Errors
    /// All that is wrong with it at once: what the schema cannot say.
    pub fn read(config: &str) -> Result<Config, Vec<Problem>> {
        let written: Written = serde_json::from_str(config).map_err(|error| {
            vec![Problem::invalid("config", format!("the config does not fit this workload: {error}"))]
        })?;
        let mut problems = Vec::new();
        let departments = keep(&mut problems, "departments", written.departments());
        // Where they cannot be counted, nothing else is wrong for that.
        let workers = departments.as_ref().map(|departments| departments.iter().map(|(_, count)| count).sum());
        let departments = departments.unwrap_or_default();
        let zones = written.time_zones.as_deref().map(|text| Zones::read(text, workers)).transpose();
        let zones = keep(&mut problems, "time_zones", zones).flatten();
        let days = keep(&mut problems, "holidays", written.holidays.as_deref().map_or(Ok(BTreeSet::new()), holidays));
        let features = written.features.as_deref().map(|text| Features::read(text, written.pattern)).transpose();
        let features = keep(&mut problems, "features", features).flatten();
        let actions = written.actions.as_deref().map(Actions::read).transpose();
        let actions = keep(&mut problems, "actions", actions).flatten();
        let source = keep(&mut problems, "workers_from", Source::read(&written.workers_from));
        let license = keep(&mut problems, "license", License::read(&written.license));
        keep(&mut problems, "usage_location", location(&written.usage_location));
        let generation = keep(&mut problems, "email_directive", written.generation()).flatten();
        let source = source.unwrap_or(Source::Create);
        let together = Together { written: &written, adopts: matches!(source, Source::Group(_)) };
        let features = features.unwrap_or_else(|| Features::usual(written.pattern));
        let features = together.features(features, &mut problems);
        together.sign_ins(&mut problems);
        let actions = together.actions(actions, &mut problems);
        let license = license.unwrap_or(License::None);
        let packs = anomalies::read(&written.anomalies, workers.unwrap_or(MOST_WORKERS), &mut problems);
        together.licences(&features, &mut problems);
        together.packs(&packs, (&features, &license), &mut problems);
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Config {
            departments,
            counted: written.workers.is_some() || written.departments.is_some(),
            source,
            time_zones: zones.unwrap_or_default(),
            holidays: Rc::new(days.unwrap_or_default()),
            pattern: written.pattern,
            features,
            teams_mode: written.teams_mode,
            act_as: written.act_as,
            actions,
            anomalies: packs.into_iter().map(|(_, anomaly)| anomaly).collect(),
            variance: written.activity_variance_percent.unwrap_or(USUAL_VARIANCE) / 100.0,
            duration_hours: written.duration_hours,
            license,
            usage_location: written.usage_location,
            generation,
        })
    }

    /// Sets how many people there are, where nobody said: all in the same department.
    pub fn staff(&mut self, count: u32) {
        if let (false, [(_, number)]) = (self.counted, self.departments.as_mut_slice()) {
            *number = count.clamp(1, MOST_WORKERS);
        }
    }

    /// Whether each worker signs in with its generated password before it does anything.
    pub fn signs_in(&self) -> bool {
        self.act_as == ActAs::Delegated
            && self.source == Source::Create
            && self.teams_mode != TeamsMode::DeviceCode
            && self.license != License::None
    }

    /// How many people there are.
    pub fn workers(&self) -> u32 {
        self.departments.iter().map(|(_, count)| count).sum()
    }

    /// How long the deployment runs, in milliseconds.
    pub fn duration(&self) -> Option<u64> {
        self.duration_hours.map(|hours| (hours * HOUR as f64).round() as u64)
    }
}

impl Written {
    /// Whether a model writes, and what it is told.
    fn generation(&self) -> Result<Option<Generation>, String> {
        let directive = self.email_directive.as_deref().map(str::trim).filter(|text| !text.is_empty());
        let length = directive.map_or(0, |text| text.chars().count());
        match directive {
            Some(_) if !self.enable_ai_generation => {
                Err("only a language model reads it; set enable_ai_generation, or leave it out".to_owned())
            }
            Some(_) if length > LONGEST_DIRECTIVE => {
                Err(format!("it has {length} characters; {LONGEST_DIRECTIVE} is the most"))
            }
            directive => {
                let directive = directive.map(str::to_owned);
                Ok(self.enable_ai_generation.then_some(Generation { directive }))
            }
        }
    }

    /// Who works where. `departments` stands for itself; `workers` beside it may only repeat its sum.
    fn departments(&self) -> Result<Vec<(Department, u32)>, String> {
        let Some(text) = &self.departments else {
            let (department, workers) = USUAL_STAFF;
            return Ok(vec![(self.department.unwrap_or(department), self.workers.unwrap_or(workers))]);
        };
        let read = staffing::departments(text)?;
        let sum: u32 = read.iter().map(|(_, count)| count).sum();
        if let Some(department) =
            self.department.filter(|department| !matches!(read.as_slice(), [(only, _)] if only == department))
        {
            return Err(format!("`department` says {}; leave one of the two out", department.key()));
        }
        if let Some(workers) = self.workers.filter(|workers| *workers != sum) {
            return Err(format!("they are {sum} people, and `workers` says {workers}; leave `workers` out"));
        }
        if sum > MOST_WORKERS {
            return Err(format!("they are {sum} people; a deployment has at most {MOST_WORKERS}"));
        }
        Ok(read)
    }
}

/// The value, or a problem of this key more.
fn keep<T>(problems: &mut Vec<Problem>, key: &str, value: Result<T, String>) -> Option<T> {
    value.map_err(|why| problems.push(Problem::config(key, why))).ok()
}

fn holidays(text: &str) -> Result<BTreeSet<Day>, String> {
    let days = list::names(text, |day| day.parse().ok());
    let days = days.map_err(|unknown| format!("no date: {unknown}; write them like 2026-12-25"))?;
    Ok(days.into_iter().collect())
}

fn created() -> String {
    "create".to_owned()
}

/// The codes of ISO 3166-1 alpha-2 that are assigned, in their order.
const COUNTRIES: &str = "\
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC \
    CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD \
    GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH \
    KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW \
    MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC \
    SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY \
    UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

fn location(country: &str) -> Result<(), String> {
    if COUNTRIES.split(' ').any(|known| known == country) {
        return Ok(());
    }
    Err(format!("`{country}` is not a country: write two capitals (ISO 3166), like US"))
}

/// What the schema cannot say: all problems at once.
pub fn problems(config: &str) -> Vec<Problem> {
    Config::read(config).err().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn config(more: Value) -> String {
        let mut config = json!({"pattern": "flat", "license": "SPE_E3", "usage_location": "DE"});
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        config.to_string()
    }

    fn codes(more: Value) -> Vec<String> {
        problems(&config(more)).into_iter().map(|problem| problem.code).collect()
    }

    #[test]
    fn a_config_is_refused_with_all_its_problems_at_once() {
        let wrong = json!({
            "departments": "sales: 3", "workers": 4, "time_zones": "Mars", "holidays": "tomorrow",
            "features": "sleep", "actions": "sleep", "workers_from": "mars", "license": "some", "usage_location": "usa",
        });
        let all = [
            "departments",
            "time_zones",
            "holidays",
            "features",
            "actions",
            "workers_from",
            "license",
            "usage_location",
        ];
        assert_eq!(codes(wrong), all.map(|key| format!("config.{key}")));
        assert!(codes(json!({"workers": 3, "department": "hr"})).is_empty());
        let uncounted = json!({"departments": "sals: 3", "time_zones": "UTC: 2, Europe/Berlin: 1"});
        assert_eq!(codes(uncounted), ["config.departments"], "nobody knows that the zones' numbers are wrong");
        assert_eq!(problems("{}").len(), 1);
    }

    #[test]
    fn departments_may_be_said_in_two_ways_that_do_not_contradict_each_other() {
        for right in [
            json!({"departments": "sales: 3, hr: 2"}),
            json!({"departments": "sales: 3, hr: 2", "workers": 5}),
            json!({"departments": "sales: 3", "department": "sales"}),
        ] {
            assert!(codes(right).is_empty());
        }
        for wrong in [
            json!({"departments": "sales: 3, hr: 2", "workers": 6}),
            json!({"departments": "sales: 3, hr: 2", "department": "sales"}),
            json!({"departments": "sales: 200, hr: 200"}),
        ] {
            assert_eq!(codes(wrong), ["config.departments"]);
        }
    }

    #[test]
    fn without_a_word_there_are_25_sales_people_in_utc_who_write_new_mail_only() {
        let config = Config::read(&config(json!({}))).unwrap();
        assert_eq!((config.departments.as_slice(), config.workers()), (&[(Department::Sales, 25)][..], 25));
        assert_eq!((config.actions, config.time_zones), (Actions::NONE, Zones::default()));
    }

    #[test]
    fn what_needs_a_mailbox_is_not_asked_for_where_nobody_has_one() {
        assert_eq!(codes(json!({"license": "none", "features": "mail, groups"})), ["config.features"]);
        assert!(codes(json!({"license": "none", "features": "groups"})).is_empty());
        assert!(codes(json!({"license": "none"})).is_empty());
    }

    #[test]
    fn a_country_is_one_that_there_is() {
        assert!(codes(json!({"usage_location": "CH"})).is_empty());
        for none in ["ZZ", "de", "", " ", "DE FR"] {
            assert_eq!(codes(json!({"usage_location": none})), ["config.usage_location"], "{none:?}");
        }
    }

    #[test]
    fn an_office_answers_unless_it_is_told_not_to() {
        let actions = |more| Config::read(&config(more)).unwrap().actions;
        assert_eq!(actions(json!({"pattern": "office"})), Actions::ALL);
        assert_eq!(actions(json!({"pattern": "office", "actions": "none"})), Actions::NONE);
        assert_eq!(actions(json!({"actions": "all"})), Actions::ALL);
    }

    #[test]
    fn a_directive_is_for_a_model_that_is_turned_on_and_is_not_long() {
        let on = |directive: &str| json!({"enable_ai_generation": true, "email_directive": directive});
        let generation = |more| Config::read(&config(more)).unwrap().generation;
        assert_eq!(generation(json!({})), None);
        assert_eq!(generation(json!({"enable_ai_generation": true})), Some(Generation::default()));
        let directive = "é".repeat(500);
        assert_eq!(generation(on(&directive)), Some(Generation { directive: Some(directive) }));
        for wrong in [on(&"x".repeat(501)), json!({"email_directive": "Be brief."})] {
            assert_eq!(codes(wrong), ["config.email_directive"]);
        }
    }

    #[test]
    fn teams_that_is_off_is_no_feature_and_cannot_be_asked_for() {
        let config = Config::read(&config(json!({"teams_mode": "off"}))).unwrap();
        assert!(!config.features.has(Feature::Teams) && config.features.has(Feature::Groups));
        assert_eq!(codes(json!({"teams_mode": "off", "features": "mail, teams"})), ["config.teams_mode"]);
        assert!(codes(json!({"teams_mode": "device-code", "features": "teams"})).is_empty());

        // Nobody knows the passwords of adopted people.
        let group = "group:0a1b2c3d-0000-4000-8000-0a1b2c3d4e5f";
        let adopted = Config::read(&self::config(json!({"workers_from": group}))).unwrap();
        assert!(!adopted.features.has(Feature::Teams) && !adopted.features.has(Feature::Groups));
        assert_eq!(codes(json!({"workers_from": group, "teams_mode": "delegated"})), ["config.teams_mode"]);
        assert!(codes(json!({"workers_from": group, "teams_mode": "device-code"})).is_empty());
    }

    #[test]
    fn messages_are_imported_for_people_who_are_made_and_never_reactions() {
        let read = |more| Config::read(&config(more)).unwrap();
        let office = read(json!({"teams_mode": "migration", "pattern": "office"}));
        assert!(office.features.has(Feature::Teams) && office.actions.reply && !office.actions.react);
        let of =
            |more: &str| codes(serde_json::from_str(&format!(r#"{{"teams_mode": "migration", {more}}}"#)).unwrap());
        assert_eq!(of(r#""actions": "all""#), ["config.actions"]);
        assert!(of(r#""actions": "reply, forward""#).is_empty());
        assert_eq!(of(r#""act_as": "delegated""#), ["config.teams_mode"]);
        assert_eq!(of(r#""workers_from": "group:0a1b2c3d-0000-4000-8000-0a1b2c3d4e5f""#), ["config.teams_mode"]);
    }

    #[test]
    fn workers_act_for_themselves_where_somebody_can_sign_them_in() {
        let group = "group:0a1b2c3d-0000-4000-8000-0a1b2c3d4e5f";
        let read = |more| Config::read(&config(more)).unwrap();
        assert!(!read(json!({})).signs_in() && read(json!({"act_as": "delegated"})).signs_in());
        assert!(!read(json!({"act_as": "delegated", "teams_mode": "device-code"})).signs_in());
        assert_eq!(codes(json!({"act_as": "delegated", "workers_from": group})), ["config.act_as"]);
        let by_code = json!({"act_as": "delegated", "workers_from": group, "teams_mode": "device-code"});
        assert!(!read(by_code).signs_in());
    }

    #[test]
    fn packs_are_refused_where_nobody_can_do_what_they_need() {
        let pack = |pack: &str| json!([{"pack": pack, "worker": "w01", "at": "2026-01-06T22:00"}]);
        let group = "group:0a1b2c3d-0000-4000-8000-0a1b2c3d4e5f";
        let download = pack("mass-download");
        for (wrong, says) in [
            (json!({"anomalies": download}), "needs act_as=delegated"),
            (json!({"anomalies": download, "act_as": "delegated", "features": "mail"}), "needs documents"),
            (json!({"anomalies": pack("internal-phish"), "license": "none"}), "needs mail"),
            (json!({"anomalies": pack("forwarding-rule"), "workers_from": group}), "get no rules"),
        ] {
            let problems = problems(&config(wrong));
            assert!(problems.len() == 1 && problems[0].message.contains(says), "{problems:?}");
            assert_eq!(problems[0].code, "config.anomalies[0].pack");
        }
        let right = json!({"anomalies": download, "act_as": "delegated"});
        assert_eq!(Config::read(&config(right)).unwrap().anomalies[0].pack, Pack::MassDownload);
        assert!(codes(json!({"anomalies": pack("off-hours-burst")})).is_empty());
    }

    #[test]
    fn nothing_is_put_into_the_calendars_of_adopted_people() {
        let adopting = |features: &str| {
            let group = "group:0a1b2c3d-0000-4000-8000-0a1b2c3d4e5f";
            json!({"pattern": "office", "workers_from": group, "features": features, "actions": "reply"})
        };
        let features = Config::read(&config(adopting("auto"))).unwrap().features;
        assert!(features.has(Feature::Mail) && !features.has(Feature::Calendar));
        assert_eq!(codes(adopting("mail, calendar")), ["config.features"]);
    }

    #[test]
    fn nobody_looks_into_the_inbox_of_adopted_people() {
        let group = "group:0a1b2c3d-0000-4000-8000-0a1b2c3d4e5f";
        let office = |more: &str| {
            let text = format!(r#"{{"pattern": "office", "workers_from": "{group}"{more}}}"#);
            Config::read(&config(serde_json::from_str(&text).unwrap()))
        };
        assert_eq!(office("").unwrap().actions, Actions::AMONG_OTHERS);
        assert_eq!(office(r#", "actions": "all""#).unwrap_err()[0].code, "config.actions");
    }

    #[test]
    fn holidays_are_dates() {
        let config = Config::read(&config(json!({"holidays": "2026-12-25, 2026-01-01"}))).unwrap();
        assert_eq!(config.holidays.iter().map(ToString::to_string).collect::<Vec<_>>(), ["2026-01-01", "2026-12-25"]);
    }
}
