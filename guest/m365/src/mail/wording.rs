//! The few words of an answer.

use haymaker_guest::chance::stream;

use crate::{people::Person, threads::Manner};

/// What an answer says, above what it quotes.
pub(super) fn answer(seed: u64, task: &str, manner: Manner, writer: &Person, to: &[&Person]) -> String {
    let mut chance = stream(seed, &[task, "content"]);
    let sentences: &[&str] = match manner {
        Manner::Reply => &[
            "Thanks, that works for me. I will come back to you as soon as I have the rest.",
            "Good point. Let me check the numbers first, you will have them before the end of the day.",
            "Agreed, let us go ahead as you suggest.",
            "I am not sure about the second part, can we talk about it tomorrow morning?",
            "Done, please have a look and tell me if anything is missing.",
            "Thanks for the heads-up. I will take care of my part and keep you posted.",
        ],
        Manner::ReplyAll => &[
            "Thanks all, this looks good to me. I have nothing to add.",
            "I agree with the plan. Let us meet for fifteen minutes if anybody sees it differently.",
            "Adding everybody so that we are all on the same page: I can take the first part.",
            "Fine with me. Who writes the summary?",
        ],
        Manner::Forward => &[
            "FYI, this may concern you too.",
            "Passing this on because you know the background better than I do. Could you have a look?",
            "See below. No action needed, just so that you know.",
        ],
    };
    let sentence = chance.pick(sentences).copied().unwrap_or_default();
    let greeting = match to {
        [one] => format!("Hi {},", one.given),
        [one, other] => format!("Hi {} and {},", one.given, other.given),
        _ => "Hi all,".to_owned(),
    };
    format!("{greeting}\r\n\r\n{sentence}\r\n\r\n{}\r\n", writer.given)
}
