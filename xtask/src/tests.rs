//! The Rust tests and the generated reference pages.

use crate::run::{Tally, cargo};

pub fn all(tally: &mut Tally) {
    tally.program_with_checks("tests", &mut cargo(&["test", "--workspace", "--no-fail-fast", "--quiet"]));
}

/// The reference pages are rendered by a test of the command, which has all declarations at hand: it compares
/// them with the files, or writes the files where `TOTALCLOUD_WRITE_REFERENCE` is set.
pub fn references(tally: &mut Tally, write: bool) {
    let mut command =
        cargo(&["test", "--package", "totalcloud-cli", "--test", "it", "--quiet", "--", "reference::"]);
    if write {
        command.env("TOTALCLOUD_WRITE_REFERENCE", "1");
    }
    tally.program_with_checks("references", &mut command);
}
