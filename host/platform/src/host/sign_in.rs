//! Somebody signs in elsewhere (RFC 8628), so that a deployment can speak as them.
//!
//! People who were not made by a deployment have passwords, and second factors, that no host knows. They open a page in
//! their own browser, type in a code, and pass whatever checks their tenant has; what that gives is kept here as if the
//! host had signed them in. Whoever types in the code must be the worker: anybody else's tokens are let go of at once.
//!
//! Virtual time stands still meanwhile, because people type no faster in a simulated tenant.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use haymaker_engine::clock::Clock;
use haymaker_engine::http;
use haymaker_engine::http::voice::Door;
use haymaker_engine::types::Problem;
use haymaker_store::{Level, Status};
use serde::{Deserialize, Serialize};

use super::{Host, proposal};
use crate::journal::note;
use crate::refusal::Refusal;
use crate::tenants::{self, Address};

/// The ledger's kinds of people: those whom a deployment made, and those who were lent to it.
const USERS: [&str; 2] = ["user", "adopted-user"];

/// What somebody is to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// To be typed in.
    pub user_code: String,
    /// At this address.
    pub verification_uri: String,
    /// Within this time, in seconds.
    pub expires_in: u64,
}

/// Who signs in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The name under which requests are made as this person.
    pub speaker: String,
    /// Their address in the tenant.
    pub address: String,
}

impl Host {
    /// Has somebody sign in elsewhere: `tell`s what they are to do, and returns when they have done it.
    ///
    /// # Errors
    ///
    /// Unknown, over, or credentials are missing; not a user of this deployment; the tenant gives no code; nobody typed it
    /// in, or somebody else did.
    pub async fn sign_in(
        &self,
        id: &str,
        person: &Person,
        environment: &BTreeMap<String, String>,
        tell: impl FnOnce(Code) + Send,
    ) -> Result<(), Refusal> {
        let view = self.known(id)?;
        if matches!(view.status, Status::CleaningUp | Status::Completed | Status::Failed) {
            return Err(Refusal::new(format!("{id} is {}; nobody needs to sign in any more", view.status)));
        }
        self.require(&view, environment).await?;
        let names = self.names(id, &person.address)?;
        let (_, manifest) = self.0.programs.program(id, &view.acceptance).await?;
        let credentials = self.credentials(&view, &manifest, environment);
        let tenant = &view.acceptance.tenant;
        let address = Address { login: tenant.login.clone(), graph: tenant.graph.clone() };
        let endpoints = proposal::endpoints(&manifest, &credentials, &address)?;
        let app = endpoints.iter().find(|endpoint| !matches!(endpoint.auth, http::Auth::None));
        let app = app.ok_or_else(|| Refusal::new(format!("{id} has no application that anybody could sign in to")))?;
        let who = Some((tenant.tenant_id.clone(), tenant.app_id.clone()));
        let (gateway, clocks) = (&self.0.gateway, &self.0.clocks);
        let (found, clock) =
            tenants::connect(gateway, clocks, &address, who, |name| self.floor(name)).await.map_err(Refusal::new)?;
        if found.simulated != tenant.simulated {
            return Err(Refusal::new(format!("{} is not the tenant in which {id} was deployed", tenant.graph)));
        }
        let _hold = clock.hold();
        let clock_header = clock.is_virtual().then(|| clock.now());
        let door = Door { gateway, auth: &app.auth, clock: &clock, clock_header };
        let begun = Instant::now();
        let code = door.device_code(&person.speaker, clock.now()).await.map_err(refused)?;
        let patience = Duration::from_secs(code.expires_in);
        tell(Code {
            user_code: code.user_code.clone(),
            verification_uri: code.verification_uri.clone(),
            expires_in: code.expires_in,
        });
        loop {
            if self.look(id, clock.clone(), door, person, &code, &names).await? {
                return Ok(());
            }
            if begun.elapsed() >= patience {
                return Err(Refusal::new("nobody typed the code in; run the command again for another"));
            }
            tokio::time::sleep(Duration::from_secs(code.interval)).await;
        }
    }

    /// Looks once whether somebody has signed in. No command comes between, so that the deployment's writer stays its
    /// writer while the tokens are kept.
    async fn look(
        &self,
        id: &str,
        clock: crate::clock::Timeline,
        door: Door<'_>,
        person: &Person,
        code: &http::voice::DeviceCode,
        names: &[String],
    ) -> Result<bool, Refusal> {
        let _turn = self.0.commands.lock().await;
        let journal = self.journal(id, clock).await?;
        let secrets = self.secrets(id, &journal);
        let signed_in = secrets.voices().look(door, &person.speaker, code, names).await.map_err(refused)?;
        if signed_in {
            let text = format!("{} ({}) signed in; requests can be made as them", person.speaker, person.address);
            journal.commit(vec![note(Level::Info, None, text)]).await?;
        }
        Ok(signed_in)
    }

    /// The address and the id of a user in a deployment's ledger.
    fn names(&self, id: &str, address: &str) -> Result<Vec<String>, Refusal> {
        for kind in USERS {
            let entry = self.0.store.ledger_entry(id, kind, address)?;
            if let Some(entry) = entry.filter(|entry| entry.released.is_none()) {
                return Ok(std::iter::once(entry.name).chain(entry.remote_id).collect());
            }
        }
        Err(Refusal::new(format!("{address:?} is not one of the users of {id}")))
    }
}

fn refused(problem: Problem) -> Refusal {
    Refusal::new(problem.message)
}
