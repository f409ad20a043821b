//! `totalcloud exceptions`

use crate::args::{ListArgs, OutputArgs, ProviderArgs};
use crate::context::Context;
use crate::error::CliError;
use crate::filter;
use crate::listing::{self, Part};
use crate::rows::Fields;
use crate::write::{DeleteArgs, Deletion};
use futures_util::stream;
use totalcloud_api::endpoints::OperationId;
use totalcloud_api::endpoints::exceptions::Exception;
use totalcloud_api::model::Model;

/// The verbs.
#[derive(clap::Subcommand)]
pub enum Verb {
    /// List the exceptions: results that are accepted for a while
    List(List),
    /// Delete exceptions
    Delete(Delete),
}

/// `exceptions list`
#[derive(clap::Args)]
pub struct List {
    #[command(flatten)]
    provider: ProviderArgs,
    /// Only exceptions in this state, in the service's words
    #[arg(long, value_name = "WORD", value_delimiter = ',')]
    status: Vec<String>,
    #[command(flatten)]
    list: ListArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// `exceptions delete`
#[derive(clap::Args)]
pub struct Delete {
    /// Ids of the exceptions
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,
    #[command(flatten)]
    delete: DeleteArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Runs a verb.
///
/// # Errors
/// Those of the calls and of the output.
pub fn run(verb: Verb, context: &Context) -> Result<(), CliError> {
    match verb {
        Verb::List(list) => list.run(context),
        Verb::Delete(Delete { ids, delete, output }) => {
            let deletion = Deletion {
                context,
                output: &output,
                delete,
                noun: "exception",
                operation: (OperationId::ExceptionsDelete.operation(), "exceptionIds"),
                list: (OperationId::ExceptionsList.operation(), "uuid", "name"),
                ids,
            };
            deletion.run()
        }
    }
}

impl List {
    fn run(self, context: &Context) -> Result<(), CliError> {
        let mut list = self.list;
        // The operation takes neither; both can be said in its filter.
        let providers: Vec<String> = self.provider.provider.iter().map(|p| p.upper().to_owned()).collect();
        for (token, values) in [("exception.provider", providers), ("exception.status", self.status)] {
            if !values.is_empty() {
                list.narrow(&filter::any_of(token, &values));
            }
        }
        let part = Part::new(OperationId::ExceptionsList.operation(), &list, "exceptions")?;
        listing::run(context, &list, &self.output, Fields::Of(Exception::SHAPE), &[], "exceptions", |_| {
            stream::iter([Ok(part)])
        })
    }
}
