//! The pages of resource types and of columns.

use super::{code, table};
use std::collections::BTreeMap;
use std::fmt::Write;
use totalcloud_api::Provider;
use totalcloud_api::endpoints::OperationId;
use totalcloud_api::model::{Flag, Kind, Shape};
use totalcloud_api::resources;

pub(super) fn index() -> String {
    let mut text = String::from(
        "# Resource types\n\nNames and aliases are matched without regard to case, spaces, hyphens and underscores, and \
         belong to their provider. `--unlisted-type` lets any other name through; its rows are kept whole.\n\n",
    );
    let rows = resources::all().map(|t| {
        vec![
            t.provider.to_string(),
            format!("[{}](columns-{}.md#{})", t.name, t.provider, t.shape.name.to_lowercase()),
            t.aliases.join(", "),
            t.title.to_owned(),
            code(&t.table()),
            format!("{} ({})", t.source, t.confidence.as_str()),
        ]
    });
    text.push_str(&table(&["provider", "type", "aliases", "what", "table", "source"], rows));
    text
}

pub(super) fn columns(provider: Provider) -> String {
    let mut text = format!("# Columns of {} resources\n", provider.upper());
    legend(&mut text);
    let mut nested = BTreeMap::new();
    let base = resources::base_shape(provider);
    shape(&mut text, base, "All types of the provider have these.", &mut nested);
    let mut bases = vec![base.name];
    for t in resources::of(provider) {
        let mut next = t.shape.base;
        while let Some(b) = next.filter(|b| !bases.contains(&b.name)) {
            shape(&mut text, b, "Types of the newer payload have these besides.", &mut nested);
            bases.push(b.name);
            next = b.base;
        }
    }
    for t in resources::of(provider) {
        let doc = format!("`{}`: {}", t.name, t.shape.doc.trim());
        shape(&mut text, t.shape, &doc, &mut nested);
    }
    nested_shapes(&mut text, nested);
    text
}

pub(super) fn other_columns() -> String {
    let mut text = String::from("# Columns of other answers\n");
    legend(&mut text);
    let mut nested = BTreeMap::new();
    let mut seen = Vec::new();
    for id in OperationId::ALL {
        if let Some(s) = id.operation().shape
            && !seen.contains(&s.name)
        {
            seen.push(s.name);
            shape(&mut text, s, s.doc.trim(), &mut nested);
        }
    }
    nested.retain(|name, _| !seen.contains(name));
    nested_shapes(&mut text, nested);
    text
}

fn legend(text: &mut String) {
    text.push_str(
        "\nEvery column may be missing or null. Marks: **shown** in tables by default, **volatile** moves on every run \
         of a connector, **details** is filled by the details call only, **id** names the row, **sensitive** is hidden by `--redact`.\n",
    );
}

fn nested_shapes(text: &mut String, mut open: BTreeMap<&'static str, &'static Shape>) {
    let mut done = Vec::new();
    while let Some((name, s)) = open.pop_first() {
        if done.contains(&name) {
            continue;
        }
        done.push(name);
        shape(text, s, s.doc.trim(), &mut open);
    }
}

fn shape(
    text: &mut String,
    shape: &'static Shape,
    doc: &str,
    nested: &mut BTreeMap<&'static str, &'static Shape>,
) {
    let _ = writeln!(text, "\n## {}\n\n{doc}\n", shape.name);
    if shape.own.is_empty() {
        text.push_str("No columns of its own are known; what comes is kept.\n");
        return;
    }
    let rows = shape.own.iter().map(|c| {
        note(c.kind, nested);
        let marks = [
            (Flag::Id, "id"),
            (Flag::Shown, "shown"),
            (Flag::Volatile, "volatile"),
            (Flag::Details, "details"),
            (Flag::Sensitive, "sensitive"),
        ];
        let marks: Vec<&str> = marks.iter().filter(|(f, _)| c.is(*f)).map(|(_, m)| *m).collect();
        vec![code(c.wire), c.kind.describe(), marks.join(", "), c.doc.trim().to_owned()]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    text.push_str(&table(&["field", "holds", "marks", "meaning"], rows));
}

fn note(kind: Kind, nested: &mut BTreeMap<&'static str, &'static Shape>) {
    match kind {
        Kind::Object(s) => {
            nested.insert(s.name, s);
        }
        Kind::List(item) => note(*item, nested),
        _ => {}
    }
}
