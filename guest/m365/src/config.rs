//! The config of a deployment, as the manifest's `config_schema` describes it.

use haymaker_guest::{Problem, time::HOUR};
use serde::{Deserialize, Serialize};

/// The config. The host has checked types and ranges and filled in the defaults.
#[derive(Clone, Debug, Deserialize)]
pub struct Config {
    /// How many people, 1 to 300.
    pub workers: u32,
    /// Where they all work.
    pub department: Department,
    /// How they behave over a day.
    pub pattern: Pattern,
    /// How long the deployment runs; none: until it is stopped. The host ends it; the workload only plans towards it.
    #[serde(default)]
    pub duration_hours: Option<f64>,
    /// The licence that makes mailboxes, by its `skuPartNumber`.
    pub license: String,
    /// Where licences are used, ISO 3166-1 alpha-2.
    pub usage_location: String,
}

/// How people behave over a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pattern {
    /// The same intensity all working day.
    Flat,
}

/// A department of the simulated company.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "departments, by name")]
pub enum Department {
    Operations,
    Engineering,
    Sales,
    Hr,
    Finance,
    Executive,
}

impl Department {
    /// All of them.
    pub const ALL: [Department; 6] = [
        Department::Operations,
        Department::Engineering,
        Department::Sales,
        Department::Hr,
        Department::Finance,
        Department::Executive,
    ];

    /// As the config and the ground truth call it.
    pub fn key(self) -> &'static str {
        match self {
            Department::Operations => "operations",
            Department::Engineering => "engineering",
            Department::Sales => "sales",
            Department::Hr => "hr",
            Department::Finance => "finance",
            Department::Executive => "executive",
        }
    }

    /// As a directory shows it.
    pub fn name(self) -> &'static str {
        match self {
            Department::Operations => "Operations",
            Department::Engineering => "Engineering",
            Department::Sales => "Sales",
            Department::Hr => "Human Resources",
            Department::Finance => "Finance",
            Department::Executive => "Executive Office",
        }
    }
}

impl Config {
    /// How long the deployment runs, in milliseconds.
    pub fn duration(&self) -> Option<u64> {
        self.duration_hours.map(|hours| (hours * HOUR as f64).round() as u64)
    }
}

/// What the schema cannot say: all problems at once.
pub fn problems(config: &str) -> Vec<Problem> {
    let config: Config = match serde_json::from_str(config) {
        Ok(config) => config,
        Err(error) => {
            return vec![Problem::invalid("config", format!("the config does not fit this workload: {error}"))];
        }
    };
    let mut problems = Vec::new();
    let sign = |sign: char| sign.is_ascii_uppercase() || sign.is_ascii_digit() || sign == '_';
    if config.license.is_empty() || !config.license.chars().all(sign) {
        problems.push(Problem::config(
            "license",
            format!(
                "`{}` is not a skuPartNumber: those are written like DEVELOPERPACK_E5 or SPE_E3, in capitals",
                config.license
            ),
        ));
    }
    if config.usage_location.len() != 2 || !config.usage_location.chars().all(|sign| sign.is_ascii_uppercase()) {
        problems.push(Problem::config(
            "usage_location",
            format!("`{}` is not a country: write two capitals (ISO 3166), like US", config.usage_location),
        ));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(config: &str) -> Vec<String> {
        problems(config).into_iter().map(|problem| problem.code).collect()
    }

    #[test]
    fn a_config_is_refused_with_all_its_problems_at_once() {
        let wrong =
            r#"{"workers": 3, "department": "hr", "pattern": "flat", "license": "none", "usage_location": "usa"}"#;
        assert_eq!(codes(wrong), ["config.license", "config.usage_location"]);
        let right =
            r#"{"workers": 3, "department": "hr", "pattern": "flat", "license": "SPE_E3", "usage_location": "DE"}"#;
        assert!(codes(right).is_empty());
    }

    #[test]
    fn a_department_has_the_same_name_in_the_config_and_in_the_ground_truth() {
        for department in Department::ALL {
            assert_eq!(serde_json::to_value(department).unwrap(), department.key());
        }
    }
}
