//! Departments of the simulated company.

use serde::{Deserialize, Serialize};

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

    /// The department with this key.
    pub fn of_key(key: &str) -> Option<Department> {
        Department::ALL.into_iter().find(|department| department.key() == key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_department_has_the_same_name_in_the_config_and_in_the_ground_truth() {
        for department in Department::ALL {
            assert_eq!(serde_json::to_value(department).unwrap(), department.key());
            assert_eq!(Department::of_key(department.key()), Some(department));
        }
    }
}
