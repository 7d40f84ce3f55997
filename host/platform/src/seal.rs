//! Secrets at rest: sealed with a key that belongs to the home.
//!
//! A home must be able to resume unattended, so its key lies beside what it seals, readable by its owner only. What this
//! buys is that secrets are in no log, no export, no copy of the database, and that forgetting the key forgets them all.
//! It does not protect from who can read the owner's files.
//!
//! XChaCha20-Poly1305 with random nonces: at 24 bytes they may be drawn blindly for the key's whole life, where the 12
//! bytes of plain ChaCha20-Poly1305 would want a counter that survives crashes. What a secret belongs to is bound in as
//! associated data, so a ciphertext moved elsewhere does not open.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{CryptoRng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use zeroize::Zeroizing;

/// Bytes of a key.
const KEY: usize = 32;
/// Bytes of a nonce.
const NONCE: usize = 24;
/// The first byte of everything sealed, so that another form can follow one day.
const FORM: u8 = 1;

/// What went wrong with a key or with what it sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The key file cannot be made or read.
    #[error("cannot use the key file {path}: {why}")]
    Unusable {
        /// The file.
        path: PathBuf,
        /// In words.
        why: io::Error,
    },
    /// Somebody else could read the key.
    #[error("the key file {path} can be read by others (mode {mode:o}); run: chmod 600 {path}")]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file is not a key.
    #[error(
        "{path} is not a key ({size} bytes, not 32); restore it from a copy, or remove it and add the tenants anew"
    )]
    NotAKey {
        /// The file.
        path: PathBuf,
        /// Its size.
        size: u64,
    },
    /// The system gives no random bytes.
    #[error("the system gives no random bytes: {0}")]
    NoChance(getrandom::Error),
    /// More bytes than the cipher takes.
    #[error("too large to seal")]
    TooLarge,
    /// Another key, another purpose, or a damaged ciphertext.
    #[error("a sealed secret does not open: it was sealed with another key or for something else, or is damaged")]
    Broken,
    /// A password of this length is not made.
    #[error("a password has 12 to 128 characters, not {0}")]
    Length(u32),
}

/// Seals and opens with a home's key.
pub struct Sealer(XChaCha20Poly1305);

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer(***)")
    }
}

impl Sealer {
    /// With the key in this file, which is made if it is not there: at once and completely, so that two processes that
    /// begin together have one key.
    ///
    /// # Errors
    /// The file cannot be made or read, is no key, or others may read it.
    pub fn open(path: &Path) -> Result<Sealer, SealError> {
        let unusable = |why| SealError::Unusable { path: path.to_owned(), why };
        if !path.try_exists().map_err(unusable)? {
            make_key(path)?;
        }
        let key = read_key(path)?;
        forget_drafts(path);
        Ok(Sealer(XChaCha20Poly1305::new(key.as_ref().into())))
    }

    /// Seals bytes; `aad` says what they are for and must be said again to unseal them. 41 bytes longer.
    ///
    /// # Errors
    /// The system gives no random bytes, or there are too many bytes (256 GiB).
    pub fn seal(&self, aad: &[u8], plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(SealError::NoChance)?;
        let payload = Payload { msg: plain, aad };
        let body = self.0.encrypt(XNonce::from_slice(&nonce), payload).map_err(|_| SealError::TooLarge)?;
        Ok([&[FORM], nonce.as_slice(), &body].concat())
    }

    /// Opens what [`Sealer::seal`] made with the same key and the same `aad`.
    ///
    /// # Errors
    /// [`SealError::Broken`].
    pub fn unseal(&self, aad: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (form, rest) = sealed.split_first().ok_or(SealError::Broken)?;
        let (nonce, body) = rest.split_at_checked(NONCE).ok_or(SealError::Broken)?;
        if *form != FORM {
            return Err(SealError::Broken);
        }
        let payload = Payload { msg: body, aad };
        self.0.decrypt(XNonce::from_slice(nonce), payload).map(Zeroizing::new).map_err(|_| SealError::Broken)
    }
}

/// Writes a new key beside `path` and links it there: a link, unlike a rename, fails where something already is.
fn make_key(path: &Path) -> Result<(), SealError> {
    let unusable = |why| SealError::Unusable { path: path.to_owned(), why };
    let mut key = Zeroizing::new([0; KEY]);
    getrandom::fill(key.as_mut()).map_err(SealError::NoChance)?;
    let suffix = getrandom::u64().map_err(SealError::NoChance)?;
    let draft = path.with_extension(format!("{suffix:016x}"));
    let linked = write_key(&draft, key.as_ref()).and_then(|()| match fs::hard_link(&draft, path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    });
    // Whether or not it was linked, the draft must go; that it may never have existed is no news.
    let _ = fs::remove_file(&draft);
    linked.and_then(|()| sync_folder(path)).map_err(unusable)
}

/// Removes other names of the key: whoever made it may have been killed before. Who forgets the key is to forget it whole.
/// A draft that is not linked is no key of anything, and may be somebody's who is making one just now.
fn forget_drafts(path: &Path) {
    let number = |path: &Path| fs::symlink_metadata(path).map(|about| (about.dev(), about.ino())).ok();
    if fs::metadata(path).map_or(true, |about| about.nlink() < 2) {
        return;
    }
    let folder = path.parent().map(fs::read_dir);
    for draft in folder.into_iter().flatten().flatten().flatten().map(|entry| entry.path()) {
        if draft != path && draft.file_stem() == path.file_stem() && number(&draft) == number(path) {
            // Another process may have done it.
            let _ = fs::remove_file(&draft);
        }
    }
}

fn write_key(draft: &Path, key: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(draft)?;
    file.write_all(key)?;
    file.sync_all()
}

/// The name of a new file is durable only once its folder is.
fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

fn read_key(path: &Path) -> Result<Zeroizing<[u8; KEY]>, SealError> {
    let unusable = |why| SealError::Unusable { path: path.to_owned(), why };
    let mut file = File::open(path).map_err(unusable)?;
    let about = file.metadata().map_err(unusable)?;
    let mode = about.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(SealError::Exposed { path: path.to_owned(), mode });
    }
    if about.len() != KEY as u64 {
        return Err(SealError::NotAKey { path: path.to_owned(), size: about.len() });
    }
    let mut key = Zeroizing::new([0; KEY]);
    file.read_exact(key.as_mut()).map_err(unusable)?;
    Ok(key)
}

const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &[u8] = b"0123456789";
/// Allowed by Entra ID, and none that JSON, HTML or a shell within quotes reads as anything but itself.
const SIGNS: &[u8] = b"#*+-.=?@_~%";

/// A random password of `length` characters, with at least one each of lower case, upper case, digits and signs (Entra
/// ID asks for three of the four). From the system's chance, never from a deployment's seed, which is no secret.
///
/// # Errors
/// A length outside 12 to 128, the contract's range; or the system gives no random bytes.
pub fn password(length: u32) -> Result<Zeroizing<String>, SealError> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(seed.as_mut()).map_err(SealError::NoChance)?;
    password_from(length, &mut ChaCha20Rng::from_seed(*seed))
}

fn password_from(length: u32, rng: &mut impl CryptoRng) -> Result<Zeroizing<String>, SealError> {
    if !(12..=128).contains(&length) {
        return Err(SealError::Length(length));
    }
    let all = [LOWER, UPPER, DIGITS, SIGNS].concat();
    let classes = [LOWER, UPPER, DIGITS, SIGNS].into_iter().chain(std::iter::repeat(all.as_slice()));
    let drawn = classes.take(length as usize).filter_map(|class| class.choose(rng)).copied();
    let mut bytes: Zeroizing<Vec<u8>> = Zeroizing::new(drawn.collect());
    bytes.shuffle(rng);
    Ok(Zeroizing::new(bytes.iter().copied().map(char::from).collect()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn home() -> (tempfile::TempDir, PathBuf) {
        let home = tempfile::tempdir().unwrap();
        let key = home.path().join("key");
        (home, key)
    }

    #[test]
    fn what_was_sealed_opens_also_after_a_restart() {
        let (_home, key) = home();
        let sealed = Sealer::open(&key).unwrap().seal(b"d1/password", b"hunter2").unwrap();
        assert!(!sealed.windows(7).any(|w| w == b"hunter2"));
        assert_eq!(sealed.len(), 7 + 41);
        assert_eq!(Sealer::open(&key).unwrap().unseal(b"d1/password", &sealed).unwrap().as_slice(), b"hunter2");
    }

    #[test]
    fn the_same_secret_is_never_sealed_to_the_same_bytes() {
        let (_home, key) = home();
        let sealer = Sealer::open(&key).unwrap();
        assert_ne!(sealer.seal(b"", b"x").unwrap(), sealer.seal(b"", b"x").unwrap());
    }

    #[test]
    fn another_purpose_another_key_and_every_flipped_bit_are_refused() {
        let ((_a, key), (_b, other)) = (home(), home());
        let sealer = Sealer::open(&key).unwrap();
        let sealed = sealer.seal(b"d1/a", b"secret").unwrap();
        assert!(matches!(sealer.unseal(b"d1/b", &sealed), Err(SealError::Broken)));
        assert!(matches!(Sealer::open(&other).unwrap().unseal(b"d1/a", &sealed), Err(SealError::Broken)));
        for bit in 0..sealed.len() * 8 {
            let mut broken = sealed.clone();
            broken[bit / 8] ^= 1 << (bit % 8);
            assert!(matches!(sealer.unseal(b"d1/a", &broken), Err(SealError::Broken)), "bit {bit}");
        }
        for length in 0..sealed.len() {
            assert!(matches!(sealer.unseal(b"d1/a", &sealed[..length]), Err(SealError::Broken)), "{length} bytes");
        }
    }

    #[test]
    fn the_key_is_the_owners_only_and_nothing_else_is_left_beside_it() {
        let (home, key) = home();
        Sealer::open(&key).unwrap();
        assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
        fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
        let said = Sealer::open(&key).unwrap_err().to_string();
        assert!(said.contains("mode 644") && said.contains("chmod 600"), "{said}");
    }

    #[test]
    fn a_second_name_of_the_key_that_a_crash_left_is_removed() {
        let (home, key) = home();
        Sealer::open(&key).unwrap();
        fs::hard_link(&key, key.with_extension("00000000deadbeef")).unwrap();
        fs::write(key.with_extension("0000000000000001"), "another's draft").unwrap();
        Sealer::open(&key).unwrap();
        assert!(key.exists() && !key.with_extension("00000000deadbeef").exists());
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 2);
    }

    #[test]
    fn processes_that_begin_together_have_one_key() {
        let (_home, key) = home();
        let sealers: Vec<Sealer> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| Sealer::open(&key).unwrap())).collect();
            threads.into_iter().map(|t| t.join().unwrap()).collect()
        });
        let sealed = sealers[0].seal(b"", b"x").unwrap();
        assert!(sealers.iter().all(|s| s.unseal(b"", &sealed).is_ok()));
    }

    #[test]
    fn a_damaged_key_and_an_absent_home_are_told_apart() {
        let (home, key) = home();
        Sealer::open(&key).unwrap();
        fs::write(&key, b"short").unwrap();
        assert!(matches!(Sealer::open(&key), Err(SealError::NotAKey { size: 5, .. })));
        let said = Sealer::open(&home.path().join("no/key")).unwrap_err().to_string();
        assert!(said.starts_with("cannot use the key file"), "{said}");
    }

    #[test]
    fn every_password_has_every_class_and_only_characters_that_json_keeps() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        for length in 12..=128 {
            let made = password_from(length, &mut rng).unwrap();
            assert_eq!(made.len(), length as usize);
            for class in [LOWER, UPPER, DIGITS, SIGNS] {
                assert!(made.bytes().any(|b| class.contains(&b)), "{length}");
            }
            assert_eq!(serde_json::to_string(&*made).unwrap(), format!("\"{}\"", *made));
        }
        assert_ne!(*password(16).unwrap(), *password(16).unwrap());
        assert!(matches!(password(11), Err(SealError::Length(11))));
        assert!(matches!(password(129), Err(SealError::Length(129))));
    }

    #[test]
    fn no_place_in_a_password_is_of_a_known_class() {
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        let made: Vec<_> = (0..200).map(|_| password_from(16, &mut rng).unwrap()).collect();
        for place in 0..16 {
            let digits = made.iter().filter(|p| DIGITS.contains(&p.as_bytes()[place])).count();
            assert!((1..100).contains(&digits), "{digits} digits at {place}");
        }
    }
}
