//! Requests that nobody in his right mind sends.

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{Client, settings};

/// One tenant for all cases: what one leaves behind is the next one's trouble.
static CLIENT: LazyLock<Client> = LazyLock::new(|| {
    let client = Client::new(settings());
    client.employ("ada");
    client
});

fn segment() -> impl Strategy<Value = String> {
    let names =
        "users|messages|mailFolders|inbox|send|sendMail|assignLicense|directory|deletedItems|domains|graph.user";
    let ada = format!("ada@{}", CLIENT.domain());
    prop_oneof![
        4 => prop::sample::select(names.split('|').map(str::to_owned).collect::<Vec<_>>()),
        3 => Just(ada),
        1 => "[a-zA-Z0-9$.'()%:@~-]{0,12}",
    ]
}

fn query() -> impl Strategy<Value = String> {
    let names = prop::sample::select(vec![
        "$filter",
        "$select",
        "$top",
        "$skip",
        "$orderby",
        "$count",
        "$skiptoken",
        "$expand",
        "x",
    ]);
    let values = prop::sample::select(vec![
        "subject%20eq%20'x'",
        "not%20not%20isRead",
        "startswith(",
        "id",
        "-1",
        "18446744073709551615",
        "999",
        "true",
        "%",
        "%00",
        "%C3%28",
        "receivedDateTime%20desc",
        "b2Zmc2V0OjE4NDQ2NzQ0MDczNzA5NTUxNjE1",
        "AAAAAAAAAAA",
        "_____________________w",
    ]);
    prop::collection::vec((names, values), 0..4)
        .prop_map(|pairs| pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&"))
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,10}".prop_map(Value::from),
    ];
    let names = prop::sample::select(vec![
        "message",
        "subject",
        "body",
        "content",
        "toRecipients",
        "emailAddress",
        "address",
        "isRead",
        "addLicenses",
        "removeLicenses",
        "skuId",
        "displayName",
        "userPrincipalName",
        "passwordProfile",
        "password",
        "internetMessageId",
        "flag",
        "accountEnabled",
        "mailNickname",
    ]);
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::Array),
            prop::collection::vec((names.clone(), inner), 0..4)
                .prop_map(|fields| fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    /// Every answer is one of Graph's, and none of them says that the tenant is at fault.
    #[test]
    fn no_request_breaks_the_tenant(
        method in prop::sample::select(vec!["GET", "POST", "PATCH", "DELETE", "PUT"]),
        path in prop::collection::vec(segment(), 0..6),
        query in query(),
        body in value(),
        cut in prop::option::weighted(0.2, 0usize..20),
    ) {
        let bearer = format!("Bearer {}", CLIENT.token);
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let target = format!("/v1.0/{}?{query}", path.join("/"));
        prop_assume!(target.parse::<http::Uri>().is_ok());
        let mut bytes = body.to_string().into_bytes();
        bytes.truncate(cut.unwrap_or(usize::MAX));
        // Some case deletes her, and the cases after it would find no mailbox.
        if CLIENT.get(&format!("/users/{}", CLIENT.upn("ada"))).status == 404 {
            CLIENT.employ("ada");
        }
        let answer = CLIENT.raw(method, &target, &headers, bytes);
        prop_assert!(answer.status != 500 && answer.status != 503, "{:?}", answer);
        if answer.status >= 400 {
            prop_assert!(!answer.code().is_empty() && !answer.message().is_empty(), "{:?}", answer);
        }
    }
}

#[test]
fn a_body_that_nests_without_end_is_refused() {
    let client = &*CLIENT;
    let bearer = format!("Bearer {}", client.token);
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    for deep in ["[".repeat(100_000), "{\"body\":".repeat(100_000)] {
        let path = format!("/v1.0/users/{}/messages", client.upn("ada"));
        client.raw("POST", &path, &headers, deep.into_bytes()).expect(400);
    }
    assert_eq!(client.post("/users", &json!([])).expect(400).code(), "BadRequest");
}
