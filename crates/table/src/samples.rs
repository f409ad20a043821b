//! Rows with everything that is odd, for the tests of all formats.

use crate::{Columns, Error, Format, Summary, WriteOptions, Writer};
use bytes::Bytes;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use totalcloud_api::model;
use totalcloud_api::resources::Tag;

model! {
    /// Inside a thing.
    pub struct Inner {
        /// A number.
        n = "n": int;
        /// When.
        at = "at": time;
    }
}

model! {
    /// A thing with a column of every kind.
    pub struct Thing {
        /// Key.
        [Id, Shown] id = "id": text;
        /// How many.
        [Shown] count = "count": int;
        /// How much.
        ratio = "ratio": num;
        /// On or off.
        on = "on": bool;
        /// On or off, as text.
        [Shown] flag = "flag": sbool;
        /// Account.
        [Shown] account = "account": sint;
        /// When.
        [Shown] at = "at": time;
        /// JSON in text.
        policy = "policy": jstr;
        /// Tags.
        [Shown] tags = "tags": [Tag];
        /// One inside.
        [Shown] inner = "inner": Inner;
        /// Anything.
        open = "open": open;
        /// A password.
        [Shown, Secret] key = "key": text;
    }
}

pub(crate) const ROWS: [&str; 8] = [
    // All there.
    r#"{"id":"i-1","count":3,"ratio":1.50,"on":true,"flag":"false","account":"001234567890","at":"2024-01-01T22:54:12.5+0530","policy":"{\"a\":1}","tags":[{"key":"env","value":"prod"}],"inner":{"n":1,"at":1703001007000},"open":{"z": 1.10},"key":"s3cr3t"}"#,
    // Null.
    r#"{"id":null,"count":null,"ratio":null,"on":null,"flag":null,"account":null,"at":null,"policy":null,"tags":null,"inner":null,"open":null,"key":null}"#,
    // Missing.
    "{}",
    // Zero, empty, false.
    r#"{"id":"","count":0,"ratio":0,"on":false,"flag":"","account":"000000000000","at":"","policy":"","tags":[],"inner":{},"open":"","key":""}"#,
    // Characters that formats, spreadsheets and terminals take for their own.
    "{\"id\":\"=1+1, \\\"q\\\"\\n|x|\\u001b[31m 日本\\ttab\",\"count\":\"7\",\n \"open\":[1,\"a|b\"]}",
    // Misfits, unknown fields, a single object for a list.
    r#"{"id":{"x":1},"count":"many","at":"soon","tags":{"key":"k","value":2,"new":1},"inner":{"n":"x","later":[1.50]},"unknown":{"b":1.50,"a":2}}"#,
    // No object.
    "[1]",
    // No JSON.
    r#"{"id":"cut"#,
];

pub(crate) fn rows() -> Vec<Bytes> {
    ROWS.iter().map(|r| Bytes::from_static(r.as_bytes())).collect()
}

/// An output whose contents can be seen.
#[derive(Clone, Default)]
pub(crate) struct Shared(Arc<Mutex<Vec<u8>>>);

impl Shared {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }
}

impl Write for Shared {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(buf);
        Ok(buf.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a format makes of rows, and what it says about them.
pub(crate) fn written(
    format: Format,
    columns: &Columns,
    options: WriteOptions,
    rows: &[Bytes],
) -> Result<(Vec<u8>, Vec<String>, Summary), Error> {
    let out = Shared::default();
    let mut writer = Writer::create(format, columns, options, Box::new(out.clone()))?;
    let mut said = Vec::new();
    for row in rows {
        said.extend(writer.push(row)?.issues.iter().map(ToString::to_string));
    }
    let summary = writer.finish()?;
    said.extend(summary.issues.iter().map(ToString::to_string));
    Ok((out.bytes(), said, summary))
}
