//! Where workers come from, and how they come to their licences.

/// Where workers come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// They are made, and taken away again.
    Create,
    /// They are members of the group with this id: people who have accounts of their own. They are never patched, tagged,
    /// licensed or deleted, and of what lies in their mailboxes only what was made here is touched.
    Group(String),
}

impl Source {
    /// Reads `create` or `group:<id>`.
    ///
    /// # Errors
    /// What is wrong with it, for people.
    pub(super) fn read(text: &str) -> Result<Source, String> {
        let text = text.trim();
        if text == "create" {
            return Ok(Source::Create);
        }
        let wrong = || format!("`{text}` is no source of workers; write `create`, or `group:` and the group's id");
        let id = text.strip_prefix("group:").map(str::trim).ok_or_else(wrong)?;
        if !is_guid(id) {
            return Err(format!(
                "`{id}` is not a group's id: those are written like 0a1b2c3d-0000-4000-8000-0a1b2c3d4e5f"
            ));
        }
        Ok(Source::Group(id.to_lowercase()))
    }
}

fn is_guid(text: &str) -> bool {
    let lengths = text.split('-').map(str::len).eq([8, 4, 4, 4, 12]);
    lengths && text.chars().all(|sign| sign == '-' || sign.is_ascii_hexdigit())
}

/// How workers that are made come to a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum License {
    /// Each is given this one, by its `skuPartNumber`.
    Sku(String),
    /// The tenant gives it, by a group of its own that they fall into.
    Group,
    /// Not at all: they have accounts, and nothing else.
    None,
}

impl License {
    /// The licence that each worker is given, where each is given one.
    pub fn sku(&self) -> Option<&str> {
        match self {
            License::Sku(sku) => Some(sku),
            License::Group | License::None => None,
        }
    }

    /// Reads a `skuPartNumber`, `group` or `none`.
    ///
    /// # Errors
    /// What is wrong with it, for people.
    pub(super) fn read(text: &str) -> Result<License, String> {
        let sign = |sign: char| sign.is_ascii_uppercase() || sign.is_ascii_digit() || sign == '_';
        match text {
            "group" => Ok(License::Group),
            "none" => Ok(License::None),
            sku if !sku.is_empty() && sku.chars().all(sign) => Ok(License::Sku(sku.to_owned())),
            other => Err(format!(
                "`{other}` is not a licence: write its skuPartNumber in capitals, like DEVELOPERPACK_E5 or SPE_E3; or \
                 `group`, or `none`"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_are_made_or_come_from_a_group_that_is_named_by_its_id() {
        assert_eq!(Source::read("create"), Ok(Source::Create));
        let id = "0A1B2C3D-0000-4000-8000-0a1b2c3d4e5f";
        assert_eq!(Source::read(&format!("group: {id}")), Ok(Source::Group(id.to_lowercase())));
        assert!(Source::read("group:Sales").unwrap_err().contains("`Sales`"));
        assert!(Source::read("adopt").unwrap_err().contains("`group:`"));
    }

    #[test]
    fn a_licence_is_named_or_left_to_the_tenant_or_left_out() {
        assert_eq!(License::read("SPE_E3"), Ok(License::Sku("SPE_E3".to_owned())));
        assert_eq!((License::read("group"), License::read("none")), (Ok(License::Group), Ok(License::None)));
        assert!(License::read("E5 please").unwrap_err().contains("skuPartNumber"));
    }
}
