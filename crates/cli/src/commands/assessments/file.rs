//! The file of a report: its format, and the way to where it should go.

use crate::context::Context;
use crate::error::CliError;
use crate::printer::Sink;
use crate::session::Session;
use crate::single;
use std::path::Path;
use totalcloud::Exit;

/// The format of the file, in lower case: the one given, else the one that the ending says. Nothing where neither is
/// said.
///
/// # Errors
/// If the two do not agree.
pub(super) fn format(given: Option<&str>, output: Option<&Path>) -> Result<Option<String>, CliError> {
    let given = given.map(str::to_ascii_lowercase);
    let ending = output.and_then(Path::extension).and_then(|e| e.to_str()).map(str::to_ascii_lowercase);
    let ending = ending.filter(|e| e == "csv" || e == "pdf");
    match (given, ending, output) {
        (Some(given), Some(ending), Some(output)) if given != ending => Err(CliError::usage(format!(
            "the report is to be {given}, and {} ends in {ending}",
            output.display()
        ))
        .hint("give a file that ends as the format, or leave --report-format out")),
        (given, ending, _) => Ok(given.or(ending)),
    }
}

/// Downloads a report.
///
/// # Errors
/// Those of the call and of the output, and if the service gives an empty file.
pub(super) async fn download(
    context: &Context,
    session: &Session,
    id: &str,
    format: Option<&str>,
    sink: Sink,
) -> Result<(), CliError> {
    let file = session.client.download_assessment(id, format).await?;
    if file.bytes.is_empty() {
        return Err(CliError::new(Exit::Failed, format!("the report {id} is empty"))
            .operation("assessments.download")
            .hint("'totalcloud assessments list' says whether it is finished"));
    }
    single::file_into(context, sink, &file.bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_says_the_format_unless_it_is_given() {
        let of = |given: Option<&str>, output: Option<&str>| {
            format(given, output.map(Path::new)).map_err(|e| e.exit)
        };
        let some = |text: &str| Ok(Some(text.to_owned()));
        assert_eq!(of(None, Some("a/x.PDF")), some("pdf"));
        assert_eq!(of(Some("PDF"), Some("x.pdf")), some("pdf"));
        assert_eq!(of(Some("pdf"), Some("x.report")), some("pdf"));
        assert_eq!(of(Some("csv"), None), some("csv"));
        for unsaid in [None, Some("-"), Some("x"), Some("x.txt")] {
            assert_eq!(of(None, unsaid), Ok(None));
        }
        assert_eq!(of(Some("csv"), Some("x.pdf")), Err(Exit::Usage));
        assert_eq!(of(Some("PDF"), Some("x.csv")), Err(Exit::Usage));
    }
}
