//! What a deployment asks for that defenders are to find.
//!
//! A workload that simulates attacks names them in its config, under `anomalies`: a list of maps, each with its `pack`. The
//! host reads no more of it than that. A workload that did so under another name would gain nothing: what ordinary work
//! never needs, the policy of the endpoint permits to those alone that are named here.

use serde_json::Value;

/// The config's key.
const KEY: &str = "anomalies";

/// The packs that a config names, each once, in their order.
pub fn packs(config: &Value) -> Vec<&str> {
    let items = config.get(KEY).and_then(Value::as_array).into_iter().flatten();
    let mut packs: Vec<&str> = Vec::new();
    for item in items {
        let pack = item.get("pack").and_then(Value::as_str).unwrap_or("without a name");
        if !packs.contains(&pack) {
            packs.push(pack);
        }
    }
    packs
}

/// What whoever deploys them is to know.
pub(crate) fn warning(packs: &[&str]) -> String {
    format!(
        "this deployment does what attackers do ({}): defenders who are not told may block its workers from signing in, \
         disable them, undo or quarantine what they made, or raise an incident; `haymaker export` shows what was simulated",
        packs.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn whatever_stands_in_the_list_is_asked_for() {
        let config = json!({"anomalies": [{"pack": "b"}, {"pack": "a"}, {"pack": "b"}, 7]});
        assert_eq!(packs(&config), ["b", "a", "without a name"]);
        for none in [json!({}), json!({"anomalies": []}), json!({"anomalies": null}), json!([])] {
            assert!(packs(&none).is_empty(), "{none}");
        }
    }
}
