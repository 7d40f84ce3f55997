//! Whom the host believes that a server is who it says: the system's certificate authorities, and those of a file.
//!
//! A company's proxy that looks into TLS has an authority of its own, and so has a simulated tenant that serves https. The
//! variable that names their certificates is the one that OpenSSL reads. Where the system keeps its authorities in a file,
//! as on Linux, the named one takes its place; where it has a store, it comes beside it. The TLS library would pass over a
//! file that it cannot read, and every request would fail with words that name no cause; so it is read here.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use reqwest::Certificate;

/// The variable of the environment that names a file of certificates, in PEM.
const AUTHORITIES: &str = "SSL_CERT_FILE";

/// The certificates of the file that the environment names; none if it names none.
///
/// # Errors
/// A sentence: the file cannot be read, or holds no certificate.
pub fn authorities() -> Result<Vec<Certificate>, String> {
    named(std::env::var_os(AUTHORITIES).as_deref())
}

fn named(path: Option<&OsStr>) -> Result<Vec<Certificate>, String> {
    let Some(path) = path.filter(|path| !path.is_empty()).map(Path::new) else { return Ok(Vec::new()) };
    let wrong = |why: String| {
        format!("{AUTHORITIES}={}: {why}; name a file of certificates in PEM, or unset it", path.display())
    };
    let pem = fs::read(path).map_err(|error| wrong(format!("cannot be read ({error})")))?;
    match Certificate::from_pem_bundle(&pem) {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(wrong("there is no certificate in it".to_owned())),
    }
}

/// What to do about a connection that failed for this cause; nothing if it was not for want of trust.
pub(super) fn remedy(cause: &str) -> String {
    // The library's error has lost its type by the time it is seen, and keeps its words.
    if !cause.contains("UnknownIssuer") {
        return String::new();
    }
    format!(
        " (who signed its certificate is not trusted; {AUTHORITIES} names a file of those who are, when a host is started)"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_there_or_holds_no_certificate_is_named_with_its_variable() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("authorities.pem");
        let said = named(Some(file.as_os_str())).unwrap_err();
        assert!(said.contains("SSL_CERT_FILE=") && said.contains("cannot be read"), "{said}");
        fs::write(&file, "no certificate").unwrap();
        let said = named(Some(file.as_os_str())).unwrap_err();
        assert!(said.contains("authorities.pem: there is no certificate in it; name a file"), "{said}");
    }

    #[test]
    fn no_file_is_no_error() {
        assert_eq!(named(None).unwrap().len(), 0);
        assert_eq!(named(Some(OsStr::new(""))).unwrap().len(), 0);
    }
}
