//! What the real tenant's logs would hold, as JSON Lines, one file for each table.
//!
//! A simulation is believed when it can be found again in the logs that defenders read. So the tenant writes the rows that
//! Microsoft's services would have written, in the columns of Azure Monitor's tables (their reference is what names and
//! types follow), and whatever a client noted of its own requests joins to them:
//!
//! | file | a row for each | joins by |
//! |---|---|---|
//! | `MicrosoftGraphActivityLogs.jsonl` | request that reached Graph with a token of this tenant, those inside of a batch too | `RequestId` is the answer's `request-id`, `OperationId` that of the batch around it (else its own), `ClientRequestId` the header's, `SignInActivityId` and `UniqueTokenId` the token's `uti` |
//! | `OfficeActivity.jsonl` | thing done to a mailbox, a calendar, a chat, a team or a file | `AppAccessContext.UniqueTokenId`; `Item` holds a mail's `InternetMessageId`, `OfficeObjectId` the address of a file |
//! | `SigninLogs.jsonl`, `AADNonInteractiveUserSignInLogs.jsonl`, `AADServicePrincipalSignInLogs.jsonl` | token that a person got or was refused, got by a refresh token, or that an application got or was refused | `UniqueTokenIdentifier` is the token's `uti` |
//! | `AuditLogs.jsonl` | change to the directory | `CorrelationId` is the header's `client-request-id` |
//!
//! Every row has a column that no real table has: `Simulated`, which is `true`. A column that has no meaning here is left
//! out. What reached no service has no row: the handshake, the inspection, a connection that was reset before anything
//! happened, and a request to Graph without a token of this tenant (nobody could say whose log it belongs to). Nor have
//! downloads and uploads at links that carry their own permission a row in Graph's log, as they do not go to Graph; the
//! file that comes of an upload is in the office log, without a token. A folder that comes into being on the way of a
//! file has no row of its own.
//!
//! A row that cannot be written is said once, loudly, and is the log's end; the tenant goes on.
//!
//! Rows are appended in the order in which things happen, each by one write, so whoever reads along sees whole lines.

mod entra;
mod graph;
mod office;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::entra::Claims;
use crate::ids::{self, Seed};
use crate::settings::Settings;
use crate::time;
pub(crate) use entra::{SignIn, Target, changes, directory, membership};
pub(crate) use graph::Exchange;
pub(crate) use office::{accessed, channel, chat, event, file, mail, rule, team};

/// Why there can be no audit log.
#[derive(Debug, thiserror::Error)]
pub enum AuditLogError {
    /// Two runs in one file could not be told apart.
    #[error("audit_log: {} is there already; name a new folder, or move what an earlier run wrote away", .0.display())]
    Exists(PathBuf),
    /// The folder or a file in it cannot be made.
    #[error("audit_log: {} cannot be made ({source}); name a folder that can be written to", path.display())]
    Unwritable {
        /// What was to be made.
        path: PathBuf,
        /// Why it was not.
        source: io::Error,
    },
}

/// A table, and the file of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Table {
    GraphActivity,
    OfficeActivity,
    SignIns,
    NonInteractiveSignIns,
    ServicePrincipalSignIns,
    Directory,
}

impl Table {
    const ALL: [Table; 6] = [
        Table::GraphActivity,
        Table::OfficeActivity,
        Table::SignIns,
        Table::NonInteractiveSignIns,
        Table::ServicePrincipalSignIns,
        Table::Directory,
    ];

    fn name(self) -> &'static str {
        match self {
            Table::GraphActivity => "MicrosoftGraphActivityLogs",
            Table::OfficeActivity => "OfficeActivity",
            Table::SignIns => "SigninLogs",
            Table::NonInteractiveSignIns => "AADNonInteractiveUserSignInLogs",
            Table::ServicePrincipalSignIns => "AADServicePrincipalSignInLogs",
            Table::Directory => "AuditLogs",
        }
    }
}

/// Where a request came from, and what it is called.
#[derive(Clone, Copy)]
pub(crate) struct Origin<'a> {
    pub(crate) ip: IpAddr,
    pub(crate) agent: &'a str,
    /// The `request-id` of the whole exchange: of the batch, for a request inside of one.
    pub(crate) operation_id: &'a str,
}

/// Who did something, when and from where.
#[derive(Clone, Copy)]
pub(crate) struct Doing<'a> {
    pub(crate) now: u64,
    pub(crate) origin: Origin<'a>,
    pub(crate) request_id: &'a str,
    pub(crate) client_request_id: &'a str,
    /// The application that acted.
    pub(crate) app: &'a str,
    /// The user it acted for: object id and principal name.
    pub(crate) user: Option<(&'a str, &'a str)>,
    /// The token, where there was one: pieces of a large file come without.
    pub(crate) claims: Option<&'a Claims>,
}

impl<'a> Doing<'a> {
    /// Of a request with a token.
    pub(crate) fn of(
        claims: &'a Claims,
        origin: Origin<'a>,
        now: u64,
        request_id: &'a str,
        named: Option<&'a str>,
    ) -> Doing<'a> {
        Doing {
            now,
            origin,
            request_id,
            // As documented: without one it is the operation's.
            client_request_id: named.unwrap_or(origin.operation_id),
            app: &claims.appid,
            user: claims.oid.as_deref().zip(claims.upn.as_deref()),
            claims: Some(claims),
        }
    }
}

/// Something that an operation did, as the logs tell it.
pub(crate) enum Deed {
    Office(office::Deed),
    Directory(entra::Deed),
}

/// The logs of one tenant.
pub(crate) struct AuditLog {
    folder: PathBuf,
    files: Vec<(Table, File)>,
    seed: Seed,
    tenant: String,
    domain: String,
    /// The id of the workspace that the real logs would lie in.
    workspace: Uuid,
    /// Whether a row could not be written; then no more are.
    failed: bool,
}

impl AuditLog {
    /// New logs in this folder, which is made if there was none.
    ///
    /// # Errors
    /// A file is there already, or cannot be made.
    pub(crate) fn create(folder: &Path, settings: &Settings, seed: &Seed) -> Result<AuditLog, AuditLogError> {
        let unwritable = |path: &Path, source| AuditLogError::Unwritable { path: path.to_owned(), source };
        fs::create_dir_all(folder).map_err(|error| unwritable(folder, error))?;
        let paths = Table::ALL.map(|table| (table, folder.join(format!("{}.jsonl", table.name()))));
        if let Some((_, there)) = paths.iter().find(|(_, path)| path.exists()) {
            return Err(AuditLogError::Exists(there.clone()));
        }
        let mut files = Vec::new();
        for (table, path) in paths {
            let file = OpenOptions::new().append(true).create_new(true).open(&path);
            files.push((table, file.map_err(|error| unwritable(&path, error))?));
        }
        Ok(AuditLog {
            folder: folder.to_owned(),
            files,
            seed: *seed,
            tenant: settings.tenant_id.clone(),
            domain: settings.domain.clone(),
            workspace: ids::uuid(seed.derive("log workspace", "")),
            failed: false,
        })
    }

    /// Writes down what a request did.
    pub(crate) fn tell(&mut self, doing: &Doing<'_>, deeds: Vec<Deed>) {
        for (index, deed) in deeds.into_iter().enumerate() {
            let id = ids::uuid(ids::digest(&[b"audit record", doing.request_id.as_bytes(), &index.to_be_bytes()]));
            match deed {
                Deed::Office(deed) => self.write(Table::OfficeActivity, doing.now, deed.row(doing, self, id)),
                Deed::Directory(deed) => self.write(Table::Directory, doing.now, deed.row(doing, self, id)),
            }
        }
    }

    /// The object id of an application's service principal in this tenant.
    fn service_principal(&self, app: &str) -> Uuid {
        ids::uuid(self.seed.derive("service principal", app))
    }

    fn write(&mut self, table: Table, now: u64, columns: Value) {
        if self.failed {
            return;
        }
        let Some((_, file)) = self.files.iter_mut().find(|(other, _)| *other == table) else { return };
        let mut row = Map::new();
        row.insert("TimeGenerated".to_owned(), json!(time::millis(now)));
        row.insert("Type".to_owned(), json!(table.name()));
        row.insert("TenantId".to_owned(), json!(self.workspace));
        row.insert("Simulated".to_owned(), json!(true));
        if let Value::Object(columns) = columns {
            row.extend(columns.into_iter().filter(|(_, value)| !value.is_null()));
        }
        let line = format!("{}\n", Value::Object(row));
        if let Err(error) = file.write_all(line.as_bytes()) {
            self.failed = true;
            let folder = self.folder.display();
            tracing::error!(%error, table = table.name(), %folder, "THE AUDIT LOG CANNOT BE WRITTEN and ends here");
        }
    }
}
