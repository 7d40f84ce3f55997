// Microsoft's own client meets the simulated tenant: what it does in a real tenant, it does here, and sees the errors that
// it knows. Nothing here speaks HTTP by itself, but for the looks behind the curtain at the end of this file.
//
// Everything comes from the environment that `haymaker tenant simulate --https` prints; NODE_EXTRA_CA_CERTS is among it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ClientSecretCredential } from "@azure/identity";
import graph from "@microsoft/microsoft-graph-client";
import provider from "@microsoft/microsoft-graph-client/lib/src/authentication/azureTokenCredentials/TokenCredentialAuthenticationProvider.js";

const { BatchRequestContent, BatchResponseContent, Client, GraphError, PageIterator } = graph;
const { TokenCredentialAuthenticationProvider } = provider;

const {
  HAYMAKER_LOGIN_ENDPOINT: login,
  HAYMAKER_GRAPH_ENDPOINT: endpoint,
  KW_TENANT_ID: tenant,
  KW_APP_ID: app,
  KW_CLIENT_SECRET: secret,
} = process.env;

const client = clientWith(secret);

function credentialWith(secret) {
  return new ClientSecretCredential(tenant, app, secret, { authorityHost: login, disableInstanceDiscovery: true });
}

function clientWith(secret) {
  const authProvider = new TokenCredentialAuthenticationProvider(credentialWith(secret), {
    scopes: ["https://graph.microsoft.com/.default"],
  });
  return Client.initWithMiddleware({ authProvider, baseUrl: endpoint, customHosts: new Set([new URL(endpoint).hostname]) });
}

/** Makes a person with a mailbox. */
async function hire(name) {
  const { id: domain } = (await client.api("/domains").get()).value.find((domain) => domain.isDefault);
  const user = await client.api("/users").post({
    accountEnabled: true,
    displayName: name,
    mailNickname: name.toLowerCase(),
    userPrincipalName: `${name.toLowerCase()}@${domain}`,
    usageLocation: "US",
    passwordProfile: { password: "Twenty-nine signs, and a Digit", forceChangePasswordNextSignIn: false },
  });
  const sku = (await client.api("/subscribedSkus").get()).value.find(
    (sku) => sku.prepaidUnits.enabled > sku.consumedUnits,
  );
  await client.api(`/users/${user.id}/assignLicense`).post({ addLicenses: [{ skuId: sku.skuId }], removeLicenses: [] });
  return client.api(`/users/${user.id}`).select("id,displayName,mail,assignedLicenses").get();
}

/** A mail to somebody. */
function mail(to, subject) {
  return {
    subject,
    body: { contentType: "text", content: "Shall we meet on Thursday?" },
    toRecipients: [{ emailAddress: { address: to.mail } }],
  };
}

/** What lies in somebody's inbox under a subject. */
async function inbox(person, subject) {
  const found = await client
    .api(`/users/${person.id}/mailFolders/inbox/messages`)
    .filter(`subject eq '${subject}'`)
    .select("id,subject,from,body,conversationId,isRead")
    .get();
  return found.value;
}

/** That a call fails as Graph documents it. */
function refused(call, status, code, message) {
  return assert.rejects(call, (error) => {
    assert.ok(error instanceof GraphError, String(error));
    assert.equal(error.statusCode, status, error.message);
    assert.equal(error.code, code);
    assert.match(error.message, message);
    assert.match(error.requestId ?? "", /^[0-9a-f-]{36}$/);
    return true;
  });
}

test("the library finds the authority and is given a token", async () => {
  const token = await credentialWith(secret).getToken("https://graph.microsoft.com/.default");
  assert.ok(token.token.split(".").length === 3);
  assert.ok(token.expiresOnTimestamp > Date.now());
});

test("two people are made, licensed, and write to each other", async (t) => {
  const [anna, ben] = [await hire("Anna"), await hire("Ben")];

  await t.test("a licence was assigned and brought an address", () => {
    assert.equal(anna.assignedLicenses.length, 1);
    assert.match(anna.mail, /^anna@/);
  });

  await t.test("a draft is no mail until it is sent", async () => {
    const draft = await client.api(`/users/${anna.id}/messages`).post(mail(ben, "A draft"));
    assert.equal(draft.isDraft, true);
    assert.deepEqual(await inbox(ben, "A draft"), []);
    await client.api(`/users/${anna.id}/messages/${draft.id}/send`).post({});
    const [received] = await inbox(ben, "A draft");
    assert.equal(received.from.emailAddress.address, anna.mail);
    assert.match(received.body.content, /on Thursday/);
  });

  await t.test("a mail is sent, read by its recipient, and answered in its conversation", async () => {
    await client.api(`/users/${anna.id}/sendMail`).post({ message: mail(ben, "Lunch"), saveToSentItems: true });
    const [received] = await inbox(ben, "Lunch");
    assert.equal(received.isRead, false);
    const read = await client.api(`/users/${ben.id}/messages/${received.id}`).patch({ isRead: true });
    assert.equal(read.isRead, true);
    await client.api(`/users/${ben.id}/messages/${received.id}/reply`).post({ comment: "Thursday it is." });
    const [answer] = await inbox(anna, "RE: Lunch");
    assert.equal(answer.from.emailAddress.address, ben.mail);
    assert.match(answer.body.content, /Thursday it is\./);
    assert.equal(answer.conversationId, received.conversationId);
  });

  await t.test("a batch answers each of its requests, and one that fails does not fail the others", async () => {
    // The library keeps the path alone, and the batch lies below the version already.
    const request = (id, path, init) => ({ id, request: new Request(new URL(path, endpoint), init) });
    const headers = { "Content-Type": "application/json" };
    const batch = new BatchRequestContent([
      request("user", `/users/${anna.id}`),
      request("nobody", "/users/nobody@example.com"),
      request("mail", `/users/${anna.id}/sendMail`, {
        method: "POST",
        headers,
        body: JSON.stringify({ message: mail(ben, "From a batch") }),
      }),
    ]);
    const answers = new BatchResponseContent(await client.api("/$batch").post(await batch.getContent()));
    assert.equal((await answers.getResponseById("user").json()).displayName, "Anna");
    assert.equal(answers.getResponseById("nobody").status, 404);
    assert.equal(answers.getResponseById("mail").status, 202);
    assert.equal((await inbox(ben, "From a batch")).length, 1);
  });
});

test("every user is seen once by who turns all the pages", async () => {
  const turned = [];
  const first = await client.api("/users").select("id").top(500).get();
  const iterator = new PageIterator(client, first, (user) => turned.push(user.id) > 0);
  await iterator.iterate();
  assert.ok(iterator.isComplete());
  assert.ok(turned.length > 2500, `${turned.length} users`);
  assert.equal(turned.length, (await behind("inspect")).users_live);
  assert.equal(new Set(turned).size, turned.length);
});

test("a wrong secret is refused as Entra does", async () => {
  await assert.rejects(credentialWith("wrong").getToken("https://graph.microsoft.com/.default"), (error) => {
    assert.match(error.message, /invalid_client/);
    assert.match(error.message, /AADSTS7000215/);
    return true;
  });
});

test("what the app has no permission for is refused, by the directory and by Teams in their own words", async () => {
  const units = client.api("/directory/administrativeUnits").get();
  await refused(units, 403, "Authorization_RequestDenied", /^Insufficient privileges/);
  const member = client.api("/chats/19:none@thread.v2/members").post({ roles: ["owner"] });
  await refused(member, 403, "Forbidden", /[Mm]issing.*permission/);
});

test("a user that does not exist is not found", () =>
  refused(client.api("/users/nobody@example.com").get(), 404, "Request_ResourceNotFound", /nobody@example\.com/));

test("a filter that is none is refused", () =>
  refused(client.api("/users").filter("displayName is 'Anna'").get(), 400, "BadRequest", /./));

test("a request that is throttled is sent again when the answer says so, and not before", async () => {
  const wait = 0.6;
  await behind("throttle", { requests: 2, retry_after: String(wait) });
  const throttled = (await behind("inspect")).throttled;
  const begun = performance.now();
  const { value } = await client.api("/users").select("id").top(1).get();
  const seconds = (performance.now() - begun) / 1000;
  assert.equal(value.length, 1);
  assert.equal((await behind("inspect")).throttled, throttled + 2);
  assert.ok(seconds >= 2 * wait, `${seconds} s`);
});

/** What a tenant has that is no Graph: a look inside, and a hand on its faults. */
async function behind(what, body) {
  const init = body && { method: "POST", body: JSON.stringify(body) };
  const answer = await fetch(`${endpoint}/_haymaker/${what}`, init);
  assert.equal(answer.status, 200, what);
  return answer.json();
}
