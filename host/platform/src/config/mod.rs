//! What an operator asks for: config values, a duration, tags, from flags and from a file.
//!
//! Values come from two places with different types: `-c key=value` is text, and the schema says what it means; YAML has
//! types of its own, and they must be the schema's. Both end in one list of [`Given`] values, and [`validate`] says
//! everything that is wrong with it at once, before anything is created.
//!
//! | module | thought |
//! |---|---|
//! | [`schema`] | which keys a workload's config has, and what each may be |
//! | [`duration`] | how long a deployment runs: `8`, `90m`, `3d` |
//! | [`mod@file`] | the deployment file of `deploy -f` |
//! | [`order`] | flags and file put together: flags win, and `duration_hours` is obeyed wherever it stands |

pub mod duration;
pub mod file;
pub mod order;
pub mod schema;

use serde_json::{Map, Value};

pub use duration::parse_duration;
pub use file::DeployFile;
pub use order::{Asked, Order};
pub use schema::{Key, Kind, Schema};

use crate::problems::{Place, Problem, Problems, shorten, suggest};

/// A config value as somebody gave it.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// From `-c key=value`: the schema says what the text means.
    Text(String),
    /// From a file: it has a type already.
    Typed {
        /// The value.
        value: Value,
        /// Where it stands.
        place: Place,
    },
}

impl Given {
    fn place(&self) -> Option<Place> {
        match self {
            Given::Text(_) => None,
            Given::Typed { place, .. } => Some(place.clone()),
        }
    }

    /// The value as somebody wrote it, for messages and for comparing.
    fn shown(&self) -> String {
        match self {
            Given::Text(text) => text.clone(),
            Given::Typed { value, .. } => schema::shown(value),
        }
    }
}

/// Splits `key=value` at the first `=`; the value may be empty.
///
/// # Errors
/// Without `=`, or with a key that is not one.
pub fn parse_pair(text: &str) -> Result<(String, String), Problem> {
    match text.split_once('=') {
        Some((key, value)) if schema::is_key(key) => Ok((key.to_owned(), value.to_owned())),
        Some((key, _)) => Err(Problem::new(
            format!("-c {}", shorten(text)),
            format!("{:?} cannot be a key; keys are lower-case letters, digits and _", shorten(key)),
        )),
        None => Err(Problem::new(format!("-c {}", shorten(text)), "not key=value; write it like -c workers=25")),
    }
}

/// The config that a guest sees: every key of the schema that was given or has a default, in the schema's order.
///
/// # Errors
/// All problems at once, as [`read`] has them.
pub fn validate(schema: &Schema, given: Vec<(String, Given)>) -> Result<Map<String, Value>, Problems> {
    let (config, problems) = read(schema, given);
    problems.or(config)
}

/// The same, with all problems, each naming its key: unknown keys, wrong types, values out of range or not in the enum, the
/// same key given twice with different values, required keys that are missing. The config is without these.
pub fn read(schema: &Schema, given: Vec<(String, Given)>) -> (Map<String, Value>, Problems) {
    let mut problems = Problems::default();
    for (n, (name, value)) in given.iter().enumerate() {
        if schema.get(name).is_none() {
            let message = format!("unknown key; {}", suggest(name, schema.names()));
            problems.push(Problem::new(name, message).at(value.place()));
        }
        let again = given.iter().skip(n + 1).find(|(other, v)| other == name && v.shown() != value.shown());
        if let Some((_, other)) = again {
            let (one, two) = (shorten(&value.shown()), shorten(&other.shown()));
            let message = format!("given twice, as {one} and as {two}; give it once");
            problems.push(Problem::new(name, message).at(value.place()));
        }
    }
    let mut config = Map::new();
    for key in schema.keys() {
        match given.iter().find(|(name, _)| *name == key.name) {
            Some((_, value)) => match key.accept(value) {
                Ok(value) => drop(config.insert(key.name.clone(), value)),
                Err(why) => problems.push(Problem::new(&key.name, why).with(&value.shown()).at(value.place())),
            },
            None if key.required => {
                let message = format!("missing; give it with -c {}=...", key.name);
                problems.push(Problem::new(&key.name, message));
            }
            None => {
                if let Some(default) = &key.default {
                    config.insert(key.name.clone(), default.clone());
                }
            }
        }
    }
    (config, problems)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The flagship's shape.
    pub(super) fn schema() -> Schema {
        let mut workers = Key::new("workers", Kind::Integer);
        (workers.default, workers.min, workers.max) = (Some(json!(25)), Some(1.0), Some(300.0));
        let mut department = Key::new("department", Kind::String);
        department.default = Some(json!("sales"));
        department.choices = ["sales", "engineering", "hr"].map(|c| json!(c)).to_vec();
        let mut hours = Key::new("duration_hours", Kind::Number);
        (hours.exclusive_min, hours.max) = (Some(0.0), Some(8760.0));
        let mut llm = Key::new("use_llm", Kind::Boolean);
        llm.default = Some(json!(false));
        let mut goal = Key::new("goal", Kind::String);
        goal.required = true;
        Schema::new(vec![workers, department, hours, llm, goal])
    }

    fn given(pairs: &[&str]) -> Vec<(String, Given)> {
        pairs.iter().map(|p| parse_pair(p).unwrap()).map(|(k, v)| (k, Given::Text(v))).collect()
    }

    fn refusal(pairs: &[&str]) -> String {
        let mut given = given(pairs);
        given.push(("goal".into(), Given::Text("x".into())));
        validate(&schema(), given).unwrap_err().to_string()
    }

    #[test]
    fn defaults_are_filled_in_in_the_order_of_the_schema() {
        let config = validate(&schema(), given(&["goal=be kind", "use_llm=true", "workers=3"])).unwrap();
        let expected = r#"{"workers":3,"department":"sales","use_llm":true,"goal":"be kind"}"#;
        assert_eq!(serde_json::to_string(&config).unwrap(), expected);
    }

    #[test]
    fn every_wrong_value_is_refused_in_words_that_name_its_key() {
        for (pair, said) in [
            ("workers=0", "workers=0: at least 1"),
            ("workers=301", "workers=301: at most 300"),
            ("workers=abc", "workers=abc: not a whole number"),
            ("workers=2.5", "workers=2.5: not a whole number"),
            ("workers=true", "workers=true: not a whole number"),
            ("workers=", "workers=: not a whole number"),
            ("department=slaes", "department=slaes: did you mean sales? One of: sales, engineering, hr"),
            ("department=piracy", "department=piracy: not one of: sales, engineering, hr"),
            ("use_llm=yes", "use_llm=yes: write true or false"),
            ("duration_hours=0", "duration_hours=0: more than 0"),
            ("duration_hours=inf", "duration_hours=inf: not a number"),
            ("wrokers=3", "wrokers: unknown key; did you mean workers?"),
        ] {
            assert_eq!(refusal(&[pair]), said);
        }
    }

    #[test]
    fn all_problems_come_at_once() {
        let problems = validate(&schema(), given(&["workers=0", "colour=red", "use_llm=1"])).unwrap_err();
        let keys: Vec<&str> = problems.iter().map(|p| p.key.as_str()).collect();
        assert_eq!(keys, ["colour", "workers", "use_llm", "goal"]);
    }

    #[test]
    fn values_of_a_file_must_have_the_type_themselves_and_name_their_line() {
        let place = Place { origin: "d.yaml".into(), line: 3 };
        let typed = |key: &str, value| {
            let given = vec![
                ("goal".to_owned(), Given::Text("x".into())),
                (key.to_owned(), Given::Typed { value, place: place.clone() }),
            ];
            validate(&schema(), given).map_err(|p| p.to_string())
        };
        assert_eq!(typed("workers", json!("3")).unwrap_err(), "d.yaml:3: workers=\"3\": a text, not a whole number");
        assert_eq!(typed("workers", json!(2.5)).unwrap_err(), "d.yaml:3: workers=2.5: not a whole number");
        assert_eq!(typed("workers", json!(true)).unwrap_err(), "d.yaml:3: workers=true: not a whole number");
        assert_eq!(typed("workers", Value::Null).unwrap_err(), "d.yaml:3: workers=: not a whole number");
        assert_eq!(typed("department", json!(5)).unwrap_err(), "d.yaml:3: department=5: not a text; put it in quotes");
        assert_eq!(typed("use_llm", json!("no")).unwrap_err(), "d.yaml:3: use_llm=no: write true or false");
        assert_eq!(
            typed("use_llm", json!("true")).unwrap_err(),
            "d.yaml:3: use_llm=\"true\": a text; write it without quotes"
        );
        assert_eq!(typed("workers", json!(7)).unwrap()["workers"], json!(7));
    }

    #[test]
    fn a_key_given_twice_with_two_values_is_a_contradiction() {
        assert_eq!(refusal(&["workers=3", "workers=4"]), "workers: given twice, as 3 and as 4; give it once");
        assert!(validate(&schema(), given(&["goal=x", "workers=3", "workers=3"])).is_ok());
    }

    #[test]
    fn a_malformed_pair_is_refused_with_an_example() {
        let said = |text| parse_pair(text).unwrap_err().to_string();
        assert_eq!(said("workers"), "-c workers: not key=value; write it like -c workers=25");
        assert!(said("=5").contains("cannot be a key"));
        assert!(said("Work ers=5").contains("cannot be a key"));
        assert_eq!(parse_pair("goal=a=b").unwrap(), ("goal".into(), "a=b".into()));
    }
}
