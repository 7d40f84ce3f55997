//! Flags and file put together.
//!
//! Two rules. Flags win over the file, key by key. And `duration_hours` belongs to the host, wherever it stands: as `-d`,
//! as `-c duration_hours=`, at the file's top or in its `config`, or as the schema's default; a workload whose schema has
//! the key sees the value that is obeyed. Two different durations *at one level* are a contradiction, not a choice.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

use super::{DeployFile, Given, Schema, duration, parse_duration, parse_pair, read, schema};
use crate::problems::{Problem, Problems};

/// The config key that the host obeys itself.
const DURATION: &str = "duration_hours";

/// What the command line of `deploy` says, unread: it travels to the host like this.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The argument.
    pub workload: Option<String>,
    /// Every `-c`.
    pub config: Vec<String>,
    /// `-d`.
    pub duration: Option<String>,
    /// Every `-t`.
    pub tags: Vec<String>,
    /// `--tenant`.
    pub tenant: Option<String>,
    /// `--seed`.
    pub seed: Option<u64>,
}

impl Asked {
    /// Which workload is meant.
    ///
    /// # Errors
    /// Neither the argument nor the file says it, or they contradict each other.
    pub fn workload(&self, file: Option<&DeployFile>) -> Result<String, Problems> {
        match (&self.workload, file.and_then(|file| file.workload.as_ref())) {
            (Some(argument), Some((name, place))) if argument != name => {
                let message = format!("the command says {argument}; leave one of the two out");
                let mut problems = file.map(|file| file.problems.clone()).unwrap_or_default();
                problems.push(Problem::new("workload_name", message).with(name).at(Some(place.clone())));
                Err(problems)
            }
            (Some(name), _) | (None, Some((name, _))) => Ok(name.clone()),
            // Which workload was meant stands perhaps where the file cannot be read.
            (None, None) if file.is_some_and(|file| !file.problems.is_empty()) => {
                Err(file.map(|file| file.problems.clone()).unwrap_or_default())
            }
            (None, None) => {
                Err(Problem::new("", "no workload; name one, or write workload_name in the file of -f").into())
            }
        }
    }

    /// Everything else, checked against the workload's schema.
    ///
    /// # Errors
    /// All problems of flags, file and config at once.
    pub fn order(&self, schema: &Schema, file: Option<&DeployFile>) -> Result<Order, Problems> {
        let (order, problems) = self.read(schema, file);
        problems.or(order)
    }

    /// The same: what can be read, and all problems of flags, file and config.
    pub fn read(&self, schema: &Schema, file: Option<&DeployFile>) -> (Order, Problems) {
        let mut problems = file.map(|file| file.problems.clone()).unwrap_or_default();
        let flags = self.pairs(&mut problems);
        let inherited = file.map(|file| file.config.as_slice()).unwrap_or_default();
        let inherited = inherited.iter().filter(|(key, _)| !flags.iter().any(|(flag, _)| flag == key));
        let mut given: Vec<(String, Given)> = inherited.cloned().chain(flags.iter().cloned()).collect();
        given.retain(|(key, _)| key != DURATION);

        let lasting = self.duration(schema, &flags, file, &mut problems);
        if let (Some(lasting), Some(_)) = (&lasting, schema.get(DURATION)) {
            given.push((DURATION.to_owned(), lasting.given.clone()));
        }
        let (config, others) = read(schema, given);
        problems.extend(others);
        let order = Order {
            config,
            duration: lasting.map(|lasting| lasting.duration),
            tags: self.merged_tags(file, &mut problems),
            tenant: self.tenant.clone().or_else(|| file.and_then(|file| file.tenant.clone())),
            seed: self.seed.or_else(|| file.and_then(|file| file.seed)),
        };
        (order, problems)
    }

    fn pairs(&self, problems: &mut Problems) -> Vec<(String, Given)> {
        let mut pairs = Vec::new();
        for text in &self.config {
            match parse_pair(text) {
                Ok((key, value)) => pairs.push((key, Given::Text(value))),
                Err(problem) => problems.push(problem),
            }
        }
        pairs
    }

    /// The duration of the first level that says one: flags, file, schema.
    fn duration(
        &self,
        schema: &Schema,
        flags: &[(String, Given)],
        file: Option<&DeployFile>,
        problems: &mut Problems,
    ) -> Option<Lasting> {
        let in_config = |(key, given): &(String, Given)| (key == DURATION).then(|| Lasting::read(given));
        let dash_d = self.duration.iter().map(|text| Lasting::read(&Given::Text(text.clone())));
        let flags: Vec<_> = dash_d.chain(flags.iter().filter_map(in_config)).collect();
        let top = file
            .and_then(|file| file.duration.clone())
            .map(|(duration, place)| Ok(Lasting { duration, given: Given::Typed { value: hours(duration), place } }));
        let filed: Vec<_> =
            top.into_iter().chain(file.iter().flat_map(|f| f.config.iter().filter_map(in_config))).collect();
        // What a flag overrides must still be readable: a file with a mistake in it is not silently half obeyed.
        let (flags, filed) = (one(flags, problems), one(filed, problems));
        flags.or(filed).or_else(|| {
            let default = schema.get(DURATION)?.default.as_ref()?;
            Lasting::read(&Given::Text(default.to_string())).ok()
        })
    }

    fn merged_tags(&self, file: Option<&DeployFile>, problems: &mut Problems) -> Vec<(String, String)> {
        let mut tags = file.map(|file| file.tags.clone()).unwrap_or_default();
        let mut given = BTreeMap::new();
        for text in &self.tags {
            match parse_tag(text) {
                Ok((key, value)) if given.insert(key.clone(), value.clone()).is_some_and(|other| other != value) => {
                    let why = format!("{key} is given twice, with different values");
                    problems.push(Problem::new(format!("-t {}", crate::problems::shorten(text)), why));
                }
                Ok((key, value)) => match tags.iter_mut().find(|(known, _)| *known == key) {
                    Some(tag) => tag.1 = value,
                    None => tags.push((key, value)),
                },
                Err(problem) => problems.push(problem),
            }
        }
        tags
    }
}

/// What is to be deployed, all of it valid.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Order {
    /// The config that the guest sees.
    pub config: Map<String, Value>,
    /// When it ends by itself; none: when it is stopped.
    pub duration: Option<Duration>,
    /// Tags: the file's, then those of the command line.
    pub tags: Vec<(String, String)>,
    /// The tenant's name, if one was named.
    pub tenant: Option<String>,
    /// The seed, if one was given.
    pub seed: Option<u64>,
}

/// A duration, and the value under which it goes through the schema.
#[derive(Clone)]
struct Lasting {
    duration: Duration,
    given: Given,
}

impl Lasting {
    fn read(given: &Given) -> Result<Lasting, Problem> {
        let text = match given {
            Given::Typed { value: Value::String(text), .. } => text.clone(),
            given => given.shown(),
        };
        let wrong = |why: String| Problem::new(DURATION, why).with(&text).at(given.place());
        let duration = parse_duration(&text).map_err(wrong)?;
        let given = match given.place() {
            Some(place) => Given::Typed { value: hours(duration), place },
            None => Given::Text(hours(duration).to_string()),
        };
        Ok(Lasting { duration, given })
    }
}

fn hours(duration: Duration) -> Value {
    Number::from_f64(duration::hours(duration)).map_or(Value::Null, |number| schema::plain(&number))
}

/// The one duration that these say; reports what cannot be read, and a contradiction.
fn one(said: Vec<Result<Lasting, Problem>>, problems: &mut Problems) -> Option<Lasting> {
    let mut chosen: Option<Lasting> = None;
    for lasting in said {
        match (lasting, &chosen) {
            (Err(problem), _) => problems.push(problem),
            (Ok(lasting), None) => chosen = Some(lasting),
            (Ok(lasting), Some(first)) if first.duration != lasting.duration => {
                let message = format!(
                    "given twice, as {} and as {} hours; give it once",
                    duration::hours(first.duration),
                    duration::hours(lasting.duration)
                );
                problems.push(Problem::new(DURATION, message).at(lasting.given.place()));
            }
            (Ok(_), Some(_)) => {}
        }
    }
    chosen
}

fn parse_tag(text: &str) -> Result<(String, String), Problem> {
    let wrong = |why: String| Problem::new(format!("-t {}", crate::problems::shorten(text)), why);
    let (key, value) =
        text.split_once('=').ok_or_else(|| wrong("not key=value; write it like -t team=blue".to_owned()))?;
    check_tag(key, value).map_err(wrong)?;
    Ok((key.to_owned(), value.to_owned()))
}

/// Tags are shown in tables and used as filters, so both halves are short and on one line.
pub(super) fn check_tag(key: &str, value: &str) -> Result<(), String> {
    let key_fits =
        (1..=64).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    if !key_fits {
        return Err("a tag's key is 1 to 64 letters, digits, '.', '_' or '-'".to_owned());
    }
    if value.chars().count() > 256 || value.chars().any(char::is_control) {
        return Err("a tag's value is at most 256 characters on one line".to_owned());
    }
    Ok(())
}

pub(super) fn parse_seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("not a seed; write a whole number from 0 to {}", u64::MAX))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::schema;
    use super::*;

    fn asked(config: &[&str], duration: Option<&str>) -> Asked {
        let config = ["goal=x"].iter().chain(config).map(|s| (*s).to_owned()).collect();
        Asked { config, duration: duration.map(str::to_owned), ..Asked::default() }
    }

    fn file(text: &str) -> DeployFile {
        DeployFile::parse(text, "d.yaml").unwrap()
    }

    fn hours_of(asked: &Asked, file: Option<&DeployFile>) -> (Option<f64>, Value) {
        let order = asked.order(&schema(), file).unwrap();
        (order.duration.map(duration::hours), order.config.get(DURATION).cloned().unwrap_or_default())
    }

    #[test]
    fn a_duration_is_obeyed_wherever_it_stands_and_the_guest_sees_it() {
        let top = file("duration_hours: 5\n");
        let nested = file("config: {duration_hours: 6}\n");
        assert_eq!(hours_of(&asked(&[], Some("90m")), None), (Some(1.5), json!(1.5)));
        assert_eq!(hours_of(&asked(&["duration_hours=3"], None), None), (Some(3.0), json!(3)));
        assert_eq!(hours_of(&asked(&[], None), Some(&top)), (Some(5.0), json!(5)));
        assert_eq!(hours_of(&asked(&[], None), Some(&nested)), (Some(6.0), json!(6)));
        assert_eq!(hours_of(&asked(&[], None), None), (None, Value::Null));
    }

    #[test]
    fn flags_win_over_the_file_and_the_schemas_default_is_the_last_word() {
        let top = file("duration_hours: 5\nconfig: {workers: 9, use_llm: true}\nseed: 1\ntags: {a: x, b: y}\n");
        let mut asked = asked(&["workers=2"], Some("1d"));
        asked.tags = vec!["b=z".into(), "c=".into()];
        let order = asked.order(&schema(), Some(&top)).unwrap();
        assert_eq!(order.duration, Some(Duration::from_secs(86_400)));
        assert_eq!((&order.config["workers"], &order.config["use_llm"]), (&json!(2), &json!(true)));
        assert_eq!(order.seed, Some(1));
        let tags: Vec<_> = order.tags.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(tags, [("a", "x"), ("b", "z"), ("c", "")]);

        let mut keys = schema().keys().to_vec();
        keys.iter_mut().filter(|key| key.name == DURATION).for_each(|key| key.default = Some(json!(8)));
        let order = self::asked(&[], None).order(&Schema::new(keys), None).unwrap();
        assert_eq!(order.duration, Some(Duration::from_secs(8 * 3600)));
    }

    #[test]
    fn a_workload_without_the_key_still_has_its_duration_obeyed() {
        let order = Asked { config: vec!["duration_hours=2".into()], ..Asked::default() };
        let order = order.order(&Schema::default(), None).unwrap();
        assert_eq!((order.duration, order.config.len()), (Some(Duration::from_secs(7200)), 0));
    }

    #[test]
    fn two_durations_at_one_level_are_a_contradiction() {
        let said = asked(&["duration_hours=3"], Some("4")).order(&schema(), None).unwrap_err().to_string();
        assert_eq!(said, "duration_hours: given twice, as 4 and as 3 hours; give it once");
        let both = file("duration_hours: 5\nconfig: {duration_hours: 6}\n");
        let said = asked(&[], None).order(&schema(), Some(&both)).unwrap_err().to_string();
        assert_eq!(said, "d.yaml:2: duration_hours: given twice, as 5 and as 6 hours; give it once");
        assert!(asked(&["duration_hours=3"], Some("180m")).order(&schema(), None).is_ok());
    }

    #[test]
    fn bad_durations_are_refused_once_and_the_schemas_range_holds() {
        let said = |asked: Asked| asked.order(&schema(), None).unwrap_err().to_string();
        assert_eq!(
            said(asked(&["duration_hours=0"], None)),
            "duration_hours=0: more than 0; leave it out to run until stopped"
        );
        assert_eq!(said(asked(&[], Some("-5"))), "duration_hours=-5: more than 0; leave it out to run until stopped");
        assert_eq!(
            said(asked(&[], Some("soon"))),
            "duration_hours=soon: not a duration; write hours (8), 90m, 8h or 3d"
        );
        assert_eq!(said(asked(&[], Some("400d"))), "duration_hours=9600: at most 8760");
    }

    #[test]
    fn problems_of_flags_file_and_config_come_together() {
        let mut asked = asked(&["workers", "colour=red"], Some("soon"));
        asked.tags = vec!["a b=c".into(), "x=1".into(), "x=2".into(), "x=2".into()];
        let file = file("config: {workers: 0}\n");
        let problems = asked.order(&schema(), Some(&file)).unwrap_err();
        let keys: Vec<&str> = problems.iter().map(|p| p.key.as_str()).collect();
        assert_eq!(keys, ["workers", "-c workers", "duration_hours", "colour", "-t a b=c", "-t x=2"]);
    }

    #[test]
    fn the_workload_comes_from_the_argument_or_the_file_but_not_from_both() {
        let file = file("workload_name: heartbeat\n");
        let named = |name: Option<&str>| Asked { workload: name.map(str::to_owned), ..Asked::default() };
        assert_eq!(named(None).workload(Some(&file)).unwrap(), "heartbeat");
        assert_eq!(named(Some("heartbeat")).workload(Some(&file)).unwrap(), "heartbeat");
        let said = named(Some("other")).workload(Some(&file)).unwrap_err().to_string();
        assert_eq!(said, "d.yaml:1: workload_name=heartbeat: the command says other; leave one of the two out");
        assert!(named(None).workload(None).is_err());
    }

    #[test]
    fn problems_of_file_flags_and_config_come_at_once() {
        let file = DeployFile::parse_what_can_be("wrkload: 3\nconfig: {workers: 0, departmnt: x}\n", "d.yaml");
        let asked = Asked {
            workload: Some("w".into()),
            config: vec!["foo".into(), "goal=x".into()],
            tags: vec!["bad".into()],
            duration: Some("soon".into()),
            ..Asked::default()
        };
        assert_eq!(asked.workload(Some(&file)).unwrap(), "w");
        let said = asked.order(&super::super::tests::schema(), Some(&file)).unwrap_err().to_string();
        for key in ["wrkload", "workers=0", "departmnt", "foo", "bad", "soon"] {
            assert!(said.contains(key), "{key} is not in:\n{said}");
        }
        let nameless = Asked::default().workload(Some(&file)).unwrap_err().to_string();
        assert!(nameless.contains("wrkload") && !nameless.contains("no workload"), "{nameless}");
    }
}
