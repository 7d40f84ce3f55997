//! Microsoft Graph, as far as this workload speaks it: what its errors mean for the host, and how users are found.

use haymaker_guest::{
    Problem,
    http::{Request, Response, segment},
};
use serde::{Deserialize, de::DeserializeOwned};

/// The endpoint's name in the manifest.
pub const ENDPOINT: &str = "graph";

/// How long the directory may take until everybody sees a change. Microsoft gives no figure; "a few minutes" is what
/// its support articles say, so a thing that is not found is absent only after this long. An assumption.
pub const REPLICATION: u64 = 5 * haymaker_guest::time::MINUTE;

/// A page of a collection.
#[derive(Deserialize)]
struct Page<T> {
    value: Vec<T>,
    #[serde(rename = "@odata.nextLink")]
    next: Option<String>,
}

/// A user as it is found in the directory.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// Its id.
    pub id: String,
    /// Its name for signing in; prefixed with the id once it is deleted.
    #[serde(default)]
    pub user_principal_name: String,
    /// Where this workload writes whose it is.
    #[serde(default)]
    pub employee_type: Option<String>,
}

/// The properties that a [`User`] is read from.
const USER: &str = "id,userPrincipalName,employeeType";

/// The path of a user, by id.
pub fn user(id: &str) -> String {
    format!("/users/{}", segment(id))
}

/// The path of something that was deleted and may still be restored, by id.
pub fn deleted(id: &str) -> String {
    format!("/directory/deletedItems/{}", segment(id))
}

/// The user with this id; none if there is none (or none yet).
///
/// # Errors
/// Every answer but 200 and 404.
pub fn user_by_id(id: &str) -> Result<Option<User>, Problem> {
    let response = Request::get(ENDPOINT, user(id)).query("$select", USER).send()?;
    match response.status {
        404 => Ok(None),
        _ => accept(response, "cannot read a user")?.json().map(Some),
    }
}

/// The user with this `userPrincipalName`, from the list, which may lag.
///
/// # Errors
/// Every answer but 200.
pub fn user_by_upn(upn: &str) -> Result<Option<User>, Problem> {
    users(&format!("userPrincipalName eq {}", text(upn))).map(|found| found.into_iter().next())
}

/// All users who carry this tag, from the list, which may lag.
///
/// # Errors
/// Every answer but 200.
pub fn users_by_tag(tag: &str) -> Result<Vec<User>, Problem> {
    users(&format!("employeeType eq {}", text(tag)))
}

fn users(filter: &str) -> Result<Vec<User>, Problem> {
    let request = Request::get(ENDPOINT, "/users").query("$filter", filter).query("$select", USER).query("$top", "999");
    collect(request, "cannot search the users")
}

/// All items of a collection, page by page.
///
/// # Errors
/// Every answer but 200; `what` begins the message.
pub fn collect<T: DeserializeOwned>(request: Request, what: &str) -> Result<Vec<T>, Problem> {
    rest(accept(request.send()?, what)?, what)
}

/// All items of a collection whose first page is there.
///
/// # Errors
/// Every answer but 200; `what` begins the message.
pub fn rest<T: DeserializeOwned>(first: Response, what: &str) -> Result<Vec<T>, Problem> {
    let mut page: Page<T> = first.json()?;
    let mut found = page.value;
    while let Some(link) = page.next {
        page = accept(Request::get(ENDPOINT, link).send()?, what)?.json()?;
        found.append(&mut page.value);
    }
    Ok(found)
}

/// The first page of a collection.
///
/// # Errors
/// Every answer but 200; `what` begins the message.
pub fn page<T: DeserializeOwned>(request: Request, what: &str) -> Result<Vec<T>, Problem> {
    let page: Page<T> = accept(request.send()?, what)?.json()?;
    Ok(page.value)
}

/// A text in a `$filter`.
pub fn text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

/// The answer, if it is a success.
///
/// # Errors
/// What the refusal means for the host; `what` begins the message.
pub fn accept(response: Response, what: &str) -> Result<Response, Problem> {
    if response.is_success() { Ok(response) } else { Err(Refusal::of(&response).problem(what)) }
}

/// An answer that is no success, in Graph's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    status: u16,
    /// Graph's code: `Request_ResourceNotFound`.
    pub code: String,
    message: String,
}

impl Refusal {
    /// Reads it; an answer without Graph's error shape has its status for a code.
    pub fn of(response: &Response) -> Refusal {
        #[derive(Deserialize)]
        struct Body {
            error: Error,
        }
        #[derive(Deserialize)]
        struct Error {
            code: String,
            #[serde(default)]
            message: String,
        }
        let status = response.status;
        match serde_json::from_slice(&response.body) {
            Ok(Body { error: Error { code, message } }) => Refusal { status, code, message },
            Err(_) => Refusal { status, code: format!("http-{status}"), message: "no reason given".to_owned() },
        }
    }

    /// Whether something with the same unique name is there already.
    pub fn is_duplicate(&self) -> bool {
        matches!(self.status, 400 | 409) && self.message.contains("already exists")
    }

    /// What it means for the host.
    pub fn problem(&self, what: &str) -> Problem {
        let message = format!("{what}: {} ({}, HTTP {})", self.message.trim_end_matches('.'), self.code, self.status);
        match self.status {
            400 => Problem::invalid(&*self.code, message),
            401 | 403 => {
                let hint = "does the application have the permissions that the manifest lists, with admin consent?";
                Problem::denied(&*self.code, format!("{message}; {hint}"))
            }
            _ => Problem::failed(&*self.code, message),
        }
    }
}

#[cfg(test)]
mod tests {
    use haymaker_guest::ProblemKind;

    use super::*;

    fn response(status: u16, body: &str) -> Response {
        Response { status, headers: Vec::new(), body: body.into() }
    }

    #[test]
    fn a_name_with_an_apostrophe_stays_one_text() {
        assert_eq!(text("o'neil@contoso.example"), "'o''neil@contoso.example'");
    }

    #[test]
    fn a_refusal_tells_the_host_whether_to_try_again() {
        for (status, kind) in [
            (400, ProblemKind::Invalid),
            (403, ProblemKind::Denied),
            (404, ProblemKind::Failed),
            (500, ProblemKind::Failed),
        ] {
            let problem = accept(response(status, r#"{"error": {"code": "C", "message": "M."}}"#), "no").unwrap_err();
            assert_eq!((problem.kind, problem.code.as_str()), (kind, "C"));
            assert!(problem.message.starts_with(&format!("no: M (C, HTTP {status})")), "{}", problem.message);
        }
        assert_eq!(accept(response(502, "<html>"), "no").unwrap_err().code, "http-502");
    }

    #[test]
    fn a_duplicate_is_known_by_what_graph_says_of_it() {
        let body = r#"{"error": {"code": "Request_BadRequest", "message": "Another object with the same value for property userPrincipalName already exists."}}"#;
        assert!(Refusal::of(&response(400, body)).is_duplicate());
        assert!(
            !Refusal::of(&response(400, r#"{"error": {"code": "Request_BadRequest", "message": "Invalid value"}}"#))
                .is_duplicate()
        );
    }
}
