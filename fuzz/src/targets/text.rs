//! The text of JSON, passed without being parsed.

use serde::de::IgnoredAny;
use totalcloud_api::scan::{DEEPEST, Scan, has_control};

/// What is passed whole is JSON, and what is JSON is passed whole.
pub(super) fn scan(bytes: &[u8]) {
    let mut scan = Scan::new(bytes);
    let whole = scan.value().is_some() && scan.ended();
    let _ = Scan::new(bytes).brackets();
    // What text is made of is for others to see to.
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let read = serde_json::from_str::<IgnoredAny>(text).is_ok();
    if read && depth(text) < DEEPEST {
        assert!(whole, "JSON is refused");
    }
    if whole && !has_control(bytes) {
        assert!(read, "what is no JSON is passed");
    }
}

/// No value is nested deeper than there are brackets.
fn depth(text: &str) -> usize {
    text.bytes().filter(|b| matches!(b, b'{' | b'[')).count()
}
