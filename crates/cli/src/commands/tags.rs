//! `totalcloud tags`

use super::portal_connectors::Criteria;
use crate::args::{ListArgs, OutputArgs};
use crate::context::Context;
use crate::error::CliError;
use crate::listing::{self, Part};
use crate::rows::Fields as Columns;
use futures_util::stream;
use totalcloud_api::endpoints::OperationId;
use totalcloud_api::endpoints::portal::Tag;
use totalcloud_api::model::Model;

/// The verbs.
#[derive(clap::Subcommand)]
pub enum Verb {
    /// Search the tags; their ids are what reports take as --tag-ids
    Search(Search),
}

/// `tags search`
#[derive(clap::Args)]
pub struct Search {
    #[command(flatten)]
    criteria: Criteria,
    #[command(flatten)]
    list: ListArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Runs a verb.
///
/// # Errors
/// Those of the calls and of the output.
pub fn run(verb: Verb, context: &Context) -> Result<(), CliError> {
    let Verb::Search(Search { criteria, list, output }) = verb;
    let part = criteria.narrow(Part::new(OperationId::TagsSearch.operation(), &list, "tags")?)?;
    listing::run(context, &list, &output, Columns::Of(Tag::SHAPE), &[], "tags", |_| stream::iter([Ok(part)]))
}
