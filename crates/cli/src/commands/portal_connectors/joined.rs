//! Connectors of the Connector API v3 beside what CloudView knows of them.

use super::super::connectors::args;
use crate::args::{ListArgs, OutputArgs};
use crate::context::Context;
use crate::error::CliError;
use crate::listing::{self, Beside, Part};
use crate::rows::Fields as Columns;
use crate::session::Session;
use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _};
use serde_json::{Map, Value, json};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use totalcloud_api::Provider;
use totalcloud_api::endpoints::OperationId;
use totalcloud_api::endpoints::connectors::Connector;
use totalcloud_api::endpoints::portal::PortalConnector;
use totalcloud_api::model::{Column, Model, Shape};

/// What stands beside each connector, under CloudView's names.
const BESIDE: [&str; 4] = ["connectorId", "state", "lastSyncedOn", "totalAssets"];

/// The connectors of CloudView by their ids, and which of them found a partner.
#[derive(Default)]
struct Partners {
    known: HashMap<String, Map<String, Value>>,
    met: HashSet<String>,
    /// Connectors of the Connector API v3 that found none.
    alone: u64,
}

/// Lists the connectors, each with its partner.
///
/// # Errors
/// Those of the calls and of the output.
pub(super) fn run(
    context: &Context,
    list: &ListArgs,
    output: &OutputArgs,
    parts: Vec<(Provider, Part)>,
    narrowed: bool,
) -> Result<(), CliError> {
    let partners = Arc::new(Mutex::new(Partners::default()));
    let several = parts.len() > 1;
    let lead: &[&str] = if several { &["provider"] } else { &[] };
    let columns = Columns::AtLeast(crate::rows::union(&[PortalConnector::SHAPE, beside()]));
    let shared = Arc::clone(&partners);
    listing::run(context, list, output, columns, lead, "portal_connectors", |session| {
        stream::iter(parts).then(move |(provider, mut part)| {
            let (session, shared) = (Arc::clone(&session), Arc::clone(&shared));
            async move {
                let known = read(&session, provider).await?;
                locked(&shared).known.extend(known);
                part.beside = Some(Beside(Arc::new(move |row| join(&row, &mut locked(&shared)))));
                Ok(part)
            }
        })
    })?;
    let partners = locked(&partners);
    let there = (partners.known.len() - partners.met.len()) as u64;
    // What was left out on purpose has no partner in what came.
    let there = if narrowed { 0 } else { there };
    if partners.alone > 0 || there > 0 {
        let mut said = format!("{} of the connectors here have no partner in CloudView", partners.alone);
        if !narrowed {
            said.push_str(&format!(", and {there} of CloudView's have none here"));
        }
        context.printer.warn(&said);
    }
    Ok(())
}

fn locked(partners: &Mutex<Partners>) -> std::sync::MutexGuard<'_, Partners> {
    partners.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// The columns of CloudView that stand beside each connector.
fn beside() -> &'static Shape {
    let columns: Vec<Column> =
        BESIDE.iter().filter_map(|name| Connector::SHAPE.column(name)).copied().collect();
    // Made once a run, and needed to its end.
    let columns: &'static [Column] = Box::leak(columns.into_boxed_slice());
    Box::leak(Box::new(Shape::new("Partner", "The same connector in CloudView.", None, columns)))
}

/// What CloudView knows of the connectors of a cloud.
async fn read(
    session: &Session,
    provider: Provider,
) -> Result<HashMap<String, Map<String, Value>>, CliError> {
    let operation = OperationId::ConnectorsList.operation();
    let rows = session.all_rows(operation, args([("provider", json!(provider.as_str()))])).await?;
    let mut known = HashMap::new();
    for row in rows {
        let Ok(Value::Object(mut row)) = serde_json::from_slice(&row) else { continue };
        let Some(id) = row.get("connectorId").and_then(Value::as_str).map(str::to_ascii_lowercase) else {
            continue;
        };
        row.retain(|name, _| BESIDE.contains(&name.as_str()));
        known.insert(id, row);
    }
    Ok(known)
}

/// Puts the partner of a connector behind its own fields; nulls where it has none.
fn join(row: &Bytes, partners: &mut Partners) -> Bytes {
    let Ok(Value::Object(mut fields)) = serde_json::from_slice(row) else { return row.clone() };
    let uuid = fields.get("cloudviewUuid").and_then(Value::as_str).map(str::to_ascii_lowercase);
    let partner = uuid.as_ref().and_then(|uuid| partners.known.get(uuid)).cloned();
    match (&partner, uuid) {
        (Some(_), Some(uuid)) => drop(partners.met.insert(uuid)),
        _ => partners.alone += 1,
    }
    for name in BESIDE {
        let value = partner.as_ref().and_then(|p| p.get(name)).cloned().unwrap_or_default();
        fields.insert(name.to_owned(), value);
    }
    Value::Object(fields).to_string().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_connector_gets_its_partner_and_those_without_are_counted() {
        let mut partners = Partners::default();
        let known = json!({"connectorId": "A", "state": "SUCCESS", "totalAssets": 7});
        partners.known.insert("a".into(), known.as_object().unwrap().clone());
        partners.known.insert("b".into(), Map::new());
        let mut join = |row: &'static str| -> Value {
            serde_json::from_slice(&join(&Bytes::from_static(row.as_bytes()), &mut partners)).unwrap()
        };
        let joined = join(r#"{"id":1,"cloudviewUuid":"A"}"#);
        let expected = json!({
            "id": 1, "cloudviewUuid": "A", "connectorId": "A", "state": "SUCCESS", "lastSyncedOn": null,
            "totalAssets": 7,
        });
        assert_eq!(joined, expected);
        assert_eq!(join(r#"{"id":2,"cloudviewUuid":"c"}"#)["state"], Value::Null);
        assert_eq!(join(r#"{"id":3}"#)["totalAssets"], Value::Null);
        assert_eq!((partners.alone, partners.met.len()), (2, 1));
    }
}
