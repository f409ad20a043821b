//! `totalcloud auth token`

use crate::context::Context;
use crate::error::CliError;

/// `auth token`: signs in and prints the bearer token, for other programs. Nothing else ever prints it.
#[derive(clap::Args)]
pub struct Token {}

impl Token {
    /// Prints the token.
    pub(super) fn run(self, context: &Context) -> Result<(), CliError> {
        use totalcloud::ExposeSecret;
        let (session, progress) = context.session()?;
        let (token, _) = context.block_on(async { Ok(session.client.token().await?) })?;
        progress.end();
        context.printer.line(token.expose_secret())
    }
}
