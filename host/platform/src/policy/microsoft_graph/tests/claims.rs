//! What a guest writes into the ledger counts only if the tenant said so.

use super::*;

#[tokio::test]
async fn nobody_becomes_a_worker_by_being_claimed() {
    let policy = policy().await;
    for (kind, name, id) in [
        ("user", CHIEF, CHIEF_ID),
        ("user", BEN, CHIEF_ID),
        ("adopted-user", CHIEF, CHIEF_ID),
        ("group", "all-staff", CHIEF_ID),
        ("group", "haymaker-d-legal", CHIEF_ID),
        ("team", "haymaker-d-legal", CHIEF_ID),
        ("chat", "x", "19:other@thread.v2"),
        ("drive", "x", "b!Other"),
        ("site", "x", "contoso.example,9,9"),
        ("folder", "x", "inbox"),
        ("event", "x", "040-private"),
    ] {
        let denial = policy.vouches(kind, name, id).unwrap_err();
        assert_eq!(denial.code, "microsoft-graph.claim", "{kind} {name}");
    }
    assert!(policy.vouches("document", "anything", "goes").is_ok(), "nothing is decided by it");
}

#[tokio::test]
async fn what_the_tenant_says_is_believed_and_nothing_more() {
    let policy = policy().await;
    let id = "55555555-5555-5555-5555-555555555555";
    let created = json!({"userPrincipalName": BEN, "employeeType": "haymaker:d"}).to_string();
    answered(&policy, "POST", "/users", &created, 400, &json!({"id": id, "userPrincipalName": BEN}));
    assert!(policy.vouches("user", BEN, id).is_err(), "it was refused");
    answered(&policy, "POST", "/users", &created, 201, &json!({"id": id, "userPrincipalName": BEN}));
    assert!(policy.vouches("user", BEN, id).is_ok());
    assert!(policy.vouches("user", "haymaker-d-3@contoso.example", id).is_err(), "under its own name only");
    let none = Tenant::default();
    assert_eq!(verdict(&policy, &none, "GET", &format!("/users/{id}"), "").await, "", "before the ledger lists it");

    let find = format!("/users?$filter=userPrincipalName eq '{BEN}'");
    let found = |tag: &str| json!({"value": [{"id": CHIEF_ID, "userPrincipalName": CHIEF, "employeeType": tag}]});
    answered(&policy, "GET", &find, "", 200, &found("Employee"));
    assert!(policy.vouches("user", CHIEF, CHIEF_ID).is_err(), "without the tag");

    let members = json!({"value": [
        {"@odata.type": "#microsoft.graph.user", "id": "66", "userPrincipalName": "Dora@contoso.example", "mail": "d@contoso.example"},
        {"@odata.type": "#microsoft.graph.group", "id": "77", "userPrincipalName": ""},
    ]});
    answered(&policy, "GET", &format!("/groups/{LENDER}/members"), "", 200, &members);
    assert!(
        policy.vouches("adopted-user", "dora@contoso.example", "66").is_err(),
        "nobody saw what she is a member of"
    );
    let memberships = |kind: &str| json!({"value": [{"@odata.type": format!("#microsoft.graph.{kind}"), "id": "1"}]});
    assert_eq!(verdict(&policy, &none, "GET", "/users/66/transitiveMemberOf?$select=id", "").await, "");
    answered(&policy, "GET", "/users/66/transitiveMemberOf?$select=id", "", 200, &memberships("group"));
    assert!(policy.vouches("adopted-user", "dora@contoso.example", "66").is_ok());
    assert!(policy.vouches("adopted-user", "d@contoso.example", "66").is_ok());
    assert!(policy.vouches("adopted-user", CHIEF, "66").is_err());
    assert!(policy.vouches("adopted-user", "x", "77").is_err(), "a group is nobody");
    answered(&policy, "GET", &format!("/groups/{GROUP_ID}/members"), "", 200, &members);
    assert!(policy.vouches("user", "dora@contoso.example", "66").is_err());

    let group = json!({"id": "88", "uniqueName": "haymaker-d-legal"});
    answered(&policy, "PATCH", "/groups(uniqueName='haymaker-d-legal')", "{}", 201, &group);
    assert!(policy.vouches("group", "haymaker-d-legal", "88").is_ok());
    assert!(policy.vouches("team", "haymaker-d-legal", "88").is_ok(), "a team has its group's id");
    answered(
        &policy,
        "GET",
        "/groups(uniqueName='haymaker-d-legal')",
        "",
        200,
        &json!({"id": "89", "mailNickname": "all-staff"}),
    );
    assert!(policy.vouches("group", "all-staff", "89").is_err());

    let started = Response {
        status: 202,
        headers: vec![("location".into(), "/teams('90')/operations('1')".into())],
        body: Vec::new(),
    };
    policy.shown(&canonical("POST", "/teams", "{}"), started);
    assert!(policy.vouches("team", "Sales", "90").is_ok());

    answered(&policy, "POST", "/chats", "{}", 201, &json!({"id": "19:new@thread.v2"}));
    assert!(policy.vouches("chat", "any", "19:new@thread.v2").is_ok());
    let chats = json!({"value": [
        {"id": "19:a", "members": [{"userId": ANA_ID}, {"userId": CLEO_ID}]},
        {"id": "19:b", "members": [{"userId": ANA_ID}, {"userId": CHIEF_ID}]},
        {"id": "19:c"},
    ]});
    answered(&policy, "GET", &format!("/users/{ANA_ID}/chats?$expand=members"), "", 200, &chats);
    for (chat, believed) in [("19:a", true), ("19:b", false), ("19:c", false)] {
        assert_eq!(policy.vouches("chat", "any", chat).is_ok(), believed, "{chat}");
    }
    answered(&policy, "GET", &format!("/groups/{GROUP_ID}/drive"), "", 200, &json!({"id": "b!Group"}));
    assert!(policy.vouches("drive", GROUP, "b!Group").is_ok());
    answered(&policy, "GET", &format!("/groups/{GROUP_ID}/sites/root"), "", 200, &json!({"id": "contoso.example,5,6"}));
    assert!(policy.vouches("site", GROUP, "contoso.example,5,6").is_ok());
}

#[tokio::test]
async fn nobody_with_a_role_in_the_directory_is_adopted() {
    let policy = policy().await;
    let members = json!({"value": [{"id": "66", "userPrincipalName": "dora@contoso.example"}]});
    answered(&policy, "GET", &format!("/groups/{LENDER}/members"), "", 200, &members);
    let roles = json!({"value": [{"@odata.type": "#microsoft.graph.directoryRole", "id": "1"}]});
    answered(&policy, "GET", "/users/66/transitiveMemberOf", "", 200, &roles);
    answered(&policy, "GET", "/users/66/transitiveMemberOf?$skiptoken=2", "", 200, &json!({"value": []}));
    assert!(policy.vouches("adopted-user", "dora@contoso.example", "66").is_err());
    assert_eq!(verdict(&policy, &Tenant::default(), "GET", "/users/66/messages", "").await, "subject");
}

#[tokio::test]
async fn a_restarted_host_reads_once_whom_the_operator_lends() {
    let policy = policy().await;
    let roster = json!({"value": [
        {"id": CLEO_ID, "userPrincipalName": CLEO, "mail": "c.diaz@contoso.example"},
        {"id": "66", "userPrincipalName": "dora@contoso.example", "mail": "dora@contoso.example"},
    ]});
    let tenant = Tenant::with(&format!("/groups/{LENDER}/members/graph.user"), roster);
    let mail = |address: &str| json!({"toRecipients": [to(address)]}).to_string();
    let drafts = format!("/users/{ANA_ID}/messages");
    for (address, expected) in
        [("C.Diaz@contoso.example", ""), ("dora@contoso.example", "recipient"), (CHIEF, "recipient"), (CLEO, "")]
    {
        assert_eq!(verdict(&policy, &tenant, "POST", &drafts, &mail(address)).await, expected, "{address}");
    }
    assert_eq!(verdict(&policy, &tenant, "GET", "/users/66/transitiveMemberOf", "").await, "", "about to be adopted");
    assert_eq!(verdict(&policy, &tenant, "GET", "/users/66/messages", "").await, "subject");
    assert_eq!(tenant.asked.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn an_answer_without_names_makes_nobody_a_worker_under_somebody_elses() {
    let id = "55555555-5555-5555-5555-555555555555";
    let all = "/users?$filter=employeeType eq 'haymaker:d'&$select=id,employeeType";
    let created = json!({"userPrincipalName": BEN, "employeeType": "haymaker:d"}).to_string();
    let one = json!({"id": id, "employeeType": "haymaker:d"});
    for (method, target, body, answer) in [
        ("GET", all, "", json!({"value": [one]})),
        ("GET", &format!("/users/{id}?$select=id,employeeType"), "", one.clone()),
        ("POST", "/users?$select=id", created.as_str(), json!({"id": id})),
    ] {
        let policy = policy().await;
        answered(&policy, method, target, body, 200, &answer);
        assert!(policy.vouches("user", CHIEF, id).is_err(), "{method} {target}");
        assert_eq!(policy.vouches("user", BEN, id).is_ok(), method == "POST", "the name that was asked for");
        let verdict = verdict(&policy, &Tenant::default(), "GET", &format!("/users/{CHIEF}/messages"), "").await;
        assert_eq!(verdict, "subject");
    }

    let policy = policy().await;
    let members = json!({"value": [{"id": "66"}]});
    answered(&policy, "GET", &format!("/groups/{LENDER}/members/graph.user?$select=id"), "", 200, &members);
    answered(&policy, "GET", "/users/66/transitiveMemberOf?$select=id", "", 200, &json!({"value": []}));
    assert!(policy.vouches("adopted-user", CHIEF, "66").is_err());
    let named = json!({"value": [{"id": "66", "userPrincipalName": "dora@contoso.example"}]});
    answered(&policy, "GET", &format!("/groups/{LENDER}/members/graph.user"), "", 200, &named);
    assert!(policy.vouches("adopted-user", "dora@contoso.example", "66").is_ok(), "once it was heard with its name");

    answered(&policy, "GET", "/groups(uniqueName='haymaker-d-legal')?$select=id", "", 200, &json!({"id": "88"}));
    assert!(policy.vouches("group", "haymaker-d-legal", "88").is_ok());
    assert!(policy.vouches("group", "all-staff", "88").is_err());
    answered(&policy, "GET", "/groups?$filter=startswith(uniqueName,'haymaker-d-')&$select=id", "", 200, &members);
    assert!(policy.vouches("group", "all-staff", "66").is_err());
}

#[tokio::test]
async fn a_role_is_not_overlooked_because_it_was_not_shown() {
    let group = json!({"@odata.type": "#microsoft.graph.group", "id": "1"});
    let all = json!({"value": [group]});
    for (query, accept, answer, adopted) in [
        ("", "", &all, true),
        ("?$select=id&$top=999", "application/json", &all, true),
        ("?$select=id", "", &json!({"value": []}), true),
        ("?$filter=startswith(displayName,'Sales')", "", &all, false),
        ("?$skiptoken=x", "", &all, false),
        ("?$search=x", "", &all, false),
        ("?$orderby=id", "", &all, false),
        ("", "application/json;odata.metadata=none", &json!({"value": []}), false),
        ("", "", &json!({"value": [{"id": "1"}]}), false),
        ("", "", &json!({"value": [group], "@odata.nextLink": "x"}), false),
    ] {
        let policy = policy().await;
        let members = json!({"value": [{"id": "66", "userPrincipalName": "dora@contoso.example"}]});
        answered(&policy, "GET", &format!("/groups/{LENDER}/members"), "", 200, &members);
        let mut asked = canonical("GET", &format!("/users/66/transitiveMemberOf{query}"), "");
        if !accept.is_empty() {
            asked.headers.push(("accept".to_owned(), accept.to_owned()));
        }
        let response = Response { status: 200, headers: Vec::new(), body: answer.to_string().into_bytes() };
        policy.shown(&asked, response);
        let vouched = policy.vouches("adopted-user", "dora@contoso.example", "66").is_ok();
        assert_eq!(vouched, adopted, "{query} {accept} {answer}");
    }
}

#[tokio::test]
async fn what_the_ledger_lists_later_is_known_from_then_on() {
    let (policy, store) = policy_and_store(json!({})).await;
    let tenant = Tenant::default();
    let list = "/chats/19:later@thread.v2/messages";
    for _ in 0..2 {
        assert_eq!(verdict(&policy, &tenant, "GET", list, "").await, "chat");
    }
    let (lease, end) = store.lease("d", "h").await.unwrap();
    let (kind, name) = ("chat".to_owned(), "later".to_owned());
    let intended = Record::Intended { kind: kind.clone(), name: name.clone() };
    let created = Record::Created { kind, name, remote_id: "19:later@thread.v2".to_owned() };
    store.commit(&lease, end, Batch { at: NOW, records: vec![intended, created], flush: false }).await.unwrap();
    assert_eq!(verdict(&policy, &tenant, "GET", list, "").await, "");
}

#[tokio::test]
async fn nothing_leaves_the_ledger_before_the_tenant_says_that_it_is_gone() {
    let policy = policy().await;
    let refused = |kind, name, id| policy.lets_go(kind, name, id).unwrap_err().code;
    assert_eq!(refused("user", ANA, Some(ANA_ID)), "microsoft-graph.release");
    assert_eq!(refused("group", GROUP, Some(GROUP_ID)), "microsoft-graph.release");
    let gone = json!({"error": {"code": "Request_ResourceNotFound"}});
    for (path, is_shown) in [(format!("/users/{ANA_ID}"), 200), (format!("/users/{ANA_ID}/messages/1"), 404)] {
        answered(&policy, "GET", &path, "", is_shown, &gone);
        assert!(policy.lets_go("user", ANA, Some(ANA_ID)).is_err(), "{path} answered {is_shown}");
    }
    answered(&policy, "GET", &format!("/users/{ANA_ID}"), "", 404, &gone);
    assert!(policy.lets_go("user", ANA, Some(ANA_ID)).is_ok());
    answered(&policy, "GET", &format!("/groups/{GROUP_ID}"), "", 404, &gone);
    assert!(policy.lets_go("group", GROUP, Some(GROUP_ID)).is_ok());

    assert!(policy.lets_go("user", BEN, None).is_ok(), "nobody heard of it");
    let id = "55555555-5555-5555-5555-555555555555";
    let created = json!({"userPrincipalName": BEN, "employeeType": "haymaker:d"}).to_string();
    answered(&policy, "POST", "/users", &created, 201, &json!({"id": id, "userPrincipalName": BEN}));
    assert_eq!(
        refused("user", BEN, None),
        "microsoft-graph.release",
        "it was made, and the ledger does not list its id"
    );
    answered(&policy, "GET", &format!("/users/{id}"), "", 404, &gone);
    assert!(policy.lets_go("user", BEN, None).is_ok());
    assert!(policy.lets_go("chat", "ana-ben", Some(CHAT_ID)).is_ok(), "nobody can delete one");
}
