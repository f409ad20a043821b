//! The reference pages are what the declarations say. `cargo xtask gen` writes them.

use std::path::Path;

#[test]
fn pages_are_current() {
    let folder = Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("../../docs/reference");
    let write = std::env::var_os("TOTALCLOUD_WRITE_REFERENCE").is_some();
    let pages = totalcloud_cli::reference::pages();
    let mut stale = Vec::new();
    for page in &pages {
        let path = folder.join(&page.file);
        if std::fs::read_to_string(&path).unwrap_or_default() != page.text {
            if write {
                std::fs::create_dir_all(&folder).unwrap();
                std::fs::write(&path, &page.text).unwrap();
            } else {
                stale.push(page.file.clone());
            }
        }
    }
    for entry in std::fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if !pages.iter().any(|p| p.file == name) {
            stale.push(format!("{name} (of no declaration)"));
        }
    }
    assert!(stale.is_empty(), "not current: {stale:?}; write them with `cargo xtask gen`");
}

#[test]
fn every_page_says_something_of_every_declaration() {
    let pages = totalcloud_cli::reference::pages();
    let text = |file: &str| pages.iter().find(|p| p.file == file).unwrap().text.clone();
    let operations = text("operations.md");
    for id in totalcloud_api::endpoints::OperationId::ALL {
        assert!(operations.contains(&format!("## {}\n", id.operation().id)));
    }
    let types = text("resource-types.md");
    for t in totalcloud_api::resources::all() {
        assert!(types.contains(t.name), "{}", t.name);
        let columns = text(&format!("columns-{}.md", t.provider));
        for column in t.shape.columns() {
            assert!(columns.contains(&format!("| `{}` |", column.wire)), "{}: {}", t.name, column.wire);
        }
    }
}
