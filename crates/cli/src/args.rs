//! The raw arguments: what was typed, before settings are merged.

use crate::commands::Command;
use crate::settings::{self, Form, Key, Layer, Origin, SETTINGS, Sourced, Value};
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Args, FromArgMatches, Parser};
use std::path::{Path, PathBuf};
use totalcloud_api::Provider;
use totalcloud_table::Format;

/// Everything Qualys TotalCloud knows about your clouds, complete, fast and within quota.
#[derive(Parser)]
#[command(
    name = "totalcloud",
    version,
    about = "Everything Qualys TotalCloud knows about your clouds, complete, fast and within quota.",
    after_help = AFTER_HELP,
    max_term_width = 110,
    arg_required_else_help = true,
    disable_help_subcommand = true
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,

    #[command(flatten)]
    pub given: Given,

    #[command(flatten)]
    pub talk: Talk,
}

const AFTER_HELP: &str = "\
Settings come from flags, then TOTALCLOUD_* variables, then the profile, then defaults; \
'totalcloud config show --origin' says which is from where.
Exit codes: 0 done, 1 failed, 2 usage, 3 not authorised, 4 not found, 5 rate limited, 6 partial, 7 gate matched, \
130 interrupted.";

/// How much is said on stderr.
#[derive(Args, Clone, Debug, Default)]
pub struct Talk {
    /// Say nothing on stderr but errors
    #[arg(short, long, global = true, help_heading = "Messages", conflicts_with = "verbose")]
    pub quiet: bool,

    /// Say more on stderr; up to three times
    #[arg(short, long, global = true, action = ArgAction::Count, help_heading = "Messages")]
    pub verbose: u8,

    /// Read the secret from the first line of standard input
    #[arg(long, global = true, hide_short_help = true, help_heading = "Connection")]
    pub password_stdin: bool,
}

/// The settings given as flags. The flags are made from the table of settings.
#[derive(Clone, Debug, Default)]
pub struct Given(pub Layer);

impl Args for Given {
    fn augment_args(mut cmd: clap::Command) -> clap::Command {
        for setting in SETTINGS {
            let Some(flag) = setting.flag else { continue };
            let mut help = setting.doc.to_owned();
            if let Some(env) = setting.env {
                help.push_str(&format!(" [env: {env}]"));
            }
            let mut arg = Arg::new(flag).long(flag).help(help).global(true).help_heading("Connection");
            // A subcommand shows the whole list with --help; -h stays about the subcommand itself.
            arg = arg.hide_short_help(!matches!(setting.key, Key::Profile | Key::Platform));
            arg = match setting.form {
                Form::Switch => arg.action(ArgAction::SetTrue),
                Form::Word(words) => arg.value_name(setting.value_name).value_parser(words.to_vec()),
                Form::Number => {
                    arg.value_name(setting.value_name).value_parser(clap::value_parser!(u32).range(1..))
                }
                Form::Duration => arg.value_name(setting.value_name).value_parser(|text: &str| {
                    crate::duration::parse(text)
                        .map(|_| text.to_owned())
                        .map_err(|wanted| format!("it wants {wanted}"))
                }),
                Form::Moment => arg.value_name(setting.value_name).value_parser(|text: &str| {
                    let read = crate::duration::until(text, jiff::Timestamp::now());
                    read.map(|_| text.to_owned()).map_err(|wanted| format!("it wants {wanted}"))
                }),
                Form::Text | Form::Secret | Form::Proxy | Form::List => arg.value_name(setting.value_name),
            };
            cmd = cmd.arg(arg);
        }
        cmd
    }

    fn augment_args_for_update(cmd: clap::Command) -> clap::Command {
        Given::augment_args(cmd)
    }
}

impl FromArgMatches for Given {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Given, clap::Error> {
        let mut given = Given::default();
        given.update_from_arg_matches(matches)?;
        Ok(given)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        for setting in SETTINGS {
            let Some(flag) = setting.flag else { continue };
            let text = match setting.form {
                Form::Switch => matches.get_flag(flag).then(|| "true".to_owned()),
                Form::Number => matches.get_one::<u32>(flag).map(u32::to_string),
                _ => matches.get_one::<String>(flag).cloned(),
            };
            if let Some(text) = text {
                let origin = Origin::Flag(flag);
                let value = match setting.form {
                    // What is refused is not repeated, as it would be by a parser of values.
                    Form::Proxy => settings::proxy(text.into(), &origin).map_err(|e| {
                        let hint = e.hint.as_deref().unwrap_or_default();
                        clap::Error::raw(ErrorKind::ValueValidation, format!("{e}\nhint: {hint}\n"))
                    })?,
                    _ => Value::Text(text),
                };
                self.0.0.insert(setting.key, Sourced { value, origin });
            }
        }
        Ok(())
    }
}

/// Which providers.
#[derive(Args, Clone, Debug, Default)]
pub struct ProviderArgs {
    /// Cloud; can be repeated. Without it, all clouds that the operation is offered for
    #[arg(
        long,
        value_name = "PROVIDER",
        value_delimiter = ',',
        help = "Cloud: aws, azure, gcp or oci; can be repeated [default: all that have it]"
    )]
    pub provider: Vec<Provider>,
}

/// How a listing is read.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Listing")]
pub struct ListArgs {
    /// Only rows that match, in the service's query language (QQL)
    #[arg(long, value_name = "QQL")]
    pub filter: Option<String>,

    /// Send the filter as typed, and say nothing about it
    #[arg(long)]
    pub raw_filter: bool,

    /// Send the filter with what is surely wrong put right, as 'totalcloud qql check' shows it
    #[arg(long, conflicts_with = "raw_filter")]
    pub fix_filter: bool,

    /// What other flags, such as --account, add to the filter.
    #[arg(skip)]
    pub narrowed: Option<String>,

    /// Order of the rows, such as lastSyncedOn:desc
    #[arg(long, value_name = "FIELD:asc|desc")]
    pub sort: Option<String>,

    /// Only rows updated then: a date or a range, such as "[now-30d .. now]"
    #[arg(long, value_name = "RANGE")]
    pub updated: Option<String>,

    /// Number of the first page to read, as the service counts
    #[arg(long, value_name = "N")]
    pub start_page: Option<u32>,

    /// Rows a page [default: the largest that is known to work]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub page_size: Option<u32>,

    /// Pages to read, at most [default: all]
    #[arg(long, value_name = "N|all")]
    pub pages: Option<Pages>,

    /// Rows to print, at most
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,
}

impl ListArgs {
    /// Adds a condition to the filter.
    pub fn narrow(&mut self, condition: &str) {
        self.narrowed = Some(crate::filter::and(self.narrowed.as_deref(), condition));
    }
}

/// A number of pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pages {
    /// All there are.
    All,
    /// This many, at most.
    Count(u32),
}

impl std::str::FromStr for Pages {
    type Err = String;

    fn from_str(text: &str) -> Result<Pages, String> {
        match text.parse::<u32>() {
            Ok(n) if n > 0 => Ok(Pages::Count(n)),
            _ if text.eq_ignore_ascii_case("all") => Ok(Pages::All),
            _ => Err("it wants a whole number from 1 on, or all".to_owned()),
        }
    }
}

/// Where rows go and how they look.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// table, json, ndjson, csv, tsv, xlsx, parquet, arrow or markdown [default: table on a terminal, ndjson otherwise]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<Format>,

    /// Columns, in this order; nested ones with dots
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub columns: Vec<String>,

    /// All columns in tables
    #[arg(long)]
    pub wide: bool,

    /// File to write, whole or not at all; its ending says the format
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Take anything odd about a row as an error
    #[arg(long)]
    pub strict: bool,

    /// Show the secrets that some answers carry, such as webhooks and keys of alert actions
    #[arg(long, hide_short_help = true)]
    pub show_secrets: bool,
}

impl OutputArgs {
    /// The file to write; `-` is standard output, as nearly everywhere.
    pub fn file(&self) -> Option<&Path> {
        self.output.as_deref().filter(|path| *path != Path::new("-"))
    }
}

/// Which resource type.
#[derive(Args, Clone, Debug, Default)]
pub struct TypeArgs {
    /// Resource type by name or alias; can be repeated. 'totalcloud resources types' lists them
    #[arg(long = "type", value_name = "TYPE", value_delimiter = ',')]
    pub types: Vec<String>,

    /// Let a type through that is not listed
    #[arg(long)]
    pub unlisted_type: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn no_flag_takes_a_secret_but_those_of_the_simulator() {
        fn walk(command: &clap::Command, path: &str) {
            for arg in command.get_arguments() {
                let name = arg.get_long().unwrap_or_default();
                let takes = arg.get_action().takes_values();
                let secret = ["password", "client-secret", "token", "secret"].contains(&name);
                assert!(!(takes && secret) || path == "totalcloud sim", "{path} --{name}");
            }
            for sub in command.get_subcommands() {
                walk(sub, &format!("{path} {}", sub.get_name()));
            }
        }
        walk(&Cli::command(), "totalcloud");
    }

    #[test]
    fn flags_are_taken_with_their_origin_wherever_they_stand() {
        let read = |line: &str| Cli::try_parse_from(line.split(' ')).map(|cli| cli.given.0);
        for line in ["totalcloud --url https://x config show", "totalcloud config show --url https://x"] {
            let sourced = read(line).unwrap().0[&Key::Url].clone();
            assert_eq!(
                (sourced.value.shown(), sourced.origin),
                ("https://x".to_owned(), Origin::Flag("url"))
            );
        }
        assert!(read("totalcloud config show").unwrap().0.is_empty());
        assert!(read("totalcloud config show --auth magic").is_err());
        assert!(read("totalcloud config show --concurrency 0").is_err());
    }
}
