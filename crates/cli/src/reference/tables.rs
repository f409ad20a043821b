//! The pages that are one table each.

use super::{code, table};
use crate::settings::{Form, SETTINGS};
use totalcloud::{ErrorKind, Exit};
use totalcloud_api::platform::PLATFORMS;
use totalcloud_table::Format;

pub(super) fn settings() -> String {
    let mut text = String::from(
        "# Settings\n\nA flag beats an environment variable, that beats the profile, that beats the default. \
         `totalcloud config show --origin` prints what holds and where it is from. No flag takes a secret.\n\n",
    );
    let rows = SETTINGS.iter().map(|s| {
        let takes = match s.form {
            Form::Text => "text".to_owned(),
            Form::Secret => "secret".to_owned(),
            Form::Proxy => "address of a proxy".to_owned(),
            Form::Switch => "switch".to_owned(),
            Form::Number => "whole number from 1".to_owned(),
            Form::Duration => "span of time".to_owned(),
            Form::Moment => "span of time or instant".to_owned(),
            Form::Word(words) => words.join(", "),
            Form::List => "list".to_owned(),
        };
        vec![
            s.flag.map(|f| code(&format!("--{f}"))).unwrap_or_default(),
            s.env.map(code).unwrap_or_default(),
            s.profile.map(code).unwrap_or_default(),
            takes,
            s.default.map(code).unwrap_or_default(),
            s.doc.to_owned(),
        ]
    });
    text.push_str(&table(&["flag", "variable", "profile key", "takes", "default", "meaning"], rows));
    text
}

pub(super) fn exit_codes() -> String {
    let mut text = String::from("# Exit codes and kinds of errors\n\n");
    let rows = Exit::ALL.iter().map(|e| vec![e.code().to_string(), e.doc().to_owned()]);
    text.push_str(&table(&["code", "meaning"], rows));
    text.push_str("\nEvery error of the SDK has one of these kinds.\n\n");
    let rows = ErrorKind::ALL.iter().map(|k| {
        vec![code(k.as_str()), k.exit().code().to_string(), code(k.python_exception()), k.doc().to_owned()]
    });
    text.push_str(&table(&["kind", "exit code", "exception in Python", "usual cause"], rows));
    text
}

pub(super) fn formats() -> String {
    let mut text = String::from(
        "# Output formats\n\n`--format`, or the ending of `--output`. Without either: a table on a terminal, NDJSON \
         elsewhere.\n\n",
    );
    let rows = Format::ALL.iter().map(|f| {
        vec![
            code(&f.to_string()),
            code(&format!(".{}", f.extension())),
            if f.is_text() { "text" } else { "binary" }.into(),
        ]
    });
    text.push_str(&table(&["format", "file ending", ""], rows));
    text
}

pub(super) fn platforms() -> String {
    let mut text = String::from(
        "# Platforms\n\nNames are matched without regard to case, spaces, hyphens and padding zeros. A private cloud is \
         given by its own part of the host names. \"In a user name\" is the character at index 5 of the classic form.\n\n",
    );
    let rows = PLATFORMS.iter().map(|p| {
        vec![
            code(p.name),
            p.synonyms.join(", "),
            p.ids.iter().map(|c| format!("`{c}`")).collect::<Vec<_>>().join(" "),
            p.base.into(),
            p.gateway.into(),
            p.api.into(),
            if p.remark.is_empty() { "documented".into() } else { p.remark.into() },
        ]
    });
    text.push_str(&table(
        &["name", "other names", "in a user name", "base host", "gateway", "API server", "confidence"],
        rows,
    ));
    text
}
