//! The token endpoint.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Claims, Issuer, assertion, is_graph};
use crate::directory::User;
use crate::ids::{Mint, short, uuid};
use crate::odata::options::pairs;
use crate::settings::{App, Settings};
use crate::tenant::State;
use crate::time;

/// A refusal in Entra's words.
pub(super) struct Refusal {
    status: StatusCode,
    error: &'static str,
    code: u32,
    text: String,
    suberror: Option<&'static str>,
}

impl Refusal {
    fn new(status: StatusCode, error: &'static str, code: u32, text: impl Into<String>) -> Refusal {
        Refusal { status, error, code, text: text.into(), suberror: None }
    }

    /// 400 with this error.
    pub(super) fn bad(error: &'static str, code: u32, text: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::BAD_REQUEST, error, code, text)
    }

    /// 401: the client has not proved who it is.
    pub(super) fn client(code: u32, text: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::UNAUTHORIZED, "invalid_client", code, text)
    }

    fn missing(parameter: &str) -> Refusal {
        Refusal::bad(
            "invalid_request",
            900_144,
            format!("The request body must contain the following parameter: '{parameter}'."),
        )
    }

    /// The answer that says so.
    pub(super) fn answer(&self, request: &TokenRequest<'_>) -> (StatusCode, Value) {
        let trace = uuid(request.mint.make("trace", "", 0)).to_string();
        let timestamp = time::spaced(request.now);
        let description = format!(
            "AADSTS{}: {} Trace ID: {trace} Correlation ID: {} Timestamp: {timestamp}",
            self.code, self.text, request.correlation_id
        );
        let mut body = json!({
            "error": self.error,
            "error_description": description,
            "error_codes": [self.code],
            "timestamp": timestamp,
            "trace_id": trace,
            "correlation_id": request.correlation_id,
            "error_uri": format!("{}/error?code={}", request.origin, self.code),
        });
        if let (Some(suberror), Some(fields)) = (self.suberror, body.as_object_mut()) {
            fields.insert("suberror".to_owned(), json!(suberror));
        }
        (self.status, body)
    }
}

/// A request to the token endpoint.
#[derive(Clone, Copy)]
pub(crate) struct TokenRequest<'a> {
    /// The tenant in the path.
    pub(crate) tenant: &'a str,
    pub(crate) body: &'a [u8],
    pub(crate) now: u64,
    pub(crate) correlation_id: &'a str,
    pub(crate) mint: &'a Mint,
    /// Scheme and host under which the client reached it.
    pub(crate) origin: &'a str,
}

/// The fields of a request's form.
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    pub(super) fn read(body: &[u8]) -> Form {
        Form(pairs(&String::from_utf8_lossy(body)).collect())
    }

    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    pub(super) fn needed(&self, name: &str) -> Result<&str, Refusal> {
        self.field(name).ok_or_else(|| Refusal::missing(name))
    }
}

/// Whom a token is for.
pub(super) enum Grant<'a> {
    App,
    User { user: &'a User, scopes: Vec<String>, offline: bool, openid: bool },
}

/// Answers `POST /{tenant}/oauth2/v2.0/token`: a status and a JSON body; and who got a token, for the logs.
pub(crate) fn token(
    request: &TokenRequest<'_>,
    settings: &Settings,
    issuer: &Issuer,
    state: &mut State,
) -> (StatusCode, Value, Option<Claims>) {
    match granted(request, settings, issuer, state) {
        Ok((claims, body)) => (StatusCode::OK, body, Some(claims)),
        Err(refusal) => {
            let (status, body) = refusal.answer(request);
            (status, body, None)
        }
    }
}

/// Answers a request that a fault makes Entra refuse with this status: it is overloaded, does not know the client any more,
/// or had a mishap.
pub(crate) fn unwilling(status: StatusCode, request: &TokenRequest<'_>) -> (StatusCode, Value) {
    let (error, code, text) = match status.as_u16() {
        401 => ("invalid_client", 7_000_222, "The provided client secret keys are expired."),
        400..=499 if status != StatusCode::TOO_MANY_REQUESTS => {
            ("unauthorized_client", 7_000_112, "The application is disabled.")
        }
        429 => ("temporarily_unavailable", 90055, "There are too many incoming requests."),
        _ => ("temporarily_unavailable", 90033, "A transient error has occurred. Please try again."),
    };
    Refusal::new(status, error, code, text).answer(request)
}

/// Answers a request that did not come whole.
pub(crate) fn unread(status: StatusCode, request: &TokenRequest<'_>) -> (StatusCode, Value) {
    Refusal::new(status, "invalid_request", 90013, "Invalid input received from the user.").answer(request)
}

/// Answers a request of another method than the endpoint's only one.
pub(crate) fn wrong_method(method: &str, request: &TokenRequest<'_>) -> (StatusCode, Value) {
    let text = format!("The endpoint only accepts POST requests. Received a {method} request.");
    Refusal::bad("invalid_request", 900_561, text).answer(request)
}

/// Refuses a tenant in the path that is not this one. Clients of work accounts may say `organizations` instead.
pub(super) fn check_tenant(tenant: &str, settings: &Settings, delegated: bool) -> Result<(), Refusal> {
    let known = [settings.tenant_id.as_str(), settings.domain.as_str()];
    let common = delegated && ["organizations", "common"].contains(&tenant);
    if common || known.iter().any(|name| name.eq_ignore_ascii_case(tenant)) {
        return Ok(());
    }
    Err(Refusal::bad(
        "invalid_request",
        90002,
        format!(
            "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct \
             cloud. Check with your subscription administrator, this may happen if there are no active subscriptions \
             for the tenant."
        ),
    ))
}

/// The app registration that a request names.
pub(super) fn find_app<'s>(form: &Form, settings: &'s Settings) -> Result<&'s App, Refusal> {
    let client = form.needed("client_id")?;
    settings.apps().find(|app| app.id.eq_ignore_ascii_case(client)).ok_or_else(|| {
        Refusal::bad(
            "unauthorized_client",
            700_016,
            format!(
                "Application with identifier '{client}' was not found in the directory '{}'. This can happen if the \
                 application has not been installed by the administrator of the tenant or consented to by any user in the \
                 tenant. You may have sent your authentication request to the wrong tenant.",
                settings.organization
            ),
        )
    })
}

fn granted(
    request: &TokenRequest<'_>,
    settings: &Settings,
    issuer: &Issuer,
    state: &mut State,
) -> Result<(Claims, Value), Refusal> {
    let form = Form::read(request.body);
    let kind = form.field("grant_type");
    check_tenant(request.tenant, settings, kind.is_some_and(|kind| kind != "client_credentials"))?;
    match kind {
        None => Err(Refusal::missing("grant_type")),
        Some("client_credentials") => {
            let app = find_app(&form, settings)?;
            let scope = form.field("scope").ok_or_else(no_scope)?;
            prove(&form, app, request, settings, true)?;
            let resource = scope.strip_suffix("/.default").ok_or_else(|| not_a_default_scope(scope))?;
            if !is_graph(resource) {
                return Err(no_such_resource(resource, settings));
            }
            Ok(respond(request, settings, issuer, app, resource, &Grant::App))
        }
        Some("password") => {
            let app = find_app(&form, settings)?;
            prove(&form, app, request, settings, false)?;
            let (name, password) = (form.needed("username")?, form.needed("password")?);
            let user = state.sign_in(name, password, settings)?;
            for_user(request, &form, settings, issuer, app, user)
        }
        Some("refresh_token") => {
            let app = find_app(&form, settings)?;
            prove(&form, app, request, settings, false)?;
            let user = redeemed(form.needed("refresh_token")?, app, request.now, issuer, state)?;
            for_user(request, &form, settings, issuer, app, user)
        }
        Some("urn:ietf:params:oauth:grant-type:device_code") => {
            let app = find_app(&form, settings)?;
            prove(&form, app, request, settings, false)?;
            let user = state.devices.redeem(form.needed("device_code")?, request.now)?;
            let user = state.directory.live.get(user).ok_or_else(unknown_user)?;
            for_user(request, &form, settings, issuer, app, user)
        }
        Some(other) => Err(Refusal::bad(
            "unsupported_grant_type",
            70003,
            format!("The app requested an unsupported grant type '{other}'."),
        )),
    }
}

/// A token for a user, with what the app was consented to.
fn for_user(
    request: &TokenRequest<'_>,
    form: &Form,
    settings: &Settings,
    issuer: &Issuer,
    app: &App,
    user: &User,
) -> Result<(Claims, Value), Refusal> {
    let asked: Vec<&str> = form.field("scope").ok_or_else(no_scope)?.split(' ').filter(|one| !one.is_empty()).collect();
    let mut resource = "https://graph.microsoft.com";
    let mut scopes = Vec::new();
    for scope in &asked {
        let (of, name) = scope.rsplit_once('/').unwrap_or((resource, scope));
        match name {
            "openid" | "profile" | "email" | "offline_access" => {}
            ".default" => scopes.clone_from(&app.scopes),
            name if app.scopes.iter().any(|held| held.eq_ignore_ascii_case(name)) => scopes.push(name.to_owned()),
            _ => {
                return Err(Refusal::bad(
                    "invalid_grant",
                    65001,
                    format!(
                        "The user or administrator has not consented to use the application with ID '{}' named 'haymaker'. \
                         Send an interactive authorization request for this user and resource.",
                        app.id
                    ),
                ));
            }
        }
        if !is_graph(of) {
            return Err(no_such_resource(of, settings));
        }
        resource = of;
    }
    let grant =
        Grant::User { user, scopes, offline: asked.contains(&"offline_access"), openid: asked.contains(&"openid") };
    Ok(respond(request, settings, issuer, app, resource, &grant))
}

/// The claims of a token and the answer that hands it out.
fn respond(
    request: &TokenRequest<'_>,
    settings: &Settings,
    issuer: &Issuer,
    app: &App,
    resource: &str,
    grant: &Grant<'_>,
) -> (Claims, Value) {
    let issued = request.now / 1000;
    let uti = short(request.mint.make("token", &issued.to_string(), 0));
    let mut claims = Claims {
        aud: resource.to_owned(),
        iss: format!("https://sts.windows.net/{}/", settings.tenant_id),
        iat: issued,
        nbf: issued,
        exp: issued.saturating_add(settings.token_lifetime.as_secs()),
        appid: app.id.clone(),
        idtyp: "app".to_owned(),
        roles: app.roles.clone(),
        scp: None,
        oid: None,
        upn: None,
        tid: settings.tenant_id.clone(),
        uti: URL_SAFE_NO_PAD.encode(uti),
        ver: "1.0".to_owned(),
        rh: String::new(),
    };
    let mut body = json!({
        "token_type": "Bearer",
        "expires_in": claims.exp - claims.iat,
        "ext_expires_in": claims.exp - claims.iat,
    });
    let mut extra = Vec::new();
    if let Grant::User { user, scopes, offline, openid } = grant {
        claims.idtyp = "user".to_owned();
        claims.roles = Vec::new();
        claims.scp = Some(scopes.join(" "));
        claims.oid = Some(user.id.to_string());
        claims.upn = Some(user.principal_name().to_owned());
        extra.push(("scope", json!(scopes.join(" "))));
        if *offline {
            let refresh = json!({ "oid": user.id, "app": app.id, "at": request.now, "scp": scopes });
            extra.push(("refresh_token", json!(issuer.seal(&refresh))));
        }
        if *openid {
            let identity = json!({
                "aud": app.id,
                "iss": format!("{}/{}/v2.0", request.origin, settings.tenant_id),
                "iat": issued, "nbf": issued, "exp": claims.exp,
                "oid": user.id, "sub": user.id, "tid": settings.tenant_id,
                "name": user.text("displayName"), "preferred_username": user.principal_name(), "ver": "2.0",
            });
            extra.push(("id_token", json!(issuer.sign(&identity))));
        }
    }
    extra.push(("access_token", json!(issuer.issue(&claims))));
    if let Some(fields) = body.as_object_mut() {
        fields.extend(extra.into_iter().map(|(name, value)| (name.to_owned(), value)));
    }
    (claims, body)
}

/// Whether the client is who it says: by a secret, by a signed assertion, or, where the app is a public client and speaks
/// for somebody, by nothing.
fn prove(
    form: &Form,
    app: &App,
    request: &TokenRequest<'_>,
    settings: &Settings,
    confidential: bool,
) -> Result<(), Refusal> {
    match (form.field("client_secret"), form.field("client_assertion")) {
        (Some(secret), _) if secret == app.secret => Ok(()),
        (Some(_), _) => Err(Refusal::client(
            7_000_215,
            format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, \
                 not the client secret ID, for a secret added to app '{}'.",
                app.id
            ),
        )),
        (None, Some(assertion)) => assertion::check(assertion, app, request, settings),
        (None, None) if !confidential && app.public => Ok(()),
        (None, None) => Err(Refusal::client(
            7_000_216,
            "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.",
        )),
    }
}

/// The user of a refresh token.
fn redeemed<'s>(token: &str, app: &App, now: u64, issuer: &Issuer, state: &'s State) -> Result<&'s User, Refusal> {
    /// How long a refresh token is good for, as documented.
    const LIFETIME: u64 = 90 * time::DAY;
    let invalid = || Refusal::bad("invalid_grant", 9_002_313, "Invalid request. Request is malformed or invalid.");
    let value = issuer.unseal(token).ok_or_else(invalid)?;
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    let at = value.get("at").and_then(Value::as_u64).ok_or_else(invalid)?;
    if text("app") != Some(app.id.as_str()) {
        return Err(invalid());
    }
    if now >= at.saturating_add(LIFETIME) {
        return Err(Refusal::bad("invalid_grant", 700_082, "The refresh token has expired due to inactivity."));
    }
    let id = text("oid").and_then(|id| Uuid::try_parse(id).ok()).ok_or_else(invalid)?;
    let user = state.directory.live.get(id).ok_or_else(unknown_user)?;
    if state.credentials.valid_from(id).is_some_and(|from| at < from) {
        return Err(Refusal::bad(
            "invalid_grant",
            50173,
            "The provided grant has expired due to it being revoked, a fresh auth token is needed.",
        ));
    }
    Ok(user)
}

fn unknown_user() -> Refusal {
    Refusal::bad(
        "invalid_grant",
        50034,
        "The user account does not exist in the directory. To sign into this application, the account must be added to the directory.",
    )
}

fn no_scope() -> Refusal {
    Refusal::bad(
        "invalid_request",
        90014,
        "The required field 'scope' is missing from the credential. Ensure that you have all the necessary parameters \
         for the login request.",
    )
}

fn not_a_default_scope(scope: &str) -> Refusal {
    Refusal::bad(
        "invalid_scope",
        1_002_012,
        format!(
            "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with \
             /.default suffixed to the resource identifier (application ID URI)."
        ),
    )
}

fn no_such_resource(resource: &str, settings: &Settings) -> Refusal {
    Refusal::bad(
        "invalid_resource",
        500_011,
        format!(
            "The resource principal named {resource} was not found in the tenant named {}. This can happen if the \
             application has not been installed by the administrator of the tenant or consented to by any user in the \
             tenant. You might have sent your authentication request to the wrong tenant.",
            settings.organization
        ),
    )
}

impl State {
    /// The user of this name and password, if they may sign in with nothing else.
    fn sign_in(&self, name: &str, password: &str, settings: &Settings) -> Result<&User, Refusal> {
        let user = self.directory.live.find(name).ok_or_else(unknown_user)?;
        if user.properties.get("accountEnabled") == Some(&Value::Bool(false)) {
            return Err(Refusal::bad("invalid_grant", 50057, "The user account is disabled."));
        }
        let Some(change) = self.credentials.check(user.id, password) else {
            return Err(Refusal::bad(
                "invalid_grant",
                50126,
                "Error validating credentials due to invalid username or password.",
            ));
        };
        if settings.security_defaults {
            return Err(Refusal {
                suberror: Some("basic_action"),
                ..Refusal::bad(
                    "invalid_grant",
                    50079,
                    "Due to a configuration change made by your administrator, or because you moved to a new location, you must enroll in multi-factor authentication to access '00000003-0000-0000-c000-000000000000'.",
                )
            });
        }
        if change {
            return Err(Refusal::bad("invalid_grant", 50055, "The password is expired."));
        }
        Ok(user)
    }
}
