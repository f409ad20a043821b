//! The page of the command: the help of every verb.

use clap::{Command, CommandFactory};
use std::fmt::Write;

pub(super) fn page() -> String {
    let mut root = crate::args::Cli::command().term_width(100);
    root.build();
    let mut text = String::from(
        "# The command\n\nThe help of every verb. Flags of the connection are the same everywhere and stand in \
         [settings](settings.md).\n",
    );
    one(&mut text, &mut root, "");
    text
}

fn one(text: &mut String, command: &mut Command, path: &str) {
    let path = if path.is_empty() {
        command.get_name().to_owned()
    } else {
        format!("{path} {}", command.get_name())
    };
    if command.is_hide_set() || command.get_name() == "help" {
        return;
    }
    let help = command.render_help().to_string();
    let help: String = help.lines().map(|l| format!("{}\n", l.trim_end())).collect();
    let _ = write!(text, "\n## {path}\n\n```text\n{}\n```\n", help.trim_end());
    for sub in command.get_subcommands_mut() {
        one(text, sub, &path);
    }
}
