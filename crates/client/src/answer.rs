//! An answer as it came.

use bytes::Bytes;
use http::HeaderMap;
use std::fmt;
use std::time::Duration;
use totalcloud_api::fault::RateHeaders;

/// An answer as it came. `Debug` shows neither headers nor body.
#[derive(Clone)]
#[non_exhaustive]
pub struct Answer {
    /// The operation.
    pub operation: &'static str,
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
    /// What the rate headers say.
    pub rate: RateHeaders,
    /// The id under which the service's support finds the call.
    pub request_id: Option<String>,
    /// How many times it was tried, 1 if the first try succeeded.
    pub attempts: u32,
    /// From sending to the last byte, of the last try.
    pub took: Duration,
}

impl Answer {
    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }

    /// Whether the body has nothing but white space.
    pub fn is_empty(&self) -> bool {
        self.body.iter().all(u8::is_ascii_whitespace)
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("operation", &self.operation)
            .field("status", &self.status)
            .field("bytes", &self.body.len())
            .field("request_id", &self.request_id)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

/// The id of a call, from whichever header carries it.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    ["x-request-id", "x-correlation-id", "x-qualys-request-id", "request-id", "x-b3-traceid"]
        .iter()
        .find_map(|name| headers.get(*name)?.to_str().ok())
        .map(|id| id.chars().filter(|c| c.is_ascii_graphic()).take(100).collect())
}

/// What a file is, by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FileKind {
    /// A ZIP archive.
    Zip,
    /// A PDF document.
    Pdf,
    /// Anything else; reports are CSV then.
    Text,
}

impl FileKind {
    /// Looks at the first bytes.
    pub fn of(bytes: &[u8]) -> FileKind {
        // An archive without entries has the end record only.
        if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
            FileKind::Zip
        } else if bytes.starts_with(b"%PDF-") {
            FileKind::Pdf
        } else {
            FileKind::Text
        }
    }

    /// The usual ending of a file name, without the dot.
    pub const fn extension(self) -> &'static str {
        match self {
            FileKind::Zip => "zip",
            FileKind::Pdf => "pdf",
            FileKind::Text => "csv",
        }
    }
}

/// A file. `Debug` does not show what is in it.
#[derive(Clone)]
#[non_exhaustive]
pub struct Download {
    /// The file.
    pub bytes: Bytes,
    /// What it is.
    pub kind: FileKind,
    /// The name the service gives it, without any folder.
    pub name: Option<String>,
}

impl Download {
    pub(crate) fn of(answer: Answer) -> Download {
        let name = answer.header("content-disposition").and_then(file_name);
        Download { kind: FileKind::of(&answer.body), bytes: answer.body, name }
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download")
            .field("bytes", &self.bytes.len())
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// The file name in a `Content-Disposition`. Folders are cut off: the name must not lead elsewhere.
fn file_name(disposition: &str) -> Option<String> {
    let (_, value) = disposition.split_once("filename=")?;
    let value = value.split(';').next()?.trim().trim_matches('"');
    let name = value.rsplit(['/', '\\']).next()?.trim();
    let sound = !name.is_empty() && !matches!(name, "." | "..") && !name.chars().any(char::is_control);
    sound.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_their_first_bytes() {
        assert_eq!(FileKind::of(b"PK\x03\x04rest"), FileKind::Zip);
        assert_eq!(FileKind::of(b"%PDF-1.7"), FileKind::Pdf);
        assert_eq!(FileKind::of(b"a,b\n"), FileKind::Text);
        assert_eq!(FileKind::of(b""), FileKind::Text);
    }

    #[test]
    fn a_file_name_never_leads_elsewhere() {
        assert_eq!(file_name("attachment; filename=\"a b.csv\"; x=1").as_deref(), Some("a b.csv"));
        assert_eq!(file_name("attachment; filename=../../etc/passwd").as_deref(), Some("passwd"));
        assert_eq!(file_name("attachment; filename=\"C:\\x\\..\"").as_deref(), None);
        assert_eq!(file_name("inline"), None);
    }
}
