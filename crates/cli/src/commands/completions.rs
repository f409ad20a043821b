//! `totalcloud completions`
//!
//! The scripts are static: they run nothing when a key is pressed. The tokens of filters go into them from the
//! table of tokens, for every command that shows an operation with a filter.

use crate::args::Cli;
use crate::context::Context;
use crate::error::CliError;
use crate::filter;
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Arg, Command, CommandFactory};
use clap_complete::Shell;
use std::fmt::Write;
use totalcloud_api::endpoints::by_id;
use totalcloud_api::qql::{self, Family};

/// `completions SHELL`
#[derive(clap::Args)]
pub struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    /// Prints the completions.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        context.printer.data(script(self.shell).as_bytes())
    }
}

/// The script for a shell.
pub fn script(shell: Shell) -> String {
    let mut command = Cli::command();
    for (id, parameter, family) in qql::operations() {
        let Some(operation) = by_id(id) else { continue };
        let path: Vec<&str> = super::shown_by(operation).split(' ').collect();
        command = at(command, &path, &mut |sub| with_tokens(sub, parameter, family, shell));
    }
    for verb in ["check", "explain", "tokens"] {
        command = at(command, &["qql", verb], &mut |sub| {
            sub.mut_arg("operation", |arg| arg.value_parser(PossibleValuesParser::new(filter::places())))
        });
    }
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut command, "totalcloud", &mut text);
    let text = String::from_utf8_lossy(&text).into_owned();
    match shell {
        Shell::Bash => text + BASH,
        Shell::Zsh => zsh(&text),
        _ => text,
    }
}

/// The command with the subcommand at this path changed.
fn at(command: Command, path: &[&str], change: &mut dyn FnMut(Command) -> Command) -> Command {
    let Some((first, rest)) = path.split_first() else { return change(command) };
    if command.find_subcommand(first).is_none() {
        return command;
    }
    command.mut_subcommand(first, |sub| at(sub, rest, change))
}

/// The argument that takes the filter: listings call it --filter, others as the parameter is called.
pub fn filter_of<'c>(command: &'c Command, parameter: &str) -> Option<&'c Arg> {
    let named = |name: &str| command.get_arguments().find(|a| a.get_long() == Some(name));
    named("filter").or_else(|| named(parameter))
}

fn with_tokens(command: Command, parameter: &str, family: Family, shell: Shell) -> Command {
    let Some(id) = filter_of(&command, parameter).map(|arg| arg.get_id().clone()) else { return command };
    let values: Vec<PossibleValue> = if shell == Shell::Zsh {
        vec![PossibleValue::new(placeholder(family))]
    } else {
        family.tokens().map(|t| PossibleValue::new(format!("{}:", t.name)).help(t.doc)).collect()
    };
    command.mut_arg(id, |arg| arg.value_parser(PossibleValuesParser::new(values)))
}

/// No space behind the colon of a token, and tokens also behind what a quoted filter begins with.
const BASH: &str = r#"
_totalcloud_tokens() {
    if [[ "$2" == *[\ \(]* ]]; then
        local last="${2##*[ (]}"
        _totalcloud "$1" "${last}" "$3"
        COMPREPLY=("${COMPREPLY[@]/#/${2%"${last}"}}")
    else
        _totalcloud "$@"
    fi
    if [[ "${COMPREPLY[0]}" == *: ]]; then
        compopt -o nospace 2>/dev/null
    fi
    return 0
}

if [[ "${BASH_VERSINFO[0]}" -eq 4 && "${BASH_VERSINFO[1]}" -ge 4 || "${BASH_VERSINFO[0]}" -gt 4 ]]; then
    complete -F _totalcloud_tokens -o nosort -o bashdefault -o default totalcloud
else
    complete -F _totalcloud_tokens -o bashdefault -o default totalcloud
fi
"#;

/// What stands in the generated text where zsh is to call a function.
fn placeholder(family: Family) -> String {
    format!("@tokens-{}@", family.name())
}

/// The script with a function for the tokens, which puts no space behind the colon of one.
fn zsh(text: &str) -> String {
    let mut function = "_totalcloud_tokens() {\n    local -a tokens\n    case \"$1\" in\n".to_owned();
    let mut text = text.to_owned();
    for family in Family::ALL {
        let called = format!("{{_totalcloud_tokens {}}}", family.name());
        text = text.replace(&format!("({})", placeholder(*family)), &called);
        let _ = writeln!(function, "        {})\n            tokens=(", family.name());
        for token in family.tokens() {
            let doc = token.doc.replace('\'', "'\\''").replace(':', "\\:");
            let _ = writeln!(function, "                '{}\\::{doc}'", token.name);
        }
        function.push_str("            )\n            ;;\n");
    }
    function.push_str("    esac\n    compset -P '*[ (]'\n    _describe -t tokens token tokens -S ''\n}\n\n");
    // A script that is loaded by its name runs itself at its end, and needs the function by then.
    let head = "autoload -U is-at-least\n";
    match text.split_once(head) {
        Some((before, after)) => format!("{before}{head}\n{function}{after}"),
        None => text + &function,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_filter_that_a_command_takes_is_completed() {
        let root = Cli::command();
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::Elvish, Shell::PowerShell] {
            assert!(!script(shell).contains("@tokens-"), "{shell}");
        }
        for (id, parameter, family) in qql::operations() {
            let Some(operation) = by_id(id) else { continue };
            let path = crate::commands::shown_by(operation);
            // One object is shown without a filter, though its operation takes one. That every operation has a
            // command is tested where the arguments are.
            let Some(command) = path.split(' ').try_fold(&root, |at, name| at.find_subcommand(name)) else {
                continue;
            };
            if !path.ends_with(" get") {
                assert!(filter_of(command, parameter).is_some(), "{path} --{parameter} ({family})");
            }
        }
    }
}
