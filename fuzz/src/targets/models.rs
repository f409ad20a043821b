//! Rows: every family of models.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use totalcloud_api::Provider;
use totalcloud_api::endpoints::{
    alerts, assessments, connectors as c, controls as k, evaluations as e, exceptions, findings, groups, iac,
    neighbours, policies as p, portal, remediation, reports,
};
use totalcloud_api::model::{self, Cell, Datum, Kind, Misfit, Model, Shape};
use totalcloud_api::resources;

#[path = "../../../crates/api/tests/resources/kept.rs"]
mod kept;

/// The name of a type on the first line, a row of it on the others.
fn resource(provider: Provider, data: &[u8]) {
    let line = data.iter().position(|b| *b == b'\n').unwrap_or(data.len());
    let name = std::str::from_utf8(&data[..line]).unwrap_or_default();
    let row = data.get(line + 1..).unwrap_or_default();
    let Some(t) = resources::get(provider, name) else {
        by_shape(resources::base_shape(provider), row);
        return;
    };
    let misfits = t.check(row);
    laws(t.shape, row, misfits.as_ref().ok(), t.rewrite(row).ok(), |row| t.rewrite(row).ok());
}

pub(super) fn aws(data: &[u8]) {
    resource(Provider::Aws, data);
}

pub(super) fn azure(data: &[u8]) {
    resource(Provider::Azure, data);
}

pub(super) fn gcp(data: &[u8]) {
    resource(Provider::Gcp, data);
}

pub(super) fn oci(data: &[u8]) {
    resource(Provider::Oci, data);
}

pub(super) fn connectors(data: &[u8]) {
    row::<c::Connector>(data);
    row::<c::ConnectorError>(data);
    row::<c::BaseAccount>(data);
    row::<c::ManagedConnector>(data);
    row::<portal::PortalConnector>(data);
    row::<portal::Tag>(data);
    row::<groups::Group>(data);
    row::<neighbours::FlexScanAnswer>(data);
}

pub(super) fn alerts(data: &[u8]) {
    row::<alerts::Rule>(data);
    row::<alerts::Action>(data);
    row::<alerts::Activity>(data);
    row::<alerts::Wrapped>(data);
    row::<exceptions::Exception>(data);
}

pub(super) fn scans(data: &[u8]) {
    row::<iac::IacScan>(data);
    row::<iac::IacResult>(data);
    row::<findings::Finding>(data);
    row::<reports::ReportConfig>(data);
    row::<reports::ReportData>(data);
}

pub(super) fn controls(data: &[u8]) {
    row::<k::Control>(data);
}

pub(super) fn evaluations(data: &[u8]) {
    row::<e::AccountEvaluation>(data);
    row::<e::ResourceEvaluation>(data);
    row::<e::EvaluationStats>(data);
}

pub(super) fn policies(data: &[u8]) {
    row::<p::Policy>(data);
    row::<p::PolicyV1>(data);
    row::<p::Mandate>(data);
    row::<assessments::AssessmentReport>(data);
    row::<remediation::RemediationActivity>(data);
}

fn row<T: Model + Serialize + DeserializeOwned>(data: &[u8]) {
    let read: Result<T, _> = model::from_slice(data);
    let misfits = read.as_ref().ok().map(Model::misfits);
    let rewrite = |row: &[u8]| {
        model::from_slice::<T>(row).ok().map(|row| serde_json::to_vec(&row).expect("a row is JSON"))
    };
    laws(T::SHAPE, data, misfits.as_ref(), rewrite(data), rewrite);
}

/// A row that is one JSON object is always read. Written back it says the same, with every unknown field and
/// every value that does not fit as it came; what is written reads as itself.
fn laws(
    shape: &'static Shape,
    row: &[u8],
    misfits: Option<&Vec<Misfit>>,
    written: Option<Vec<u8>>,
    rewrite: impl Fn(&[u8]) -> Option<Vec<u8>>,
) {
    let came: Option<Map<String, Value>> = serde_json::from_slice(row).ok();
    assert_eq!(misfits.is_some(), written.is_some());
    let (Some(came), Some(written)) = (came.as_ref(), written.as_ref()) else {
        assert!(came.is_none() || written.is_some(), "an object is a row");
        return;
    };
    let object =
        |json: &[u8]| serde_json::from_slice::<Map<String, Value>>(json).expect("a row is an object");
    let back = object(written);
    assert!(kept::kept_all(shape, came, &back), "{}: {came:?} became {back:?}", shape.name);
    let again = rewrite(written).expect("what is written can be read");
    assert_eq!(object(&again), back, "{}: what is written is read the same", shape.name);
    let mut said: Vec<String> = misfits.into_iter().flatten().map(Misfit::to_string).collect();
    said.sort();
    let (fields, by_shape_said) = by_shape(shape, row).expect("an object is a row");
    assert_eq!(fields, back.keys().cloned().collect(), "{}: by its shape and by its model", shape.name);
    assert_eq!(by_shape_said, said, "{}: by its shape and by its model", shape.name);
}

/// The fields that have a value when the row is read by its columns alone, and the misfits that are said of it.
fn by_shape(shape: &'static Shape, row: &[u8]) -> Option<(BTreeSet<String>, Vec<String>)> {
    let text = std::str::from_utf8(row).ok()?;
    let kind = Kind::Object(shape);
    let Cell::Fits(datum) = kind.read(text).ok()? else { return None };
    let mut said = Vec::new();
    datum.visit_extra(&kind, &mut "$".to_owned(), &mut |path, json, column| {
        said.extend(column.map(|c| Misfit::of(path, &c.kind, json).to_string()));
    });
    said.sort();
    let Datum::Object(record) = datum else { return None };
    let columns = shape.columns();
    let cells = columns.iter().zip(&record.cells);
    let fields = cells.filter(|(_, cell)| cell.is_some()).map(|(column, _)| column.wire.to_owned());
    Some((fields.chain(record.extra.iter().map(|(key, _)| key.clone())).collect(), said))
}
