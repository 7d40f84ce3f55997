//! What was sent on a day, and what lives, in a whole tenant.

use std::sync::Arc;

use super::{Log, sample};
use crate::record::*;
use crate::{ExchangeCount, Result, Store};

fn sent(method: &str, path: &str, sent: Instant) -> Exchange {
    Exchange { method: method.into(), path: path.into(), sent, ..sample::exchange("r", Some(200)) }
}

/// Every attempt is counted on the day on which it was sent, by its method and what a POST is called on, for all
/// deployments of a tenant together; what they made and did not take away is counted, too.
pub async fn what_was_sent_is_counted_by_day_for_the_whole_tenant(open: impl Fn() -> Arc<dyn Store>) -> Result<()> {
    const DAY: u64 = 86_400_000;
    let store = open();
    let mut log = Log::begin(&store, "d", &["a", "b"]).await?;
    let mut other = Log::begin(&store, "e", &["a"]).await?;
    let first = vec![
        sent("POST", "/users/1/messages/2/send", sample::NOW),
        sent("POST", "/users/1/messages/2/send?x=/y", sample::NOW),
        sent("POST", "/items/0a1b2c3d", sample::NOW),
        sent("DELETE", "/users/1", sample::NOW + DAY),
    ];
    log.add([sample::retried("a", first), sample::done("b")]).await?;
    other.add([sample::retried("a", vec![sent("GET", "/users/1/messages", sample::NOW)])]).await?;
    let made = |name: &str| {
        let (kind, name) = ("user".to_owned(), name.to_owned());
        [
            Record::Intended { kind: kind.clone(), name: name.clone() },
            Record::Created { kind, remote_id: name.clone(), name },
        ]
    };
    log.add(made("x")).await?;
    log.add(made("y")).await?;
    log.add([Record::Released { kind: "user".into(), name: "y".into() }]).await?;
    other.add(made("x")).await?;
    drop((log, other, store));

    let store = open();
    let count =
        |method: &str, action: &str, count| ExchangeCount { method: method.into(), action: action.into(), count };
    let day = sample::NOW / DAY;
    assert_eq!(
        store.exchange_day("simulated:1", day)?,
        [count("GET", "", 1), count("POST", "", 1), count("POST", "send", 2), count("POST", "sendMail", 1)]
    );
    assert_eq!(store.exchange_day("simulated:1", day + 1)?, [count("DELETE", "", 1)]);
    assert_eq!(store.live("simulated:1")?, 2);
    assert_eq!((store.exchange_day("another", day)?, store.live("another")?), (Vec::new(), 0));
    Ok(())
}
