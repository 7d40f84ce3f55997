//! Looks for live secrets in an answer before the guest sees it.
//!
//! A guest never sees a secret, but it may be able to make a server say one: by asking for what it just set, or by
//! asking something that echoes. So every answer is searched for every secret that is alive: as it is, in base64 (at
//! each of the three offsets it can have inside something longer), and each of that URL-escaped or JSON-escaped. The
//! escapes are undone in the answer instead of being applied to the secret, because there are many ways to escape and
//! only one way back.
//!
//! What is searched for is the end of a secret, if it is long: whoever says all of it says its end, tokens of one issuer
//! begin alike, and preparing to search for a whole token costs more than the rest of an answer's treatment.
//!
//! All are searched for at once, by the two bytes they begin with: an office of three hundred people who have signed in
//! has thousands of forms, and looking for one after the other would take longer the more people there are. Preparing
//! them takes a millisecond, so it is done when they change, and not for each answer.

use std::borrow::Cow;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use super::secret::Secret;

/// Shorter pieces, in bytes, are not searched for: they occur by chance, and would refuse honest answers.
const SHORTEST: usize = 6;

/// How much of a secret is searched for, in bytes from its end: more than any two secrets share by chance.
const LONGEST: usize = 48;

/// Whether a text contains one of these secrets, in any form in which a server may say it. For clients of the host's own;
/// sessions look by themselves.
pub fn reveals<'a>(text: &[u8], secrets: impl IntoIterator<Item = &'a Secret>) -> bool {
    Scan::new(secrets).finds(text)
}

/// What an answer must not contain.
#[derive(Default)]
pub struct Scan {
    /// Sorted.
    needles: Vec<Zeroizing<Vec<u8>>>,
    /// With which pairs of bytes any of them begins, a bit for each.
    begins: Vec<u64>,
    /// What it must not contain besides.
    more: Option<Arc<Scan>>,
}

impl Scan {
    /// Prepares a search for these secrets.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Scan {
        let mut needles: Vec<Zeroizing<Vec<u8>>> =
            secrets.into_iter().flat_map(|secret| forms(end(secret.expose().as_bytes()))).collect();
        needles.retain(|needle| needle.len() >= SHORTEST);
        needles.sort_by(|a, b| a[..].cmp(&b[..]));
        needles.dedup();
        let mut begins = vec![0; (1 << 16) / 64];
        for pair in needles.iter().filter_map(|needle| needle.first_chunk()) {
            let (word, bit) = place(*pair);
            if let Some(word) = begins.get_mut(word) {
                *word |= bit;
            }
        }
        Scan { needles, begins, more: None }
    }

    /// The same search, and another one that is prepared.
    pub(super) fn and(self, more: Arc<Scan>) -> Scan {
        Scan { more: Some(more), ..self }
    }

    fn is_empty(&self) -> bool {
        self.needles.is_empty() && self.more.as_ref().is_none_or(|more| more.is_empty())
    }

    /// Whether the text contains one of them, in any of its forms.
    pub fn finds(&self, text: &[u8]) -> bool {
        if self.is_empty() {
            return false;
        }
        let escaped_for_url = percent_encoding::percent_decode(text).into();
        let views: [Cow<'_, [u8]>; 3] = [Cow::Borrowed(text), escaped_for_url, unescaped(text)];
        let changed = views.iter().enumerate().filter(|(i, view)| *i == 0 || matches!(view, Cow::Owned(_)));
        changed
            .into_iter()
            .any(|(_, view)| (0..view.len()).filter_map(|at| view.get(at..)).any(|rest| self.is_at(rest)))
    }

    /// Whether the text begins with one of them.
    fn is_at(&self, text: &[u8]) -> bool {
        let Some(pair) = text.first_chunk::<2>() else { return false };
        self.is_at_pair(*pair, text) || self.more.as_ref().is_some_and(|more| more.is_at(text))
    }

    fn is_at_pair(&self, pair: [u8; 2], text: &[u8]) -> bool {
        let (word, bit) = place(pair);
        if self.begins.get(word).is_none_or(|word| word & bit == 0) {
            return false;
        }
        let first = self.needles.partition_point(|needle| needle.first_chunk::<2>() < Some(&pair));
        let mut alike = self.needles.iter().skip(first).take_while(|needle| needle.first_chunk() == Some(&pair));
        alike.any(|needle| text.starts_with(needle))
    }
}

/// Where the bit of a pair of bytes is.
fn place(pair: [u8; 2]) -> (usize, u64) {
    let number = usize::from(u16::from_be_bytes(pair));
    (number / 64, 1 << (number % 64))
}

/// What is searched for of a secret.
fn end(secret: &[u8]) -> &[u8] {
    secret.get(secret.len().saturating_sub(LONGEST)..).unwrap_or(secret)
}

/// A secret as it is, and what base64 makes of it at each offset, without the characters that depend on neighbours.
fn forms(secret: &[u8]) -> Vec<Zeroizing<Vec<u8>>> {
    let mut forms = vec![Zeroizing::new(secret.to_vec())];
    for (offset, engine) in
        [0_usize, 1, 2].into_iter().flat_map(|offset| [(offset, &STANDARD_NO_PAD), (offset, &URL_SAFE_NO_PAD)])
    {
        let mut padded = Zeroizing::new(vec![0; offset]);
        padded.extend_from_slice(secret);
        let encoded = Zeroizing::new(engine.encode(&padded[..]));
        // The first characters mix in what stands before the secret, the last one what stands after it.
        let before = (offset * 8).div_ceil(6);
        let whole = padded.len() * 8 / 6;
        forms.extend(encoded.as_bytes().get(before..whole).map(|inner| Zeroizing::new(inner.to_vec())));
    }
    forms
}

/// Undoes the escapes of JSON strings, wherever they stand.
fn unescaped(text: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'\\', text).is_none() {
        return Cow::Borrowed(text);
    }
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        let Some((&escape, tail)) = tail.split_first().filter(|_| byte == b'\\') else {
            plain.push(byte);
            continue;
        };
        rest = tail;
        match escape {
            b'n' => plain.push(b'\n'),
            b't' => plain.push(b'\t'),
            b'r' => plain.push(b'\r'),
            b'b' => plain.push(8),
            b'f' => plain.push(12),
            b'u' => {
                let (character, tail) = character(rest);
                rest = tail;
                plain.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            other => plain.push(other),
        }
    }
    Cow::Owned(plain)
}

/// The character after a `\\u`, of one unit or of a surrogate pair, and what follows it.
fn character(text: &[u8]) -> (char, &[u8]) {
    let Some((high, rest)) = unit(text) else { return (char::REPLACEMENT_CHARACTER, text) };
    let pair = rest.strip_prefix(b"\\u").and_then(unit).and_then(|(low, rest)| {
        let character = char::decode_utf16([high, low]).next()?.ok()?;
        (character.len_utf16() == 2).then_some((character, rest))
    });
    pair.unwrap_or((char::from_u32(u32::from(high)).unwrap_or(char::REPLACEMENT_CHARACTER), rest))
}

/// Four hexadecimal digits, and what follows them.
fn unit(text: &[u8]) -> Option<(u16, &[u8])> {
    let (digits, rest) = text.split_at_checked(4)?;
    let unit = u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    Some((unit, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUE: &str = "pä\"ss/w+rd&1 \u{1F600}x";

    fn finds(text: &str) -> bool {
        Scan::new([&Secret::new(VALUE.into())]).finds(text.as_bytes())
    }

    #[test]
    fn a_secret_is_found_plain_and_escaped() {
        assert!(finds(&format!("<{VALUE}>")));
        assert!(finds(&serde_json::json!({ "a": VALUE }).to_string()));
        assert!(finds(r#""p\u00e4\u0022ss\/w\u002Brd\u00261 \uD83D\uDE00x""#));
        assert!(finds(&percent_encoding::utf8_percent_encode(VALUE, percent_encoding::NON_ALPHANUMERIC).to_string()));
        assert!(finds("p%C3%A4%22ss/w%2brd%261 \u{1F600}x"), "half escaped");
    }

    #[test]
    fn a_secret_is_found_in_base64_wherever_it_stands() {
        for before in ["", "a", "ab", "abc"] {
            for after in ["", "z", "zz"] {
                let text = format!("{before}{VALUE}{after}");
                assert!(finds(&base64::engine::general_purpose::STANDARD.encode(&text)), "{before} {after}");
                assert!(finds(&base64::engine::general_purpose::URL_SAFE.encode(&text)), "{before} {after}");
                let escaped =
                    base64::engine::general_purpose::STANDARD.encode(&text).replace('/', "%2F").replace('+', "%2B");
                assert!(finds(&escaped), "{escaped}");
                let escaped = base64::engine::general_purpose::STANDARD.encode(&text).replace('/', "\\/");
                assert!(finds(&escaped), "{escaped}");
            }
        }
    }

    #[test]
    fn a_long_secret_is_found_and_one_that_begins_alike_is_not() {
        let token = |end: &str| format!("{}{end}", "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.".repeat(30));
        let scan = Scan::new([&Secret::new(token("this-one"))]);
        for before in ["", "a", "ab"] {
            let said = format!("{before}{}.", token("this-one"));
            assert!(scan.finds(said.as_bytes()));
            assert!(scan.finds(base64::engine::general_purpose::STANDARD.encode(said).as_bytes()), "{before}");
        }
        assert!(!scan.finds(token("that-one").as_bytes()));
    }

    #[test]
    fn each_of_many_secrets_is_found_wherever_it_stands() {
        let secrets: Vec<Secret> = (0..300).map(|n| Secret::new(format!("token-{n:03}-{}", n * 7919))).collect();
        let scan = Scan::new(&secrets);
        for secret in &secrets {
            assert!(scan.finds(secret.expose().as_bytes()));
            assert!(scan.finds(format!("token-0{}", secret.expose()).as_bytes()), "after a beginning of another");
            assert!(!scan.finds(&secret.expose().as_bytes()[..9]));
        }
    }

    #[test]
    fn what_two_searches_look_for_is_found_by_both_together() {
        let secret = |value: &str| Secret::new(value.into());
        let both = Scan::new([&secret("first-one")]).and(Arc::new(Scan::new([&secret("second-one")])));
        assert!(both.finds(b"a first-one") && both.finds(b"a second-one") && !both.finds(b"a third-one"));
        let other = Scan::default().and(Arc::new(Scan::new([&secret("second-one")])));
        assert!(other.finds(b"the second-one") && !other.finds(b"the first-one"));
    }

    #[test]
    fn honest_answers_pass() {
        assert!(!finds(r#"{"displayName":"Ana \"x\" \u00e4 \u12 50% \\"}"#));
        assert!(!finds(""));
        assert!(!Scan::new([&Secret::new("abc".into())]).finds(b"abcdef"), "too short to mean anything");
        assert!(!Scan::new([]).finds(VALUE.as_bytes()));
    }
}
