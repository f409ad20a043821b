//! `totalcloud diff`

use crate::args::OutputArgs;
use crate::as_of;
use crate::context::Context;
use crate::error::CliError;
use crate::estate;
use crate::pull::report::{count, number, wrap};
use crate::rows::{self, Fields, Rows};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};
use std::collections::BTreeMap;
use totalcloud_api::model::Model;
use totalcloud_estate::diff::{Change, Difference, between, row};
use totalcloud_estate::store::{ChangeKind, ChangeRow, Run};
use totalcloud_table::Format;

/// Lines of one kind that are shown to people; all are there in the other formats.
const SHOWN: usize = 20;

/// `diff`: what appeared, vanished, changed, failed and got fixed between two syncs. For people it is grouped; in
/// the other formats each change is a row, with the fields that changed before and after.
#[derive(clap::Args)]
#[command(after_help = "\
A moment is the number of a sync (its version), an instant such as 2026-01-15T18:00:00Z, a date, a span of time ago \
such as 12h or 7d, 'yesterday' (24 hours ago) or 'now'. A moment between two syncs means what was known then.")]
pub struct Diff {
    /// From when on
    #[arg(long, value_name = "MOMENT", default_value = "yesterday")]
    from: String,
    /// Until when
    #[arg(long, value_name = "MOMENT", default_value = "now")]
    to: String,
    /// Only changes of this table; can be repeated
    #[arg(long = "table", value_name = "TABLE", value_delimiter = ',')]
    tables: Vec<String>,
    #[command(flatten)]
    output: OutputArgs,
}

impl Diff {
    /// Compares.
    ///
    /// # Errors
    /// If there is no estate, nothing is known of one of the moments, or the output cannot be written.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let printer = &context.printer;
        let settings = estate::settings(context)?;
        let format = rows::format(&self.output, printer)?;
        let now = Timestamp::now();
        let from = as_of::parse(&self.from, now).map_err(CliError::usage)?;
        let to = as_of::parse(&self.to, now).map_err(CliError::usage)?;
        let difference = context.block_on(async {
            let opened = estate::open(&settings).await?;
            Ok(between(&opened, from, to, &self.tables).await?)
        })?;
        if difference.from.run == difference.to.run {
            printer.note(&format!(
                "no sync lies between: both moments are version {}, of {}",
                difference.to.run,
                minute(difference.to.finished)
            ));
        }
        for run in &difference.incomplete {
            printer.note(&format!(
                "version {run} is not complete: what it could not read may have changed as well"
            ));
        }
        if format == Format::Table && self.output.columns.is_empty() && self.output.file().is_none() {
            return printer.data(grouped(&difference, printer.width()).as_bytes());
        }
        let mut out = Rows::open(printer, &self.output, &Fields::Of(Change::SHAPE), &[], "changes")?;
        for change in &difference.changes {
            out.put(&row(change))?;
        }
        out.finish().map(drop)
    }
}

fn minute(at: Timestamp) -> String {
    let at = at.round(Unit::Minute).unwrap_or(at);
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M UTC").to_string()
}

fn named(run: &Run) -> String {
    format!("version {} of {}", run.run, minute(run.finished))
}

/// The kinds in the order in which people want to know them.
pub(super) const ORDER: [(ChangeKind, &str); 7] = [
    (ChangeKind::NewlyFailed, "newly failed"),
    (ChangeKind::Reopened, "failed again"),
    (ChangeKind::Fixed, "fixed"),
    (ChangeKind::Excepted, "passed by an exception"),
    (ChangeKind::Appeared, "appeared"),
    (ChangeKind::Vanished, "vanished"),
    (ChangeKind::Changed, "changed"),
];

/// What changed, for people: by kind and table.
fn grouped(difference: &Difference, width: Option<usize>) -> String {
    let mut out = format!("from {} to {}\n", named(&difference.from), named(&difference.to));
    if difference.changes.is_empty() {
        out.push_str("nothing changed\n");
        return out;
    }
    for (kind, title) in ORDER {
        let mut tables: BTreeMap<&str, Vec<&ChangeRow>> = BTreeMap::new();
        for change in difference.changes.iter().filter(|c| c.kind == kind) {
            tables.entry(&change.table).or_default().push(change);
        }
        for (table, changes) in tables {
            out.push_str(&format!("\n{title}: {} in {table}\n", number(changes.len() as u64)));
            for change in changes.iter().take(SHOWN) {
                let room = width.map_or(usize::MAX, |w| w.saturating_sub(4).max(40));
                for (at, piece) in wrap(&line(change), room).iter().enumerate() {
                    out.push_str(&format!("{}{piece}\n", if at == 0 { "  " } else { "      " }));
                }
            }
            if changes.len() > SHOWN {
                let more = count((changes.len() - SHOWN) as u64, "more", "more");
                out.push_str(&format!("  and {more}; --format ndjson has all\n"));
            }
        }
    }
    out
}

/// A change in one line: what it is about, where that is, and what became of its fields.
pub(super) fn line(change: &ChangeRow) -> String {
    let mut said = Vec::new();
    if let Some(control) = &change.control_id {
        said.push(format!("CID {control}"));
    }
    let id = change.resource_id.as_ref().or(change.name.as_ref()).unwrap_or(&change.key);
    said.push(id.clone());
    if let Some(name) = change.name.as_ref().filter(|name| *name != id && !name.is_empty()) {
        said.push(format!("({name})"));
    }
    let places = [&change.account, &change.region].into_iter().flatten();
    let places: Vec<&str> = places.map(String::as_str).filter(|p| !p.is_empty()).collect();
    if !places.is_empty() {
        said.push(format!("in {}", places.join(" ")));
    }
    let mut line = said.join(" ");
    if !change.fields.is_empty() {
        let value = |text: &Option<String>| text.as_deref().map_or_else(|| "nothing".to_owned(), short);
        let fields =
            change.fields.iter().map(|f| format!("{} {} → {}", f.field, value(&f.before), value(&f.after)));
        line.push_str(&format!(": {}", fields.collect::<Vec<_>>().join(", ")));
    }
    line
}

/// A value of JSON, cut where it is long.
fn short(value: &str) -> String {
    const LONG: usize = 60;
    if value.chars().count() <= LONG {
        return value.to_owned();
    }
    format!("{}…", value.chars().take(LONG).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use totalcloud_estate::store::FieldChange;

    #[test]
    fn a_change_is_one_line() {
        let own = |s: &str| Some(s.to_owned());
        let change = ChangeRow {
            run: 2,
            at: Timestamp::UNIX_EPOCH,
            kind: ChangeKind::Changed,
            table: "aws_ec2_instance".into(),
            provider: own("aws"),
            account: own("1234"),
            region: own("eu-west-1"),
            resource_type: None,
            resource_id: own("i-1"),
            name: own("web"),
            control_id: None,
            key: "u".into(),
            fields: vec![FieldChange { field: "state".into(), before: own("\"running\""), after: None }],
        };
        assert_eq!(line(&change), "i-1 (web) in 1234 eu-west-1: state \"running\" → nothing");
    }
}
