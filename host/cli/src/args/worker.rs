//! The people of a deployment.

use clap::{Args, Subcommand};

use super::{Shown, Which};

#[derive(Debug, Subcommand)]
pub(crate) enum Worker {
    /// Lists them, with what each is ready for.
    #[command(after_help = "Example:\n  haymaker worker list @last")]
    List(Shown),
    /// Has a worker sign in, so that the deployment can speak as them.
    ///
    /// Shows a code and an address. Whoever is the worker opens the address in a browser, types in the code, signs in as
    /// usual, second factor included, and consents. The host keeps what that gives, sealed, until the deployment is
    /// cleaned up; nobody sees a password. Teams posts need it where the workers are real people.
    #[command(after_help = "Example:\n  haymaker worker sign-in @last \"Ana Ruiz\"\n  \
        haymaker worker sign-in @last ana@contoso.example\n\n\
        In a simulated tenant nobody has a browser; this types the code in:\n  \
        curl -d '{\"user_code\": \"CODE\", \"user\": \"ana@contoso.example\"}' ADDRESS")]
    SignIn(SignIn),
}

#[derive(Debug, Args)]
pub(crate) struct SignIn {
    #[command(flatten)]
    pub(crate) which: Which,
    /// The worker: a name or an address, as `haymaker worker list` shows it.
    #[arg(value_name = "WORKER")]
    pub(crate) worker: String,
}
