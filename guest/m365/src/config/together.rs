//! What keys of a config say about one another: each may be right alone, and together they cannot be had.

use haymaker_guest::Problem;

use super::{ActAs, Actions, Anomaly, Feature, Features, License, Pack, Pattern, TeamsMode, Written, anomalies, keep};

/// A config as it is written, and where its people come from.
pub(super) struct Together<'a> {
    pub(super) written: &'a Written,
    /// Whether people are adopted.
    pub(super) adopts: bool,
}

impl Together<'_> {
    /// What is used, of what was asked for.
    pub(super) fn features(&self, asked: Features, problems: &mut Vec<Problem>) -> Features {
        let usual = || Features::usual(self.written.pattern);
        let asked = if self.adopts { asked.beside_calendars() } else { Ok(asked) };
        let asked = keep(problems, "features", asked).unwrap_or_else(usual);
        keep(problems, "teams_mode", self.spoken(asked)).unwrap_or_else(usual)
    }

    /// What is used if people come to speak in Teams as they were asked to.
    fn spoken(&self, features: Features) -> Result<Features, String> {
        let delegated = self.written.act_as == ActAs::Delegated;
        let why = match self.written.teams_mode {
            TeamsMode::Off => return features.without_teams(),
            TeamsMode::Auto if self.adopts => return features.of_adopted(),
            TeamsMode::Delegated if self.adopts => "nobody knows the passwords of adopted people; write device-code",
            TeamsMode::Migration if self.adopts => "nobody speaks for people who are adopted; write device-code",
            TeamsMode::Migration if delegated => {
                "with act_as=delegated everybody speaks for themselves; leave one of the two out"
            }
            _ => return Ok(features),
        };
        Err(why.to_owned())
    }

    /// Who acts for themselves must be signed in by somebody.
    pub(super) fn sign_ins(&self, problems: &mut Vec<Problem>) {
        let Written { act_as, teams_mode, .. } = self.written;
        if *act_as == ActAs::Delegated && self.adopts && *teams_mode != TeamsMode::DeviceCode {
            let why = "nobody knows the passwords of adopted people; write teams_mode=device-code, and sign each in with \
                       haymaker worker sign-in";
            problems.push(Problem::config("act_as", why));
        }
    }

    /// What people do besides, of what was asked for.
    pub(super) fn actions(&self, asked: Option<Actions>, problems: &mut Vec<Problem>) -> Actions {
        let imports = self.written.teams_mode == TeamsMode::Migration;
        if imports && asked.is_some_and(|actions| actions.react) {
            let why = "reactions cannot be imported (teams_mode=migration); leave `react` out";
            problems.push(Problem::config("actions", why));
        }
        let actions = asked.unwrap_or(match self.written.pattern {
            Pattern::Flat => Actions::NONE,
            Pattern::Office if self.adopts => Actions::AMONG_OTHERS,
            Pattern::Office => Actions { react: !imports, ..Actions::ALL },
        });
        if self.adopts && (actions.read || actions.organize) {
            let why = "the inbox of people who are adopted is not opened; leave `read` and `organize` out";
            problems.push(Problem::config("actions", why));
        }
        actions
    }

    /// Features that were named need a licence, all but groups.
    pub(super) fn licences(&self, features: &Features, problems: &mut Vec<Problem>) {
        if !features.named || self.adopts || self.written.license != "none" {
            return;
        }
        let unlicensed = features.iter().filter(|feature| *feature != Feature::Groups).map(Feature::key);
        let unlicensed: Vec<&str> = unlicensed.collect();
        if !unlicensed.is_empty() {
            let why = format!("{} needs a licence, and license=none gives nobody one", unlicensed.join(", "));
            problems.push(Problem::config("features", why));
        }
    }

    /// Packs need what they happen in.
    pub(super) fn packs(
        &self,
        packs: &[(usize, Anomaly)],
        (features, license): (&Features, &License),
        problems: &mut Vec<Problem>,
    ) {
        let mailboxes = self.adopts || *license != License::None;
        for (n, Anomaly { pack, .. }) in packs {
            let needed = if *pack == Pack::MassDownload { Feature::Documents } else { Feature::Mail };
            let why = match pack {
                _ if !features.has(needed) || !mailboxes => {
                    format!("{} needs {}, which nobody uses here", pack.key(), needed.key())
                }
                Pack::MassDownload if self.written.act_as == ActAs::App => {
                    "mass-download needs act_as=delegated: what an application downloads is the application's doing in \
                     the audit log, and no user's"
                        .to_owned()
                }
                Pack::ForwardingRule if self.adopts => {
                    "people who are adopted keep their mailboxes, and get no rules; use workers that are made"
                        .to_owned()
                }
                _ => continue,
            };
            problems.push(Problem::config(&anomalies::place(*n, "pack"), why));
        }
    }
}
