//! Inbox rules: only where the operator permits anomalies and the config names the pack, only in one's own workers'
//! inboxes, only to one's own workers.

use super::*;

const RULES: &str = "/users/11111111-1111-1111-1111-111111111111/mailFolders/inbox/messageRules";

/// A deployment whose config names these packs.
async fn with(packs: &[&str]) -> MicrosoftGraph {
    let items: Vec<Value> = packs.iter().map(|pack| json!({"pack": pack, "worker": "w01"})).collect();
    policy_of(json!({"workers_from": format!("group:{LENDER}"), "anomalies": items})).await
}

fn rule(actions: &Value) -> String {
    json!({"displayName": "x", "sequence": 1, "isEnabled": true, "actions": actions}).to_string()
}

#[tokio::test]
async fn rules_need_both_the_operators_word_and_the_pack() {
    let tenant = Tenant::default();
    let body = rule(&json!({"forwardTo": [to(BEN)]}));
    for (policy, expected) in [
        // An ordinary deployment; and one whose manifest lists the path, which is all that reaches this policy.
        (policy().await, "anomaly"),
        (policy().await.permitting(true), "anomaly"),
        (with(&["forwarding-rule"]).await, "anomaly"),
        (with(&["forwarding-rule"]).await.permitting(false), "anomaly"),
        (with(&["mass-download", "internal-phish"]).await.permitting(true), "anomaly"),
        (with(&["forwarding-rule"]).await.permitting(true), ""),
    ] {
        assert_eq!(verdict(&policy, &tenant, "POST", RULES, &body).await, expected);
        for (method, target) in [("GET", RULES.to_owned()), ("DELETE", format!("{RULES}/1"))] {
            assert_eq!(verdict(&policy, &tenant, method, &target, "").await, expected, "{method}");
        }
    }
}

#[tokio::test]
async fn a_rule_sends_on_to_workers_alone_from_their_own_inboxes_and_does_nothing_else() {
    let (policy, tenant) = (with(&["forwarding-rule"]).await.permitting(true), Tenant::default());
    let at = |user: &str, rest: &str| format!("POST /users/{user}/mailFolders/{rest}");
    let post = format!("POST {RULES}");
    let good = rule(&json!({"redirectTo": [to(ANA)], "markAsRead": true, "stopProcessingRules": true}));
    let named = json!({"emailAddress": {"name": ANA, "address": CHIEF}});
    let deep = json!({"displayName": "x", "conditions": {"fromAddresses": [to(CHIEF)]}, "actions": {}}).to_string();
    let subject =
        json!({"displayName": "x", "conditions": {"subjectContains": ["invoice"]}, "actions": {}}).to_string();
    let table: Vec<(String, String, &str)> = vec![
        (post.clone(), good.clone(), ""),
        (post.clone(), subject, ""),
        (post.clone(), rule(&json!({"forwardTo": [to(OUTSIDE)]})), "recipient"),
        (post.clone(), rule(&json!({"forwardTo": [to(ANA), to(CHIEF)]})), "recipient"),
        (post.clone(), rule(&json!({"redirectTo": [named]})), "recipient"),
        (post.clone(), rule(&json!({"ForwardTo": [to(CHIEF)]})), "recipient"),
        (post.clone(), rule(&json!({"forwardTo": [{"emailAddress": {"name": ANA}}]})), "recipient"),
        (post.clone(), rule(&json!({"forwardAsAttachmentTo": [to(CHIEF)]})), "property"),
        (post.clone(), rule(&json!({"permanentDelete": true})), "property"),
        (post.clone(), rule(&json!({"delete": true})), "property"),
        (post.clone(), rule(&json!({"moveToFolder": "deleteditems"})), "property"),
        (post.clone(), rule(&json!({"markAsRead": {"a": 1}})), "body"),
        (post.clone(), deep, "property"),
        (at(CHIEF_ID, "inbox/messageRules"), good.clone(), "subject"),
        (at(CLEO_ID, "inbox/messageRules"), good.clone(), "anomaly"),
        (at(ANA_ID, "sentitems/messageRules"), good.clone(), "anomaly"),
        (format!("PATCH {RULES}/1"), rule(&json!({"forwardTo": [to(OUTSIDE)]})), "path"),
        (format!("PATCH /users/{ANA_ID}/mailboxSettings"), json!({"timeZone": "UTC"}).to_string(), "anomaly"),
        ("POST /subscriptions".into(), json!({"resource": "/me/messages"}).to_string(), "anomaly"),
    ];
    let table: Vec<(&str, String, &str)> =
        table.iter().map(|(line, body, code)| (line.as_str(), body.clone(), *code)).collect();
    holds(&policy, &tenant, &table).await;
}
