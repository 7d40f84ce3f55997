//! The world's imports, answered by the test's host. Names and shapes are those of the generated bindings.

/// `haymaker:workload/http`.
pub(crate) mod http {
    use crate::{
        Problem,
        http::{Request, Response},
        testing::{World, with},
    };

    pub(crate) fn send(request: &Request) -> Result<Response, Problem> {
        with(|world| {
            world.check(request)?;
            world.requests.push(request.clone());
            let World { answering, now, .. } = world;
            answering(*now, request)
        })
    }

    pub(crate) fn base_url(endpoint: &str) -> Result<String, Problem> {
        Ok(format!("https://{endpoint}.test/v1.0"))
    }
}

/// `haymaker:workload/state`.
pub(crate) mod state {
    use std::ops::Bound;

    use crate::{Problem, testing::with};

    pub(crate) fn get(key: &str) -> Option<Vec<u8>> {
        with(|world| world.state.get(key).cloned())
    }

    pub(crate) fn set(key: &str, value: Option<&[u8]>) -> Result<(), Problem> {
        with(|world| {
            if !world.may_write(key) {
                return Err(Problem::denied("contract", format!("this call may not write the state key {key}")));
            }
            match value {
                Some(value) => world.state.insert(key.to_owned(), value.to_vec()),
                None => world.state.remove(key),
            };
            Ok(())
        })
    }

    pub(crate) fn list(prefix: &str, after: Option<&str>, limit: u32) -> Vec<(String, Vec<u8>)> {
        let from = after.map_or(Bound::Included(prefix), Bound::Excluded);
        with(|world| {
            world
                .state
                .range::<str, _>((from, Bound::Unbounded))
                .take_while(|(key, _)| key.starts_with(prefix))
                .take(limit as usize)
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect()
        })
    }
}

/// `haymaker:workload/ledger`.
pub(crate) mod ledger {
    use crate::{
        Problem,
        ledger::Entry,
        testing::{Rights, World, with},
    };

    fn writable(world: &World) -> Result<(), Problem> {
        match world.call.rights {
            Rights::Plan => Err(Problem::denied("contract", "planning functions write no ledger")),
            Rights::Perform(_) | Rights::Settle(_) => Ok(()),
        }
    }

    pub(crate) fn intend(kind: &str, name: &str) -> Result<Entry, Problem> {
        with(|world| {
            writable(world)?;
            let entry = Entry { kind: kind.to_owned(), name: name.to_owned(), remote_id: None, intended: world.now };
            Ok(world.ledger.entry((kind.to_owned(), name.to_owned())).or_insert(entry).clone())
        })
    }

    pub(crate) fn created(kind: &str, name: &str, remote_id: &str) -> Result<(), Problem> {
        with(|world| {
            writable(world)?;
            let known = world.ledger.get_mut(&(kind.to_owned(), name.to_owned()));
            let Some(entry) = known else {
                return Err(Problem::invalid("contract", format!("{kind} {name} was created before it was intended")));
            };
            match &entry.remote_id {
                Some(is) if is != remote_id => {
                    Err(Problem::invalid("contract", format!("{kind} {name} is known as {is}, not {remote_id}")))
                }
                _ => {
                    entry.remote_id = Some(remote_id.to_owned());
                    Ok(())
                }
            }
        })
    }

    pub(crate) fn released(kind: &str, name: &str) -> Result<(), Problem> {
        with(|world| {
            writable(world)?;
            world.ledger.remove(&(kind.to_owned(), name.to_owned()));
            Ok(())
        })
    }

    pub(crate) fn entries(after: Option<(&str, &str)>, limit: u32) -> Vec<Entry> {
        with(|world| {
            let later = |entry: &&Entry| after.is_none_or(|after| (entry.kind.as_str(), entry.name.as_str()) > after);
            world.ledger.values().filter(later).take(limit as usize).cloned().collect()
        })
    }
}

/// `haymaker:workload/journal`.
pub(crate) mod journal {
    use crate::{journal::Standing, testing::with};

    pub(crate) fn get(id: &str) -> Option<Standing> {
        with(|world| world.tasks.get(id).map(|known| known.standing.clone()))
    }
}

/// `haymaker:workload/secrets`.
pub(crate) mod secrets {
    use crate::{
        Problem,
        testing::{Rights, World, with},
    };

    /// Where the tokens of people stand among the names of secrets.
    const SPEAKER: &str = "speaker/";

    pub(crate) fn generate(name: &str, _length: u32) -> Result<(), Problem> {
        with(|world| {
            not_a_speaker(name)?;
            if !world.secrets.iter().any(|is| is == name) {
                world.secrets.push(name.to_owned());
            }
            Ok(())
        })
    }

    pub(crate) fn sign_in(speaker: &str, username: &str, secret: &str) -> Result<(), Problem> {
        with(|world| {
            if world.call.rights == Rights::Plan {
                return Err(Problem::denied("contract", "planning functions sign nobody in"));
            }
            not_a_speaker(secret)?;
            if world.speakers.contains_key(speaker) {
                return Ok(());
            }
            if !world.secrets.iter().any(|is| is == secret) {
                let why = format!("there is no secret {secret:?}; make it with secrets.generate first");
                return Err(Problem::invalid("no-secret", why));
            }
            let World { admitting, now, .. } = world;
            admitting(*now, username)?;
            world.speakers.insert(speaker.to_owned(), username.to_owned());
            world.secrets.retain(|is| is != secret);
            Ok(())
        })
    }

    pub(crate) fn forget(name: &str) -> Result<(), Problem> {
        with(|world| {
            match name.strip_prefix(SPEAKER) {
                Some(speaker) => drop(world.speakers.remove(speaker)),
                None => world.secrets.retain(|is| is != name),
            }
            Ok(())
        })
    }

    fn not_a_speaker(name: &str) -> Result<(), Problem> {
        if name.starts_with(SPEAKER) {
            return Err(Problem::invalid(
                "secret-name",
                format!("{name:?}: names of secrets do not begin with {SPEAKER}"),
            ));
        }
        Ok(())
    }
}

/// `haymaker:workload/events`.
pub(crate) mod events {
    use crate::{bindings::haymaker::workload::events::Level, testing::with};

    pub(crate) fn log(level: Level, message: &str) {
        with(|world| world.lines.push((level, message.to_owned())));
    }
}

/// `haymaker:workload/context`.
pub(crate) mod context {
    use crate::testing::with;

    pub(crate) fn parameters() -> String {
        with(|world| world.parameters.clone())
    }
}
