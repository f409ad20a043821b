//! Forms with files (`multipart/form-data`), read from a body that is there whole.

use crate::call::Call;
use crate::reply::Reply;
use bytes::Bytes;
use futures_util::{FutureExt, stream};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};
use std::convert::Infallible;

/// One part of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) name: String,
    /// Only files have one.
    pub(crate) file_name: Option<String>,
    pub(crate) bytes: Bytes,
}

/// The parts of a form, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Form(Vec<Part>);

/// Why a body is no form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BadForm {
    /// Its content type is another.
    Other,
    /// It cannot be read.
    Broken(String),
}

impl Form {
    /// Reads a body by the boundary that its content type names.
    pub(crate) fn parse(headers: &HeaderMap, body: &[u8]) -> Result<Form, BadForm> {
        let given = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let boundary = multer::parse_boundary(given).map_err(|_| BadForm::Other)?;
        let whole = stream::iter([Ok::<_, Infallible>(Bytes::copy_from_slice(body))]);
        let mut form = multer::Multipart::new(whole, boundary);
        let read = async move {
            let mut parts = Vec::new();
            while let Some(field) = form.next_field().await? {
                let name = field.name().unwrap_or_default().to_owned();
                let file_name = field.file_name().map(str::to_owned);
                parts.push(Part { name, file_name, bytes: field.bytes().await? });
            }
            Ok(Form(parts))
        };
        // Nothing is waited for: all of the body is there.
        let read: Option<Result<Form, multer::Error>> = read.now_or_never();
        match read {
            Some(read) => read.map_err(|e| BadForm::Broken(e.to_string())),
            None => Err(BadForm::Broken("it ends in the middle of a part".to_owned())),
        }
    }

    /// The text of a part that is no file.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        let part = self.0.iter().find(|p| p.name == name && p.file_name.is_none())?;
        std::str::from_utf8(&part.bytes).ok()
    }

    /// The part of this name, file or not.
    pub(crate) fn part(&self, name: &str) -> Option<&Part> {
        self.0.iter().find(|p| p.name == name)
    }

    /// The parts that are files.
    pub(crate) fn files(&self) -> impl Iterator<Item = &Part> {
        self.0.iter().filter(|p| p.file_name.is_some())
    }

    /// What may be told of the form: its texts, and of files their name and size.
    pub(crate) fn told(&self) -> Value {
        let told = |part: &Part| match &part.file_name {
            Some(file_name) => json!({ "fileName": file_name, "bytes": part.bytes.len() }),
            None => Value::String(String::from_utf8_lossy(&part.bytes).into_owned()),
        };
        let told: Map<String, Value> = self.0.iter().map(|p| (p.name.clone(), told(p))).collect();
        Value::Object(told)
    }
}

impl Call<'_> {
    /// The body as a form with files.
    pub(crate) fn form(&self) -> Result<Form, Reply> {
        Form::parse(self.headers, self.body).map_err(|bad| match bad {
            BadForm::Other => {
                let text = "Content-Type is not supported, send multipart/form-data";
                self.errors.spring(StatusCode::UNSUPPORTED_MEDIA_TYPE, text)
            }
            BadForm::Broken(why) => {
                self.errors.bad_request(&format!("Failed to parse multipart request: {why}"))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content_type: &'static str, body: &str) -> Result<Form, BadForm> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, http::HeaderValue::from_static(content_type));
        Form::parse(&headers, body.as_bytes())
    }

    const BODY: &str = "--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nx y\r\n--b\r\n\
                        Content-Disposition: form-data; name=\"configFile\"; filename=\"key.json\"\r\n\
                        Content-Type: application/json\r\n\r\n{\"a\":1}\r\n--b--\r\n";

    #[test]
    fn texts_and_files_are_told_apart() {
        let form = read("multipart/form-data; boundary=b", BODY).unwrap();
        assert_eq!(form.text("name"), Some("x y"));
        assert_eq!(form.text("configFile"), None);
        let files: Vec<_> =
            form.files().map(|p| (p.name.as_str(), p.file_name.as_deref(), &p.bytes[..])).collect();
        assert_eq!(files, [("configFile", Some("key.json"), &b"{\"a\":1}"[..])]);
        assert_eq!(form.part("configFile").map(|p| p.bytes.len()), Some(7));
        assert_eq!(form.part("other"), None);
        assert_eq!(form.told(), json!({"name": "x y", "configFile": {"fileName": "key.json", "bytes": 7}}));
    }

    #[test]
    fn what_is_no_form_is_refused() {
        assert_eq!(read("application/json", "{}"), Err(BadForm::Other));
        for cut in [10, 60, BODY.len() - 8] {
            let bad = read("multipart/form-data; boundary=b", &BODY[..cut]);
            assert!(matches!(bad, Err(BadForm::Broken(_))), "{cut}: {bad:?}");
        }
    }
}
