//! SQL line by line, at a terminal.

use super::complete::Words;
use super::edit::{self, Editor};
use super::{Asking, ResultArgs, answer, live, names, told};
use crate::context::{Context, Signals, Stopped};
use crate::error::CliError;
use std::path::PathBuf;
use std::time::Instant;
use totalcloud_estate::sql::{Params, Session, statements};

const HELP: &str = "\
A query ends with ; and may go over several lines.
\\d         the tables there are
\\d TABLE   the columns of a table
\\timing    say how long queries take, or not
\\q         leave (or Ctrl-D); Ctrl-C stops a query
\\?         this";

/// What is asked for by a line.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    /// Nothing yet: the query goes on.
    More,
    /// Queries, one after the other.
    Ask(Vec<String>),
    Help,
    Timing,
    Quit,
    Unknown(String),
}

/// What was typed of a query that is not ended yet.
#[derive(Debug, Default)]
struct Typed(String);

impl Typed {
    fn line(&mut self, line: &str) -> Step {
        let command = line.trim();
        if self.0.is_empty() && command.starts_with('\\') {
            return Typed::command(command);
        }
        if self.0.is_empty() && command.is_empty() {
            return Step::More;
        }
        if self.0.is_empty() && ["exit", "quit"].contains(&command.to_ascii_lowercase().as_str()) {
            return Step::Quit;
        }
        self.0.push_str(line);
        self.0.push('\n');
        let mut found: Vec<(String, bool)> =
            statements(&self.0).into_iter().map(|(text, ended)| (text.to_owned(), ended)).collect();
        let rest = match found.last() {
            Some((_, false)) => found.pop().map(|(text, _)| text + "\n").unwrap_or_default(),
            _ => String::new(),
        };
        self.0 = rest;
        if found.is_empty() {
            Step::More
        } else {
            Step::Ask(found.into_iter().map(|(text, _)| text).collect())
        }
    }

    /// What can come next, after the lines before.
    fn complete(&self, words: &Words, line: &str) -> (usize, Vec<String>) {
        let whole = format!("{}{line}", self.0);
        let (start, found) = words.complete(&whole);
        (start.saturating_sub(self.0.len()), found)
    }

    fn command(typed: &str) -> Step {
        let typed = typed.trim_end_matches(';');
        let (name, rest) = typed.split_once(char::is_whitespace).unwrap_or((typed, ""));
        match (name, rest.trim()) {
            ("\\q", _) => Step::Quit,
            ("\\?" | "\\h" | "\\help", _) => Step::Help,
            ("\\timing", _) => Step::Timing,
            ("\\d" | "\\dt", "") => Step::Ask(vec!["SHOW TABLES".to_owned()]),
            ("\\d" | "\\d+", table) => {
                let quoted: Vec<String> =
                    table.split('.').map(|part| part.trim_matches('"').replace('"', "")).collect();
                Step::Ask(vec![format!("DESCRIBE {}", quoted.join("."))])
            }
            _ => Step::Unknown(name.to_owned()),
        }
    }
}

/// Where queries of earlier times are kept, for their owner only.
fn history() -> Option<PathBuf> {
    use etcetera::BaseStrategy as _;
    let folder = etcetera::choose_base_strategy().ok()?.data_dir().join("totalcloud");
    std::fs::create_dir_all(&folder).ok()?;
    Some(folder.join("history.sql"))
}

/// Asks until somebody leaves.
///
/// # Errors
/// If there is no estate, or the terminal cannot be used.
pub(super) fn run(asking: &Asking, output: &ResultArgs, context: &Context) -> Result<(), CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| CliError::failed(format!("the runtime cannot be started: {e}")))?;
    let params = asking.params()?;
    let session = runtime.block_on(asking.open(context, true))?;
    let words = runtime.block_on(Words::of(&session));
    let mut editor = Editor::new(history());
    context.printer.note("Ask in SQL, with ; at the end. \\? helps, \\d shows the tables.");
    let mut shell = Shell { session, live: None, params, timing: false, asking, output, context };
    let mut typed = Typed::default();
    loop {
        let prompt = if typed.0.is_empty() { "totalcloud=> " } else { "        ...> " };
        let read = editor.read(prompt, &|line| typed.complete(&words, line));
        let line = match read.map_err(|e| CliError::failed(format!("the terminal cannot be used: {e}")))? {
            edit::Typed::Line(line) => line,
            edit::Typed::Cancelled => {
                typed = Typed::default();
                continue;
            }
            edit::Typed::End => break,
        };
        match typed.line(&line) {
            Step::More => {}
            Step::Quit => break,
            Step::Help => context.printer.line(HELP)?,
            Step::Timing => {
                shell.timing = !shell.timing;
                context.printer.note(if shell.timing { "timing is on" } else { "timing is off" });
            }
            Step::Unknown(name) => {
                context.printer.note(&format!("there is no command {name}; \\? lists them"))
            }
            Step::Ask(queries) => {
                for query in queries {
                    let kept = if query.starts_with("SHOW ") || query.starts_with("DESCRIBE ") {
                        line.trim().to_owned()
                    } else {
                        format!("{query};")
                    };
                    editor.keep(&kept);
                    match runtime.block_on(shell.ask(&query)) {
                        Ok(()) => {}
                        Err(e) if e.exit == totalcloud::Exit::Interrupted => return Err(e),
                        Err(e) => context.printer.error(&e),
                    }
                }
            }
        }
    }
    runtime.shutdown_background();
    Ok(())
}

struct Shell<'s> {
    session: Session,
    live: Option<live::Live>,
    params: Params,
    timing: bool,
    asking: &'s Asking,
    output: &'s ResultArgs,
    context: &'s Context,
}

impl Shell<'_> {
    /// Answers one query; Ctrl-C gives it up.
    async fn ask(&mut self, query: &str) -> Result<(), CliError> {
        if names(query).0 && self.live.is_none() {
            self.live = Some(live::add(self.context, &self.session, self.asking.yes)?);
        }
        let begun = Instant::now();
        let params = if query.contains('$') { self.params.clone() } else { Params::new() };
        let work = async {
            let plan = self.session.plan(query, &params).await.map_err(told)?;
            answer(plan, self.output, self.context).await
        };
        let mut signals = Signals::listen()?;
        let rows = tokio::select! {
            rows = work => rows?,
            why = signals.next() => {
                if why == Stopped::Terminated {
                    return Err(CliError::interrupted());
                }
                self.context.printer.note("stopped");
                return Ok(());
            }
        };
        let noun = if rows == 1 { "row" } else { "rows" };
        let time = if self.timing { format!(", {} ms", begun.elapsed().as_millis()) } else { String::new() };
        self.context.printer.note(&format!("({rows} {noun}{time})"));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_goes_on_until_its_semicolon() {
        let mut typed = Typed::default();
        assert_eq!(typed.line("select 1"), Step::More);
        assert_eq!(typed.line("  , ';'"), Step::More);
        assert_eq!(
            typed.line("; select 2; select"),
            Step::Ask(vec!["select 1\n  , ';'".into(), "select 2".into()])
        );
        assert_eq!(typed.line("3;"), Step::Ask(vec!["select\n3".into()]));
        assert_eq!(typed.line(""), Step::More);
        assert_eq!(typed.0, "");
    }

    #[test]
    fn commands_begin_with_a_backslash_and_stand_alone() {
        let mut typed = Typed::default();
        assert_eq!(typed.line("\\d"), Step::Ask(vec!["SHOW TABLES".into()]));
        assert_eq!(typed.line(" \\d Live.aws_vpc;"), Step::Ask(vec!["DESCRIBE Live.aws_vpc".into()]));
        assert_eq!(typed.line("\\timing"), Step::Timing);
        assert_eq!(typed.line("\\?"), Step::Help);
        assert_eq!(typed.line("\\x"), Step::Unknown("\\x".into()));
        assert_eq!(typed.line("QUIT"), Step::Quit);
        assert_eq!(typed.line("\\q"), Step::Quit);
        assert_eq!(typed.line("select"), Step::More);
        assert_eq!(typed.line("\\q"), Step::More, "inside a query it is text");
    }
}
