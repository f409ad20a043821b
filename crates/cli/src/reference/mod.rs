//! The reference pages, rendered from the declarations. A test compares them with `docs/reference`.

mod command;
mod coverage;
mod fidelity;
mod filters;
pub(crate) mod operations;
mod tables;
mod types;

/// One page.
pub struct Page {
    /// File name under `docs/reference`.
    pub file: String,
    /// Its text.
    pub text: String,
}

/// Every page.
pub fn pages() -> Vec<Page> {
    let mut pages = vec![
        Page::new("operations.md", operations::page()),
        Page::new("coverage.md", coverage::page()),
        Page::new("resource-types.md", types::index()),
        Page::new("filters.md", filters::page()),
        Page::new("command.md", command::page()),
        Page::new("settings.md", tables::settings()),
        Page::new("exit-codes.md", tables::exit_codes()),
        Page::new("formats.md", tables::formats()),
        Page::new("platforms.md", tables::platforms()),
        Page::new("fidelity.md", fidelity::page()),
    ];
    for provider in totalcloud_api::Provider::ALL {
        pages.push(Page::new(format!("columns-{provider}.md"), types::columns(provider)));
    }
    pages.push(Page::new("columns.md", types::other_columns()));
    pages.push(Page::new("README.md", index(&pages)));
    pages
}

impl Page {
    fn new(file: impl Into<String>, text: String) -> Page {
        let mut text = text.trim_end().to_owned();
        text.push('\n');
        Page { file: file.into(), text }
    }
}

fn index(pages: &[Page]) -> String {
    let mut text = String::from(
        "# Reference\n\nGenerated from the declarations by `cargo xtask gen`; the tests check that it is current.\n\n",
    );
    for page in pages {
        let title = page.text.lines().next().unwrap_or_default().trim_start_matches("# ");
        text.push_str(&format!("- [{title}]({})\n", page.file));
    }
    text
}

/// A cell of a Markdown table: one line, bars escaped.
fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

/// A Markdown table.
fn table(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut text = format!("| {} |\n|{}\n", head.join(" | "), " --- |".repeat(head.len()));
    for row in rows {
        let cells: Vec<String> = row.iter().map(|c| cell(c)).collect();
        text.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    text
}

/// Text as code, or nothing for nothing.
fn code(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("`{text}`") }
}
