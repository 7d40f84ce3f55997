//! A tenant that outlives its process: a file of all requests that changed it.
//!
//! What a tenant is follows from its settings and from the requests that it has taken, each at its moment and under its
//! name: no id comes from a generator, no time from a clock on the wall. So the requests *are* the state, and to have the
//! tenant again they are done again. The other way, a picture of the whole model written every so often, would lose what
//! came after the last picture; here a request stands in the file before its answer leaves, so whatever a client was
//! answered is there after a `kill -9`. (The file is handed to the operating system and not forced onto the disk: that is
//! enough for a process that dies, and not for a machine that loses its power.)
//!
//! The price is that a start takes half as long as the requests took (`examples/cost.rs` measures it), and that the file
//! grows with the history and not with what is left of it.
//!
//! Every line is a checksum and a JSON object. The first says what the tenant is made of: with other settings the same
//! requests would make another tenant, so they are refused. A last line without its end was under way when the process
//! died, so nobody was answered, and it is dropped; any other damage is told and nothing is guessed. What an operation
//! answered is kept too: if it answers otherwise when it is done again, this program and the one that wrote the file do not
//! agree on what operations do, and that is told as well.
//!
//! Not kept are what the operator sets while a tenant runs (faults, throttling), counters of requests, and codes of
//! sign-ins on another device that were not finished. Tokens need no keeping: they stay valid. Passwords are never written,
//! only their salted hashes.

mod kept;

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead as _, BufReader, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::graph::fault::Fault;
use crate::ids;
use crate::settings::Settings;
use crate::time;
pub(crate) use kept::Kept;

/// The version of what stands in the file. Whoever changes what an operation does with a request that it took before
/// raises it.
const VERSION: u32 = 1;

/// How many requests one opening of the file has room for, in the numbers that name requests without a name.
const OPENING: u32 = 40;

/// Why a tenant cannot be had from a file.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// It cannot be read or written.
    #[error("state: {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another process has it, or another tenant in this one.
    #[error("state: {} is in use; end the tenant that keeps it, or name another file", .0.display())]
    InUse(PathBuf),
    /// It is no file of this kind.
    #[error("state: {} is not the state of a simulated tenant; name another file", .0.display())]
    Foreign(PathBuf),
    /// Another version wrote it.
    #[error("state: {} was written in version {found}, and this program knows version {VERSION}; use the program that wrote it, or begin with a new file", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
    /// It is another tenant's.
    #[error("state: {} was made with {key} {there}, and the settings say {here}; use the same settings, or begin with a new file", path.display())]
    OtherTenant {
        /// The file.
        path: PathBuf,
        /// The setting that differs.
        key: String,
        /// What it is in the file, as JSON.
        there: String,
        /// What it is now, as JSON.
        here: String,
    },
    /// A line is not as it was written.
    #[error("state: {}: line {line} is damaged ({why}); restore the file from a copy, or begin with a new one", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The line, from one.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Tenant {
        version: u32,
        made_of: Map<String, Value>,
    },
    /// The file was opened again, for this many-th time.
    Opened(u64),
    Request(Box<Kept>),
}

/// The file of a tenant that is running.
pub(crate) struct StateFile {
    file: File,
    path: PathBuf,
    /// Why nothing can be written any more.
    broken: Option<String>,
}

/// What a tenant goes on with.
pub(crate) struct Opened {
    pub(crate) file: StateFile,
    /// The number of the next request without a name.
    pub(crate) ordinal: u64,
    /// The moment of the last request that was kept.
    pub(crate) now: u64,
}

/// The settings on which it depends what a request does.
fn made_of(settings: &Settings) -> Map<String, Value> {
    let delays = &settings.delays;
    let delays = [
        delays.replication,
        delays.listing,
        delays.mailbox,
        delays.delivery,
        delays.sent_items,
        delays.drive,
        delays.team,
    ];
    let made_of = json!({
        "seed": settings.seed,
        "tenant_id": settings.tenant_id,
        "domain": settings.domain,
        "start": settings.start,
        "bystanders": settings.bystanders,
        "seats": settings.seats,
        "delays": delays.map(time::ms),
    });
    made_of.as_object().cloned().unwrap_or_default()
}

fn checksum(text: &[u8]) -> String {
    hex::encode(ids::digest(&[text])).chars().take(8).collect()
}

impl StateFile {
    /// Opens a tenant's file, made if there was none, and has every request in it done again, the oldest first. `again`
    /// answers with the status, as an operation does.
    ///
    /// # Errors
    /// The file cannot be had, is another tenant's, or is damaged.
    pub(crate) fn open(
        path: &Path,
        settings: &Settings,
        mut again: impl FnMut(&Kept) -> Result<u16, String>,
    ) -> Result<Opened, StateError> {
        let failed = |source| StateError::Io { path: path.to_owned(), source };
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StateError::InUse(path.to_owned())),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        let mut reader = BufReader::new(&file);
        let (mut whole, mut number, mut openings, mut now) = (0, 0, 0, settings.start);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).map_err(failed)? > 0 {
            number += 1;
            let Some(text) = line.strip_suffix(b"\n") else {
                // Of a file that never was ours not a byte is touched.
                if number == 1 && !begin(settings).map_err(failed)?.starts_with(&line) {
                    return Err(StateError::Foreign(path.to_owned()));
                }
                tracing::warn!(path = %path.display(), "the last request was not kept whole, and was not answered: it is dropped");
                break;
            };
            let damaged = |why: String| StateError::Damaged { path: path.to_owned(), line: number, why };
            match read(text) {
                Err(_) if number == 1 => return Err(StateError::Foreign(path.to_owned())),
                Err(why) => return Err(damaged(why)),
                Ok(Line::Tenant { version, made_of }) if number == 1 => same(path, settings, version, &made_of)?,
                Ok(_) if number == 1 => return Err(StateError::Foreign(path.to_owned())),
                Ok(Line::Tenant { .. }) => return Err(damaged("it begins a tenant in the middle".to_owned())),
                Ok(Line::Opened(times)) => openings = times,
                Ok(Line::Request(kept)) => {
                    let status = again(&kept).map_err(damaged)?;
                    if status != kept.status {
                        return Err(StateError::Damaged {
                            path: path.to_owned(),
                            line: number,
                            why: format!("{} {} answered {}, and now {status}", kept.method, kept.path, kept.status),
                        });
                    }
                    now = now.max(kept.at);
                }
            }
            whole += line.len() as u64;
            line.clear();
        }
        let mut state = StateFile { file, path: path.to_owned(), broken: None };
        state.file.set_len(whole).map_err(failed)?;
        state.file.seek(SeekFrom::Start(whole)).map_err(failed)?;
        if whole == 0 {
            state.file.write_all(&begin(settings).map_err(failed)?).map_err(failed)?;
        } else {
            openings += 1;
            state.file.write_all(&written(&Line::Opened(openings)).map_err(failed)?).map_err(failed)?;
        }
        Ok(Opened { file: state, ordinal: openings << OPENING, now })
    }

    /// Refuses a change that could not be kept.
    ///
    /// # Errors
    /// An earlier one could not be written.
    pub(crate) fn check(&self) -> Result<(), Fault> {
        match &self.broken {
            None => Ok(()),
            Some(why) => Err(Fault::new(
                StatusCode::INSUFFICIENT_STORAGE,
                "insufficientStorage",
                format!(
                    "The simulated tenant cannot write {} ({why}) and changes nothing any more. Make room, and start it again.",
                    self.path.display()
                ),
            )),
        }
    }

    /// Keeps a request that was done, before it is answered.
    ///
    /// # Errors
    /// It cannot be written; then nothing is any more.
    pub(crate) fn keep(&mut self, kept: Kept) -> Result<(), Fault> {
        self.check()?;
        let line = written(&Line::Request(Box::new(kept)));
        if let Err(error) = line.and_then(|line| self.file.write_all(&line)) {
            tracing::error!(%error, path = %self.path.display(), "THE STATE CANNOT BE WRITTEN: nothing is changed any more");
            self.broken = Some(error.to_string());
        }
        self.check()
    }
}

/// A line as it stands in the file.
fn written(line: &Line) -> io::Result<Vec<u8>> {
    let text = serde_json::to_string(line)?;
    Ok(format!("{} {text}\n", checksum(text.as_bytes())).into_bytes())
}

/// The first line of the file of a tenant of these settings.
fn begin(settings: &Settings) -> io::Result<Vec<u8>> {
    written(&Line::Tenant { version: VERSION, made_of: made_of(settings) })
}

fn read(line: &[u8]) -> Result<Line, String> {
    let (sum, text) = line.split_at_checked(9).ok_or("it is too short")?;
    if sum != format!("{} ", checksum(text)).as_bytes() {
        return Err("its checksum is another".to_owned());
    }
    serde_json::from_slice(text).map_err(|error| error.to_string())
}

fn same(path: &Path, settings: &Settings, version: u32, there: &Map<String, Value>) -> Result<(), StateError> {
    if version != VERSION {
        return Err(StateError::Version { path: path.to_owned(), found: version });
    }
    for (key, here) in made_of(settings) {
        let there = there.get(&key).cloned().unwrap_or_default();
        if there != here {
            let (there, here) = (there.to_string(), here.to_string());
            return Err(StateError::OtherTenant { path: path.to_owned(), key, there, here });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(at: u64) -> Kept {
        Kept {
            at,
            app: "app".to_owned(),
            user: None,
            method: "POST".to_owned(),
            path: "/users".to_owned(),
            query: String::new(),
            headers: Map::new(),
            body: None,
            bytes: String::new(),
            password: None,
            request_id: "r".to_owned(),
            mint: String::new(),
            status: 201,
        }
    }

    fn settings() -> Settings {
        Settings { bystanders: 0, ..Settings::seeded(1) }
    }

    fn open(path: &Path) -> Result<(Opened, Vec<u64>), StateError> {
        let mut seen = Vec::new();
        let opened = StateFile::open(path, &settings(), |kept| {
            seen.push(kept.at);
            Ok(kept.status)
        })?;
        Ok((opened, seen))
    }

    fn filled(folder: &tempfile::TempDir) -> PathBuf {
        let path = folder.path().join("tenant.state");
        let (mut opened, _) = open(&path).unwrap();
        opened.file.keep(kept(START + 1)).unwrap();
        opened.file.keep(kept(START + 2)).unwrap();
        path
    }

    const START: u64 = crate::settings::START;

    #[test]
    fn requests_come_back_in_their_order_and_each_opening_names_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = filled(&folder);
        let (first, seen) = open(&path).unwrap();
        assert_eq!((seen, first.now), (vec![START + 1, START + 2], START + 2));
        drop(first.file);
        let (second, _) = open(&path).unwrap();
        assert_eq!((first.ordinal, second.ordinal), (1 << OPENING, 2 << OPENING));
    }

    #[test]
    fn a_last_line_without_its_end_is_dropped_wherever_it_broke_off() {
        let folder = tempfile::tempdir().unwrap();
        let path = filled(&folder);
        let whole = std::fs::read(&path).unwrap();
        let before = whole[..whole.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
        for end in before..whole.len() {
            std::fs::write(&path, &whole[..end]).unwrap();
            assert_eq!(open(&path).unwrap().1, [START + 1], "{end}");
        }
    }

    #[test]
    fn damage_in_the_middle_is_told_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = filled(&folder);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replacen("/users", "/usurs", 1)).unwrap();
        let error = open(&path).err().unwrap();
        assert!(matches!(error, StateError::Damaged { line: 2, .. }), "{error}");
    }

    #[test]
    fn what_is_not_the_state_of_this_tenant_is_refused_in_words() {
        let folder = tempfile::tempdir().unwrap();
        let path = filled(&folder);
        let refused = |settings: &Settings| StateFile::open(&path, settings, |kept| Ok(kept.status)).err().unwrap();
        let other = Settings { bystanders: 3, ..settings() };
        assert!(refused(&other).to_string().contains("bystanders 0, and the settings say 3"));
        assert!(refused(&Settings::seeded(2)).to_string().contains("seed 1"));
        let answers_otherwise = StateFile::open(&path, &settings(), |_| Ok(404)).err().unwrap();
        assert!(answers_otherwise.to_string().contains("POST /users answered 201, and now 404"));
        let text = std::fs::read_to_string(&path).unwrap();
        let old = text.lines().next().unwrap()[9..].replace("\"version\":1", "\"version\":0");
        std::fs::write(&path, format!("{} {old}\n", checksum(old.as_bytes()))).unwrap();
        assert!(matches!(refused(&settings()), StateError::Version { found: 0, .. }));
        for text in ["To be or not to be\n", "To be or not to be"] {
            std::fs::write(&path, text).unwrap();
            assert!(matches!(refused(&settings()), StateError::Foreign(_)));
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
    }

    #[test]
    fn a_file_has_one_tenant_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = filled(&folder);
        let held = open(&path).unwrap();
        assert!(matches!(open(&path), Err(StateError::InUse(_))));
        drop(held);
        assert!(open(&path).is_ok());
    }
}
