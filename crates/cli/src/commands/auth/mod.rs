//! `totalcloud auth`

mod login;
mod logout;
mod status;
mod token;

use crate::context::Context;
use crate::error::CliError;

/// The verbs.
#[derive(clap::Subcommand)]
pub enum Verb {
    /// Check credentials and keep them: settings in the profile, the secret in the keyring
    Login(login::Login),
    /// Show who is signed in, how and where
    Status(status::Status),
    /// Forget the secrets of the profile
    Logout(logout::Logout),
    /// Print a bearer token to stdout
    Token(token::Token),
}

/// Runs a verb.
///
/// # Errors
/// Those of the calls and of the output.
pub fn run(verb: Verb, context: &Context) -> Result<(), CliError> {
    match verb {
        Verb::Login(login) => login.run(context),
        Verb::Status(status) => status.run(context),
        Verb::Logout(logout) => logout.run(context),
        Verb::Token(token) => token.run(context),
    }
}
