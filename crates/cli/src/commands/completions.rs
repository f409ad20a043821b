//! `totalcloud completions`

use crate::args::Cli;
use crate::context::Context;
use crate::error::CliError;
use clap::CommandFactory;

/// `completions SHELL`
#[derive(clap::Args)]
pub struct Completions {
    /// The shell
    shell: clap_complete::Shell,
}

impl Completions {
    /// Prints the completions.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "totalcloud", &mut text);
        context.printer.data(&text)
    }
}
