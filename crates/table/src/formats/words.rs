//! Values as people read them.

use crate::cell::Value;
use serde_json::Value as Json;
use std::borrow::Cow;
use std::fmt::Write;

/// A nested value is spelled out up to here.
const SHORT: usize = 48;

/// A value in few words and without anything that a terminal would obey.
pub(super) fn short(value: &Value<'_>) -> String {
    let text = match value {
        Value::Json(json) => match serde_json::from_str(json) {
            Ok(json) => Cow::Owned(nested(&json)),
            Err(_) => Cow::Borrowed(json.as_ref()),
        },
        // People read seconds.
        Value::Time(time) => match jiff::Timestamp::from_second(time.instant().as_second()) {
            Ok(seconds) => Cow::Owned(seconds.to_string()),
            Err(_) => value.text(),
        },
        other => other.text(),
    };
    clean(&text).into_owned()
}

fn nested(json: &Json) -> String {
    match json {
        Json::Array(items) => {
            let count = if items.len() == 1 { "1 item".to_owned() } else { format!("{} items", items.len()) };
            let words: Option<Vec<String>> = items.iter().map(one_word).collect();
            let words = words.filter(|w| !w.is_empty()).map(|w| w.join(", "));
            words.filter(|w| w.chars().count() <= SHORT).unwrap_or(count)
        }
        Json::Object(fields) => {
            let mut text = String::new();
            for (key, value) in fields {
                if !text.is_empty() {
                    text.push_str(", ");
                }
                if text.chars().count() > SHORT {
                    text.push('…');
                    break;
                }
                let word = match value {
                    Json::Object(inner) => format!("{{{}}}", inner.len()),
                    Json::Array(inner) => format!("[{}]", inner.len()),
                    scalar => scalar_word(scalar),
                };
                // Writing to a string does not fail.
                let _ = write!(text, "{key}={word}");
            }
            text
        }
        scalar => scalar_word(scalar),
    }
}

/// An item of a list as one word: a scalar, or a tag as `key=value`.
fn one_word(item: &Json) -> Option<String> {
    match item {
        Json::Object(fields) => match (fields.get("key"), fields.get("value"), fields.len()) {
            (Some(Json::String(key)), Some(value), 2) if !value.is_object() && !value.is_array() => {
                Some(format!("{key}={}", scalar_word(value)))
            }
            (None, None, 1) => match fields.iter().next()? {
                (_, Json::String(only)) => Some(only.clone()),
                _ => None,
            },
            _ => None,
        },
        Json::Array(_) => None,
        scalar => Some(scalar_word(scalar)),
    }
}

fn scalar_word(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Text on one line without control characters, terminal escapes and characters that turn the direction of
/// text around: line breaks and tabs become spaces, the others are spelled out.
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|b| (0x20..0x7f).contains(&b)) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => safe.push(' '),
            '\r' => {}
            c if c.is_control() || is_invisible(c) => safe.extend(c.escape_unicode()),
            c => safe.push(c),
        }
    }
    Cow::Owned(safe)
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_values_are_short() {
        for (json, expected) in [
            ("[]", "0 items"),
            ("[1]", "1"),
            ("[{}]", "1 item"),
            (r#"["a","b",null]"#, "a, b, null"),
            (r#"[{"key":"env","value":"prod"},{"key":"n","value":1}]"#, "env=prod, n=1"),
            (r#"[{"key":"env","value":"prod","x":1}]"#, "1 item"),
            (r#"[{"tagName":"Cloud Agent"}]"#, "Cloud Agent"),
            (r#"{"a":1,"b":{"c":1},"d":[1,2],"e":"x"}"#, "a=1, b={1}, d=[2], e=x"),
            (r#"[["a"]]"#, "1 item"),
        ] {
            assert_eq!(short(&Value::Json(json.into())), expected, "{json}");
        }
        let long = format!("[{}]", ["\"a-rather-long-name\""; 9].join(","));
        assert_eq!(short(&Value::Json(long.into())), "9 items");
    }

    #[test]
    fn nothing_a_terminal_obeys_is_left() {
        assert_eq!(clean("a\u{1b}[31mb\u{7}\u{9b}0m"), "a\\u{1b}[31mb\\u{7}\\u{9b}0m");
        assert_eq!(clean("a\r\nb\tc"), "a b c");
        assert_eq!(clean("\u{202e}evil"), "\\u{202e}evil");
        assert_eq!(clean("日本é"), "日本é");
    }
}
