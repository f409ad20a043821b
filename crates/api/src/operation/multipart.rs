//! `multipart/form-data`: texts and files in one body.

use super::IntoArg;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

/// A file to send. `Debug` does not show what is in it.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Upload {
    /// Its name, without folders.
    pub file_name: String,
    /// What is in it.
    pub bytes: Bytes,
}

impl Upload {
    /// A file of this name and content.
    pub fn new(file_name: impl Into<String>, bytes: impl Into<Bytes>) -> Upload {
        Upload { file_name: file_name.into(), bytes: bytes.into() }
    }

    /// The argument `{"fileName": …, "base64": …}`.
    pub fn to_value(&self) -> Value {
        json!({ "fileName": self.file_name, "base64": STANDARD.encode(&self.bytes) })
    }

    pub(super) fn read(value: &Value) -> Option<Upload> {
        let file_name = value.get("fileName")?.as_str()?.to_owned();
        let bytes = STANDARD.decode(value.get("base64")?.as_str()?).ok()?;
        Some(Upload { file_name, bytes: bytes.into() })
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload")
            .field("file_name", &self.file_name)
            .field("bytes", &self.bytes.len())
            .finish()
    }
}

impl IntoArg for Upload {
    fn to_arg(&self) -> Option<Value> {
        Some(self.to_value())
    }
}

/// One part of a multipart body.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Part {
    /// The name of the parameter.
    pub name: &'static str,
    /// The name of the file; a part without one is text.
    pub file_name: Option<String>,
    /// What is in it.
    pub bytes: Bytes,
}

impl Part {
    pub(super) fn text(name: &'static str, text: String) -> Part {
        Part { name, file_name: None, bytes: text.into() }
    }

    pub(super) fn file(name: &'static str, file: Upload) -> Part {
        Part { name, file_name: Some(file.file_name), bytes: file.bytes }
    }
}

/// The content type of a body of these parts, and the body.
pub(super) fn encode(parts: &[Part]) -> (String, Bytes) {
    let boundary = boundary(parts);
    let room: usize = parts.iter().map(|p| p.bytes.len() + 300).sum();
    let mut body = Vec::with_capacity(room);
    for part in parts {
        body.extend_from_slice(format!("--{boundary}\r\nContent-Disposition: form-data; name=\"").as_bytes());
        body.extend_from_slice(quoted(part.name).as_bytes());
        match &part.file_name {
            Some(file) => {
                body.extend_from_slice(format!("\"; filename=\"{}\"\r\n", quoted(file)).as_bytes());
                body.extend_from_slice(format!("Content-Type: {}\r\n\r\n", content_type(file)).as_bytes());
            }
            None => body.extend_from_slice(b"\"\r\n\r\n"),
        }
        body.extend_from_slice(&part.bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), body.into())
}

/// A line that stands in none of the parts. The same parts give the same one.
fn boundary(parts: &[Part]) -> String {
    let mut turn = 0u64;
    loop {
        let mut hasher = DefaultHasher::new();
        turn.hash(&mut hasher);
        parts.iter().for_each(|p| p.bytes.hash(&mut hasher));
        let boundary = format!("totalcloud-{:016x}", hasher.finish());
        let inside = |p: &Part| memchr::memmem::find(&p.bytes, boundary.as_bytes()).is_some();
        if !parts.iter().any(inside) {
            return boundary;
        }
        turn += 1;
    }
}

/// As browsers write names: what would end the quotes or the line is percent-encoded.
fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

fn content_type(file: &str) -> &'static str {
    match file.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).as_deref() {
        Some("json") => "application/json",
        Some("zip") => "application/zip",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_written_and_their_names_cannot_break_out() {
        let parts = [
            Part::text("name", "a b".to_owned()),
            Part::file("file", Upload::new("x\"\r\nY: z.json", &b"{}"[..])),
        ];
        let (content_type, body) = encode(&parts);
        let boundary = content_type.strip_prefix("multipart/form-data; boundary=").unwrap();
        let text = std::str::from_utf8(&body).unwrap();
        let expected = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\na b\r\n--{boundary}\r\n\
             Content-Disposition: form-data; name=\"file\"; filename=\"x%22%0D%0AY: z.json\"\r\n\
             Content-Type: application/json\r\n\r\n{{}}\r\n--{boundary}--\r\n"
        );
        assert_eq!(text, expected);
    }

    #[test]
    fn the_boundary_stands_in_no_part() {
        let first = boundary(&[Part::text("a", "x".to_owned())]);
        let parts = [Part::text("a", format!("x{first}")), Part::text("b", boundary(&[]))];
        let found = boundary(&parts);
        assert!(parts.iter().all(|p| memchr::memmem::find(&p.bytes, found.as_bytes()).is_none()));
    }

    #[test]
    fn a_file_is_an_argument_and_back() {
        let file = Upload::new("a.zip", vec![0u8, 255, 10]);
        assert_eq!(Upload::read(&file.to_value()), Some(file));
        assert_eq!(Upload::read(&serde_json::json!({"fileName": "x", "base64": "%"})), None);
    }
}
