//! The people of the simulated company: names and titles.
//!
//! A company has names from all over, and no name twice. Given and family names are paired within a group, because most
//! people's are; the pairs of all groups are put into one order by the seed, and worker *n* is the *n*-th. So names
//! depend on the seed and the worker only: more workers rename nobody.

use std::borrow::Cow;

use haymaker_guest::chance::stream;

use crate::{config::Department, naming};

/// Given names and family names that go together.
type Group = ([&'static str; 12], [&'static str; 12]);

/// 14 groups with 144 names each: far more than the 300 workers that a deployment may have.
const GROUPS: [Group; 14] = [
    (
        [
            "James", "Emily", "Daniel", "Sarah", "Michael", "Laura", "Andrew", "Rachel", "Thomas", "Grace", "Peter",
            "Helen",
        ],
        [
            "Carter", "Bennett", "Hughes", "Morgan", "Ellis", "Foster", "Walsh", "Reed", "Palmer", "Sutton", "Hayes",
            "Lawson",
        ],
    ),
    (
        [
            "Marcus", "Danielle", "Terrence", "Imani", "Andre", "Monique", "Darius", "Simone", "Jamal", "Renee",
            "Malik", "Keisha",
        ],
        [
            "Washington",
            "Jefferson",
            "Banks",
            "Coleman",
            "Gaines",
            "Booker",
            "Rivers",
            "Mosley",
            "Dorsey",
            "Hampton",
            "Broadnax",
            "Tolliver",
        ],
    ),
    (
        ["Ana", "Carlos", "Lucía", "Javier", "Marta", "Diego", "Elena", "Pablo", "Carmen", "Andrés", "Sofía", "Rafael"],
        [
            "Ruiz", "Navarro", "Ortega", "Molina", "Herrera", "Castillo", "Vega", "Romero", "Delgado", "Santos",
            "Iglesias", "Fuentes",
        ],
    ),
    (
        ["Priya", "Arjun", "Kavya", "Rohan", "Ananya", "Vikram", "Meera", "Sanjay", "Divya", "Nikhil", "Isha", "Rahul"],
        [
            "Nair",
            "Sharma",
            "Iyer",
            "Kapoor",
            "Reddy",
            "Banerjee",
            "Menon",
            "Desai",
            "Chatterjee",
            "Patel",
            "Joshi",
            "Rao",
        ],
    ),
    (
        ["Wei", "Mei", "Jun", "Lin", "Hao", "Xiu", "Feng", "Yan", "Bo", "Qing", "Tao", "Hui"],
        ["Chen", "Zhang", "Liu", "Huang", "Zhou", "Wu", "Sun", "Gao", "Lin", "Tang", "Deng", "Xu"],
    ),
    (
        ["Haruto", "Yuki", "Kenji", "Aiko", "Daichi", "Naomi", "Takumi", "Emi", "Ryota", "Sakura", "Shin", "Mariko"],
        [
            "Tanaka",
            "Sato",
            "Nakamura",
            "Kobayashi",
            "Ito",
            "Watanabe",
            "Yamada",
            "Mori",
            "Shimizu",
            "Hayashi",
            "Fujita",
            "Okada",
        ],
    ),
    (
        [
            "Lukas", "Hannah", "Felix", "Lena", "Jonas", "Katrin", "Stefan", "Anke", "Matthias", "Greta", "Moritz",
            "Ingrid",
        ],
        [
            "Weber",
            "Schneider",
            "Hoffmann",
            "Krüger",
            "Vogel",
            "Brandt",
            "Keller",
            "Lorenz",
            "Bauer",
            "Winkler",
            "Seidel",
            "Franke",
        ],
    ),
    (
        [
            "Camille", "Julien", "Élodie", "Mathieu", "Chloé", "Antoine", "Manon", "Olivier", "Inès", "Bastien",
            "Sylvie", "Luc",
        ],
        [
            "Moreau",
            "Lefèvre",
            "Girard",
            "Fontaine",
            "Rousseau",
            "Mercier",
            "Chevalier",
            "Lambert",
            "Gauthier",
            "Perrin",
            "Renaud",
            "Marchand",
        ],
    ),
    (
        ["Omar", "Layla", "Yusuf", "Noor", "Khalid", "Amira", "Tariq", "Salma", "Hassan", "Rania", "Karim", "Dalia"],
        [
            "Haddad", "Mansour", "Nasser", "Khalil", "Aziz", "Farouk", "Saleh", "Hamdan", "Rahman", "Jaber", "Sabbagh",
            "Darwish",
        ],
    ),
    (
        ["Chidi", "Amara", "Tunde", "Ngozi", "Emeka", "Folake", "Kwame", "Abena", "Kofi", "Zainab", "Obinna", "Efua"],
        [
            "Okafor", "Adeyemi", "Mensah", "Balogun", "Eze", "Boateng", "Nwosu", "Asante", "Okoro", "Owusu", "Abiola",
            "Danso",
        ],
    ),
    (
        [
            "Katarzyna",
            "Piotr",
            "Agnieszka",
            "Tomasz",
            "Zofia",
            "Marek",
            "Milena",
            "Pavel",
            "Irena",
            "Viktor",
            "Daria",
            "Jakub",
        ],
        [
            "Nowak",
            "Kowalczyk",
            "Novotny",
            "Dvorak",
            "Zielinska",
            "Horvat",
            "Petrov",
            "Sokolova",
            "Marek",
            "Lewandowska",
            "Ivanova",
            "Kral",
        ],
    ),
    (
        ["Minh", "Linh", "Quang", "Thao", "Duc", "Mai", "Anh", "Phuong", "Tuan", "Ngoc", "Khanh", "Trang"],
        ["Nguyen", "Tran", "Le", "Pham", "Vo", "Dang", "Bui", "Ngo", "Duong", "Hoang", "Ly", "Dinh"],
    ),
    (
        [
            "Min-jun",
            "Seo-yeon",
            "Ji-hoon",
            "Ha-eun",
            "Sung-min",
            "Eun-ji",
            "Dong-hyun",
            "Soo-ah",
            "Tae-yang",
            "Yuna",
            "Jae-won",
            "Mi-rae",
        ],
        ["Kim", "Lee", "Park", "Choi", "Jung", "Kang", "Yoon", "Jang", "Lim", "Han", "Shin", "Seo"],
    ),
    (
        [
            "Mateus", "Beatriz", "João", "Larissa", "Thiago", "Camila", "Bruno", "Isabela", "Gustavo", "Fernanda",
            "Caio", "Renata",
        ],
        [
            "Almeida", "Barbosa", "Cardoso", "Ferreira", "Lopes", "Martins", "Nogueira", "Pereira", "Ribeiro",
            "Teixeira", "Moraes", "Pinto",
        ],
    ),
];

/// A person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Number in the deployment, from 1.
    pub number: u32,
    /// `w07`.
    pub worker: String,
    /// Given name.
    pub given: Cow<'static, str>,
    /// Family name.
    pub family: Cow<'static, str>,
    /// The address of somebody who had an account before.
    pub address: Option<String>,
    /// Whether others report to them.
    pub rank: Rank,
}

/// Where somebody stands in their department.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rank {
    /// Nobody reports to them.
    Staff,
    /// Leads a team.
    Lead,
    /// Leads the department.
    Head,
}

impl Person {
    /// As a directory shows it.
    pub fn name(&self) -> String {
        format!("{} {}", self.given, self.family).trim().to_owned()
    }

    /// What it does in its department.
    pub fn title(&self, seed: u64, department: Department) -> &'static str {
        match self.rank {
            Rank::Staff => {
                stream(seed, &[&self.worker, "title"]).pick(titles(department)).copied().unwrap_or("Associate")
            }
            Rank::Lead => leading(department).0,
            Rank::Head => leading(department).1,
        }
    }
}

/// The first `count` people of the seed's company; who leads whom is the organization's to say.
pub fn people(seed: u64, count: u32) -> Vec<Person> {
    let mut names: Vec<(&'static str, &'static str)> = GROUPS
        .iter()
        .flat_map(|(given, family)| given.iter().flat_map(|given| family.iter().map(|family| (*given, *family))))
        .collect();
    stream(seed, &["people"]).sample(&mut names, count as usize);
    let person = |(number, (given, family))| Person {
        number,
        worker: naming::worker(number),
        given: Cow::Borrowed(given),
        family: Cow::Borrowed(family),
        address: None,
        rank: Rank::Staff,
    };
    (1..=count).zip(names).map(person).collect()
}

/// The titles of who leads a team of a department, and of who leads it all.
fn leading(department: Department) -> (&'static str, &'static str) {
    match department {
        Department::Operations => ("Operations Team Lead", "Head of Operations"),
        Department::Engineering => ("Engineering Team Lead", "Head of Engineering"),
        Department::Sales => ("Sales Team Lead", "Head of Sales"),
        Department::Hr => ("People Team Lead", "Head of Human Resources"),
        Department::Finance => ("Finance Team Lead", "Chief Financial Officer"),
        Department::Executive => ("Director of Strategy", "Chief Executive Officer"),
    }
}

/// Titles of a department; those that many people hold stand more than once.
fn titles(department: Department) -> &'static [&'static str] {
    match department {
        Department::Operations => &[
            "Operations Analyst",
            "Operations Analyst",
            "Operations Manager",
            "Logistics Coordinator",
            "Logistics Coordinator",
            "Supply Chain Planner",
            "Supply Chain Planner",
            "Process Improvement Lead",
            "Facilities Manager",
            "Procurement Specialist",
            "Quality Assurance Lead",
            "Shift Supervisor",
        ],
        Department::Engineering => &[
            "Software Engineer",
            "Software Engineer",
            "Software Engineer",
            "Senior Software Engineer",
            "Senior Software Engineer",
            "Site Reliability Engineer",
            "QA Engineer",
            "Data Engineer",
            "Engineering Manager",
            "Staff Engineer",
            "Security Engineer",
            "Product Designer",
        ],
        Department::Sales => &[
            "Account Executive",
            "Account Executive",
            "Account Executive",
            "Senior Account Executive",
            "Sales Development Representative",
            "Sales Development Representative",
            "Account Manager",
            "Account Manager",
            "Solutions Consultant",
            "Sales Operations Analyst",
            "Regional Sales Manager",
            "Partner Manager",
        ],
        Department::Hr => &[
            "HR Business Partner",
            "HR Business Partner",
            "Recruiter",
            "Recruiter",
            "Senior Recruiter",
            "Compensation Analyst",
            "Benefits Specialist",
            "People Operations Coordinator",
            "Learning and Development Lead",
            "Employee Relations Manager",
            "HR Systems Analyst",
            "Onboarding Coordinator",
        ],
        Department::Finance => &[
            "Financial Analyst",
            "Financial Analyst",
            "Senior Financial Analyst",
            "Accountant",
            "Accountant",
            "Accounts Payable Specialist",
            "Accounts Receivable Specialist",
            "Payroll Specialist",
            "Treasury Analyst",
            "Internal Auditor",
            "Tax Manager",
            "Financial Controller",
        ],
        Department::Executive => &[
            "Chief of Staff",
            "Executive Assistant",
            "Executive Assistant",
            "Vice President, Strategy",
            "Vice President, Operations",
            "Vice President, Product",
            "Director of Corporate Development",
            "Director of Investor Relations",
            "Director of Communications",
            "General Counsel",
            "Strategy Associate",
            "Board Liaison",
        ],
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn three_hundred_people_have_three_hundred_names() {
        for seed in 0..5 {
            let names: BTreeSet<_> = people(seed, 300).iter().map(Person::name).collect();
            assert_eq!(names.len(), 300);
        }
    }

    #[test]
    fn no_name_stands_twice_in_the_lists() {
        let names: BTreeSet<_> = GROUPS
            .iter()
            .flat_map(|(given, family)| given.iter().flat_map(move |g| family.iter().map(move |f| (g, f))))
            .collect();
        assert_eq!(names.len(), GROUPS.len() * 144);
    }

    #[test]
    fn more_workers_rename_nobody_and_another_seed_everybody() {
        let few = people(7, 10);
        assert_eq!(few, people(7, 300)[..10]);
        assert_ne!(few, people(8, 10));
    }

    #[test]
    fn twenty_five_people_come_from_many_groups_and_hold_several_titles() {
        for seed in 0..20 {
            let people = people(seed, 25);
            let groups = GROUPS.iter().filter(|(given, _)| people.iter().any(|person| given.contains(&&*person.given)));
            assert!(groups.count() >= 7, "seed {seed}");
            assert!(
                people.iter().map(|person| person.title(seed, Department::Finance)).collect::<BTreeSet<_>>().len() >= 5,
                "seed {seed}"
            );
        }
    }
}
