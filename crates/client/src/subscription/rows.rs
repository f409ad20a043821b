//! Rows that do not say where they are from, and how they are made to.
//!
//! A row of an evaluation names neither cloud nor account: they are in the path of the request. What the
//! service sent stays as it came, and `_provider`, `_account` (and `_controlId` for a single control) are
//! appended as the last fields, in every format alike. Names of the service never begin with `_`.

use bytes::{BufMut, Bytes, BytesMut};
use totalcloud_api::endpoints::evaluations::{AccountEvaluation, ResourceEvaluation};
use totalcloud_api::{Provider, model};

model! {
    /// The result of one control in one account, with the account.
    pub struct PulledAccountEvaluation: AccountEvaluation {
        /// Cloud, as in the path of the request.
        [Shown] provider = "_provider": text;
        /// Account, subscription, project or tenancy, as in the path of the request.
        [Id, Shown] account = "_account": text;
    }
}

model! {
    /// The result of one control on one resource, with account and control.
    pub struct PulledResourceEvaluation: ResourceEvaluation {
        /// Cloud, as in the path of the request.
        [Shown] provider = "_provider": text;
        /// Account, subscription or project, as in the path of the request.
        [Id, Shown] account = "_account": text;
        /// Control, as in the path of the request.
        [Id, Shown] control_id = "_controlId": text;
    }
}

/// Where rows are from: what is appended to each of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    fields: Bytes,
}

impl Tag {
    /// Of one account.
    pub fn account(provider: Provider, account: &str) -> Tag {
        Tag::new(&[("_provider", provider.as_str()), ("_account", account)])
    }

    /// Of one account and control.
    pub fn control(provider: Provider, account: &str, control: &str) -> Tag {
        Tag::new(&[("_provider", provider.as_str()), ("_account", account), ("_controlId", control)])
    }

    fn new(fields: &[(&str, &str)]) -> Tag {
        let mut text = String::new();
        for (i, (name, value)) in fields.iter().enumerate() {
            if i > 0 {
                text.push(',');
            }
            text.push_str(&format!("\"{name}\":{}", serde_json::Value::from(*value)));
        }
        Tag { fields: text.into() }
    }

    /// The row with the fields behind its own. What is no object stays as it is.
    pub fn on(&self, row: &Bytes) -> Bytes {
        let whole = row.trim_ascii_end();
        let Some(open) = whole.strip_suffix(b"}") else { return row.clone() };
        let open = open.trim_ascii_end();
        if !open.starts_with(b"{") {
            return row.clone();
        }
        let mut out = BytesMut::with_capacity(open.len() + self.fields.len() + 2);
        out.put_slice(open);
        if open.len() > 1 {
            out.put_u8(b',');
        }
        out.put_slice(&self.fields);
        out.put_u8(b'}');
        out.freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use totalcloud_api::model::from_slice;

    #[test]
    fn the_row_stays_as_it_came_and_says_where_it_is_from() {
        let tag = Tag::account(Provider::Aws, "000123456789");
        let row = Bytes::from_static(br#"{"controlId":"11", "result" : "FAIL"}"#);
        assert_eq!(
            tag.on(&row),
            r#"{"controlId":"11", "result" : "FAIL","_provider":"aws","_account":"000123456789"}"#
        );
        assert_eq!(tag.on(&Bytes::from_static(b"{ }")), r#"{"_provider":"aws","_account":"000123456789"}"#);
        for odd in ["null", "[{}]", "\"}\"", "}", ""] {
            assert_eq!(tag.on(&Bytes::from_static(odd.as_bytes())), odd);
        }
    }

    #[test]
    fn what_an_account_is_called_cannot_break_the_row() {
        let row =
            Tag::control(Provider::Gcp, "a\"},{\"b", "7").on(&Bytes::from_static(b"{\"result\":\"PASS\"}"));
        let read: PulledResourceEvaluation = from_slice(&row).unwrap();
        assert_eq!(read.account.as_deref(), Some("a\"},{\"b"));
        assert_eq!(read.control_id.as_deref(), Some("7"));
        assert_eq!(read.result.as_deref(), Some("PASS"));
    }
}
