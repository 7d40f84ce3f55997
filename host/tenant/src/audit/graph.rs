//! `MicrosoftGraphActivityLogs`: every request that Graph answered.

use serde_json::json;

use super::{AuditLog, Doing, Table};
use crate::entra::Claims;
use crate::time;

/// The issuer of all tokens, as Graph names it in its log.
const IDENTITY_PROVIDER: &str = "AAD";

/// What was asked of Graph, and what it answered.
pub(crate) struct Exchange<'a> {
    pub(crate) doing: Doing<'a>,
    pub(crate) claims: &'a Claims,
    pub(crate) method: &'a str,
    pub(crate) version: &'a str,
    /// The path behind the version, and the query.
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    pub(crate) status: u16,
    /// The answer's body, in bytes.
    pub(crate) size: usize,
    /// How long it took, in milliseconds: nothing, unless a fault made it slow.
    pub(crate) duration: u64,
}

impl AuditLog {
    /// Writes down a request to Graph.
    pub(crate) fn graph(&mut self, exchange: &Exchange<'_>) {
        let Exchange { doing, claims, .. } = exchange;
        let mut uri = format!("https://graph.microsoft.com/{}{}", exchange.version, exchange.path);
        if !exchange.query.is_empty() {
            uri.push('?');
            uri.push_str(exchange.query);
        }
        let row = json!({
            "AadTenantId": self.tenant,
            "ApiVersion": exchange.version,
            "AppId": doing.app,
            // Whatever proved the application, the token does not say; the secret is what simulated clients use.
            "ClientAuthMethod": if doing.user.is_some() { 0 } else { 1 },
            "ClientRequestId": doing.client_request_id,
            "DurationMs": exchange.duration,
            "IdentityProvider": IDENTITY_PROVIDER,
            "IPAddress": doing.origin.ip.to_string(),
            "OperationId": doing.origin.operation_id,
            "RequestId": doing.request_id,
            "RequestMethod": exchange.method,
            "RequestUri": uri,
            "ResponseSizeBytes": exchange.size,
            "ResponseStatusCode": exchange.status,
            "Roles": claims.roles.join(" "),
            "Scopes": claims.scp.as_deref().unwrap_or_default(),
            "ServicePrincipalId": doing.user.is_none().then(|| self.service_principal(doing.app)),
            "SignInActivityId": claims.uti,
            "SourceSystem": "Azure",
            "TokenIssuedAt": time::seconds(claims.iat.saturating_mul(1000)),
            "UniqueTokenId": claims.uti,
            "UserAgent": doing.origin.agent,
            "UserId": doing.user.map(|(id, _)| id),
        });
        self.write(Table::GraphActivity, doing.now, row);
    }
}
