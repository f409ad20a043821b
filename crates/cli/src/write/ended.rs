//! Before a write: whether its outcome can be printed at all. After it: how it ends, whatever became of the printing.

use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::CliError;
use crate::rows::{self, Fields as Columns};
use totalcloud::Exit;

/// Looks whether the format, the columns and the destination can be had, so that nothing is sent whose outcome cannot
/// be printed.
///
/// # Errors
/// If one of them cannot.
pub fn output_is_sound(context: &Context, output: &OutputArgs, columns: &Columns) -> Result<(), CliError> {
    rows::check(&context.printer, output, columns)
}

/// As [`output_is_sound`], for rows that have these columns and no others.
///
/// # Errors
/// As [`output_is_sound`], or if another column is asked for.
pub fn own_output_is_sound(context: &Context, output: &OutputArgs, columns: &[&str]) -> Result<(), CliError> {
    let asked = output.columns.iter().flat_map(|names| names.split(',')).map(str::trim);
    for name in asked.filter(|name| !name.is_empty()) {
        if !columns.contains(&name) {
            return Err(CliError::usage(format!("there is no column \"{name}\""))
                .hint(format!("the columns are {}", columns.join(", "))));
        }
    }
    output_is_sound(context, output, &Columns::Any)
}

/// How a write ends whose outcome was printed, or was not. Output that nobody reads makes no outcome better.
///
/// # Errors
/// Those of the write; where there are none, that the outcome could not be printed.
pub fn ended(verdict: Result<(), CliError>, printed: Result<(), CliError>) -> Result<(), CliError> {
    match (verdict, printed) {
        (verdict, Ok(())) => verdict,
        (Err(verdict), Err(e)) if e.silent => Err(verdict),
        (Err(mut verdict), Err(e)) => {
            verdict.message.push_str(&format!("; and what came of it could not be printed: {e}"));
            Err(verdict)
        }
        (Ok(()), Err(e)) if e.silent => Err(e),
        (Ok(()), Err(e)) => {
            let message = format!("the service took it, but what came of it could not be printed: {e}");
            let again = "do not send it again; the command that lists or gets it shows what is stored";
            let hint = e.hint.map_or_else(|| again.to_owned(), |hint| format!("{again}\n{hint}"));
            let mut error = CliError::new(Exit::Failed, message).hint(hint);
            error.operation = e.operation;
            Err(error)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_became_of_the_printing_makes_no_outcome_better() {
        let refused = || CliError::new(Exit::NotAuthorised, "refused");
        let full = || CliError::failed("no space is left");
        assert!(ended(Ok(()), Ok(())).is_ok());
        assert_eq!(ended(Err(refused()), Ok(())).unwrap_err().exit, Exit::NotAuthorised);
        let closed = ended(Err(refused()), Err(CliError::closed_pipe())).unwrap_err();
        assert_eq!((closed.exit, closed.silent), (Exit::NotAuthorised, false));
        let both = ended(Err(refused()), Err(full())).unwrap_err();
        assert_eq!(both.exit, Exit::NotAuthorised);
        assert!(both.message.contains("refused") && both.message.contains("no space"), "{both}");
        assert!(ended(Ok(()), Err(CliError::closed_pipe())).unwrap_err().silent);
        let unprinted = ended(Ok(()), Err(full())).unwrap_err();
        assert!(unprinted.message.starts_with("the service took it"), "{unprinted}");
        assert!(unprinted.hint.is_some_and(|hint| hint.starts_with("do not send it again")));
    }
}
