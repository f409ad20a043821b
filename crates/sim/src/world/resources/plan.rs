//! From the registry and the tables to compiled rows.

use super::{Row, Table, table};
use crate::world::View;
use crate::world::template::{BadTemplate, Compiler, Part, Program};
use totalcloud_api::ResourceType;
use totalcloud_api::model::{Flag, Kind};
use totalcloud_api::{Provider, resources};

/// The compiled rows of one type.
#[derive(Debug)]
pub(in super::super) struct Plan {
    program: Program,
    list: Part,
    details: Part,
    id: Part,
    title: Part,
    /// Every field on its own, for filters.
    fields: Vec<(&'static str, Part)>,
}

impl Plan {
    pub(super) fn new(
        ty: &ResourceType,
        all: &[&'static ResourceType],
        classic: bool,
    ) -> Result<Plan, BadTemplate> {
        let type_of = |name: &str| {
            all.iter().position(|t| t.provider == ty.provider && t.name == name).map(|at| at as u16)
        };
        let table = table(ty);
        let fields = fields(ty, table, classic);
        let mut compiler = Compiler::new(&type_of);
        let row = |compiler: &mut Compiler<'_>, view| -> Result<Part, BadTemplate> {
            let start = compiler.here();
            let mut before = "{";
            for field in &fields {
                let template = match (view, field.details) {
                    (View::List, Some(Hidden::Empty)) => "[]",
                    (View::List, Some(Hidden::Absent)) => continue,
                    _ => &field.template,
                };
                compiler.text(before);
                compiler.text("\"");
                compiler.text(field.wire);
                compiler.text("\":");
                compiler.value(field.wire, template)?;
                before = ",";
            }
            compiler.text("}");
            Ok(compiler.since(start))
        };
        let list = row(&mut compiler, View::List)?;
        let details = row(&mut compiler, View::Details)?;
        let mut one = |scope: &str, template: &str| -> Result<Part, BadTemplate> {
            let start = compiler.here();
            compiler.value(scope, template)?;
            Ok(compiler.since(start))
        };
        let id = one("id", table.id)?;
        let title = one("title", table.title)?;
        let fields = fields
            .iter()
            .map(|f| Ok((f.wire, one(f.wire, &f.template)?)))
            .collect::<Result<_, BadTemplate>>()?;
        Ok(Plan { program: compiler.finish(), list, details, id, title, fields })
    }

    /// Appends the row as a JSON object.
    #[inline]
    pub(in super::super) fn write(&self, row: &Row<'_>, view: View, out: &mut Vec<u8>) {
        self.program.run(if view == View::List { self.list } else { self.details }, row, out);
    }

    pub(super) fn write_id(&self, row: &Row<'_>, out: &mut Vec<u8>) {
        self.program.run(self.id, row, out);
    }

    pub(super) fn write_title(&self, row: &Row<'_>, out: &mut Vec<u8>) {
        self.program.run(self.title, row, out);
    }

    /// The place of a field, for [`Plan::write_field`].
    pub(in super::super) fn field(&self, wire: &str) -> Option<usize> {
        self.fields.iter().position(|(name, _)| *name == wire)
    }

    /// The wire name of a field.
    pub(in super::super) fn wire(&self, field: usize) -> &'static str {
        self.fields[field].0
    }

    /// Appends the JSON of one field, hidden ones included.
    pub(in super::super) fn write_field(&self, field: usize, row: &Row<'_>, out: &mut Vec<u8>) {
        self.program.run(self.fields[field].1, row, out);
    }
}

/// How a list hides what only details show.
#[derive(Debug, Clone, Copy)]
enum Hidden {
    /// As an empty list.
    Empty,
    /// Not at all.
    Absent,
}

struct Field {
    wire: &'static str,
    template: String,
    details: Option<Hidden>,
}

fn fields(ty: &ResourceType, table: &Table, classic: bool) -> Vec<Field> {
    let mut fields = Vec::new();
    for column in ty.shape.columns() {
        if classic && left_out(ty, column.wire) {
            continue;
        }
        let own = table.fields.iter().find(|(wire, _)| *wire == column.wire).map(|(_, t)| (*t).to_owned());
        let mut template = own.or_else(|| shared(ty, column.wire)).unwrap_or_else(|| default(&column.kind));
        if classic && ty.name == "CLOUDFRONT_DISTRIBUTION" && column.wire == "geoRestriction" {
            // The reference SDK stores the restriction inside itself and cannot print such a row.
            template = "null".to_owned();
        }
        let details = column.is(Flag::Details).then_some(match column.wire {
            "vulnerabilities" => Hidden::Empty,
            _ => Hidden::Absent,
        });
        fields.push(Field { wire: column.wire, template, details });
    }
    if !classic {
        for (wire, template) in table.fields.iter().filter(|(wire, _)| ty.shape.column(wire).is_none()) {
            fields.push(Field { wire, template: (*template).to_owned(), details: None });
        }
    }
    fields
}

/// What the classes of the reference SDK refuse.
fn left_out(ty: &ResourceType, wire: &str) -> bool {
    match (ty.provider, ty.name) {
        (Provider::Aws, "EC2_INSTANCE") => matches!(wire, "hasSecrets" | "secretStats" | "secrets"),
        (Provider::Azure, "VIRTUAL_MACHINE") => wire == "vulnerabilities",
        // It reads load balancers of both clouds with the class of AWS: only what they share passes.
        (Provider::Azure, "LOAD_BALANCER") => {
            wire != "type" && resources::base_shape(Provider::Aws).column(wire).is_none()
        }
        _ => false,
    }
}

/// Templates of fields that mean the same everywhere.
fn shared(ty: &ResourceType, wire: &str) -> Option<String> {
    let template = match wire {
        "resourceId" => r#""<id>""#,
        "name" | "displayName" => r#""<name>""#,
        "uuid" => r#""<uuid>""#,
        "connectorUuid" | "connectorId" => r#""<conn>""#,
        "connectorUuids" => r#"["<conn>"]"#,
        "cloudType" => return Some(format!("\"{}\"", ty.provider.upper())),
        "resourceType" => return Some(format!("\"{}\"", ty.name)),
        "cloudAccountId" | "subscriptionId" | "projectId" | "tenantId" => r#""<acct>""#,
        "accountAlias" | "subscriptionName" => r#""<alias>""#,
        "region" => r#""<region>""#,
        "created" | "createdOn" => r#""<iso created>""#,
        "lastUpdated" | "updated" => r#""<iso updated>""#,
        "tags" => concat!(
            r#"[{"key":"Name","value":"<name>"},"#,
            r#"{"key":"Environment","value":"<pick prod|prod|staging|dev|test>"}"#,
            r#"<if 400>,{"key":"Owner","value":"<!pick platform|payments|data|security|web|mobile>"}<end>"#,
            r#"<if 200>,{"key":"CostCenter","value":"<d 4>"}<end>]"#
        ),
        "qualysTags" => {
            r#"[<if 500>{"tagName":"<pick Cloud Agent|Internet Facing|Production|PCI Scope>"}<end>]"#
        }
        "remediationEnabled" => r#""<bool 300>""#,
        "controlsFailed" => "<failed>",
        "isSnapshotScanEnabled" => "<bool 200>",
        "additionalDetails" => "null",
        "customerId" => r#""<customer>""#,
        "customers" => r#"["<customer>"]"#,
        "scanId" | "scanUuid" => r#""<scan>""#,
        "resourceGroupName" => r#""<rg>""#,
        "arsScore" => "<!int 0 1000>",
        "criticalityScore" => "<int 1 5>",
        "vulnerabilityStats" => "<vulnstats>",
        "vulnerabilities" => "<vulns>",
        "sev3Sev4Sev5VulnCount" => "<vulns345>",
        "hasSecrets" => "<hassecrets>",
        "secretStats" => "<secretstats>",
        "secrets" => "<secrets>",
        "classifications" => r#"[<if 250><pick "PUBLIC"|"PRIVILEGED"|"EXPOSED"><end>]"#,
        "availabilityZone" => r#""<az>""#,
        "vpcId" | "vpcid" => r#""<ref:vpc VPC>""#,
        "subnetId" => r#""<ref:subnet SUBNET>""#,
        "kmsKeyId" => concat!(r#"<if 600>"arn:aws:kms:<region>:<acct>:key/<guid:kms>""#, "<else>null<end>"),
        _ => return None,
    };
    Some(template.to_owned())
}

/// A value of the kind, for columns that no table describes.
fn default(kind: &Kind) -> String {
    match kind {
        Kind::Text => r#""<l 8>""#.into(),
        Kind::Int | Kind::Num => "<int 0 100>".into(),
        Kind::Bool => "<bool 500>".into(),
        Kind::BoolText => r#""<bool 500>""#.into(),
        Kind::IntText => r#""<int 1 100>""#.into(),
        Kind::Time => r#""<iso since>""#.into(),
        Kind::JsonText => r#""{}""#.into(),
        Kind::Object(shape) => {
            let fields = shape.columns().into_iter().map(|c| format!("\"{}\":{}", c.wire, default(&c.kind)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
        }
        Kind::List(item) => format!("[{}]", default(item)),
        _ => "{}".into(),
    }
}
