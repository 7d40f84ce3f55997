//! What workers do besides writing new mail and saying something in Teams.

use super::list;

/// Whether workers do what, besides writing new mail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Actions {
    /// They open their inbox and read what came.
    pub read: bool,
    /// They file what they read.
    pub organize: bool,
    /// They answer the sender, and what is said in Teams.
    pub reply: bool,
    /// They answer everybody.
    pub reply_all: bool,
    /// They pass mails on.
    pub forward: bool,
    /// They react to what is said in Teams.
    pub react: bool,
}

impl Actions {
    /// Nothing but new mail.
    pub const NONE: Actions =
        Actions { read: false, organize: false, reply: false, reply_all: false, forward: false, react: false };

    /// All that there is to do.
    pub const ALL: Actions =
        Actions { read: true, organize: true, reply: true, reply_all: true, forward: true, react: true };

    /// What people do in mailboxes that hold more than what is simulated: they answer, and open nothing.
    pub const AMONG_OTHERS: Actions = Actions { read: false, organize: false, ..Actions::ALL };

    /// The names of a config, in the order in which they are told.
    const NAMES: [&str; 6] = ["read", "organize", "reply", "reply_all", "forward", "react"];

    /// Whether mails are ever answered or passed on.
    pub fn threads(self) -> bool {
        self.reply || self.reply_all || self.forward
    }

    /// Reads a list of names, `all` or `none`.
    ///
    /// # Errors
    /// What is wrong with it, for people.
    pub(super) fn read(text: &str) -> Result<Actions, String> {
        match text.trim() {
            "all" => return Ok(Actions::ALL),
            "none" => return Ok(Actions::NONE),
            _ => {}
        }
        let known = |name: &str| Actions::NAMES.into_iter().find(|known| *known == name);
        let named = list::names(text, known).map_err(|unknown| {
            format!("no action: {unknown}; write `all`, `none`, or some of {}", Actions::NAMES.join(", "))
        })?;
        let does = |name: &str| named.contains(&name);
        let actions = Actions {
            read: does("read"),
            organize: does("organize"),
            reply: does("reply"),
            reply_all: does("reply_all"),
            forward: does("forward"),
            react: does("react"),
        };
        if actions.organize && !actions.read {
            return Err("whoever organizes has read; add `read`".to_owned());
        }
        Ok(actions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_named_one_by_one_or_all_together() {
        assert_eq!(Actions::read("all"), Ok(Actions::ALL));
        assert_eq!(Actions::read("none"), Ok(Actions::NONE));
        assert_eq!(Actions::read(&Actions::NAMES.join(",")), Ok(Actions::ALL));
        assert_eq!(Actions::read("read, reply"), Ok(Actions { read: true, reply: true, ..Actions::NONE }));
        assert!(Actions::read("reed").unwrap_err().contains("reply_all"));
        assert!(Actions::read("organize").unwrap_err().contains("`read`"));
        assert!(Actions::ALL.threads() && !Actions::NONE.threads());
    }
}
