//! Which columns are wanted.

use crate::{Error, Result};
use totalcloud_api::model::{Flag, Kind, Shape};

/// The name of the column for fields that have no column of their own.
const EXTRA: &str = "extra";
/// The name of the column for the row as it came.
const RAW: &str = "raw";

/// What to show of rows: the columns of a shape, a choice of them, or whatever the rows have.
///
/// Without a choice, tables and Markdown show the columns marked as shown, every other format all columns
/// and a last one, `extra`, with the fields that have none. JSON and NDJSON show rows as they came.
///
/// Rows of unlisted types have fields that no shape declares ([`discover`](Columns::discover),
/// [`untyped`](Columns::untyped)). Their columns are those of the first
/// [`batch_rows`](crate::WriteOptions::batch_rows) rows, in the order in which they appear; a field that
/// appears only later goes to `extra`.
#[derive(Debug, Clone)]
pub struct Columns {
    pub(crate) shape: Option<&'static Shape>,
    pub(crate) open: bool,
    pub(crate) wide: bool,
    pub(crate) chosen: Option<Vec<Chosen>>,
}

/// One chosen column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Chosen {
    pub(crate) name: String,
    pub(crate) source: Source,
    pub(crate) kind: Kind,
    pub(crate) doc: &'static str,
    pub(crate) secret: bool,
}

/// Where the value of a column comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// A field, and the way down from it.
    Field { top: String, rest: Vec<String> },
    /// The fields without a column.
    Extra,
    /// The row as it came.
    Raw,
}

impl Chosen {
    pub(crate) fn top(column: &'static totalcloud_api::model::Column) -> Chosen {
        Chosen {
            name: column.wire.to_owned(),
            source: Source::Field { top: column.wire.to_owned(), rest: Vec::new() },
            kind: column.kind,
            doc: column.doc.trim(),
            secret: column.is(Flag::Secret),
        }
    }

    pub(crate) fn field(name: &str, kind: Kind) -> Chosen {
        Chosen {
            name: name.to_owned(),
            source: Source::Field { top: name.to_owned(), rest: Vec::new() },
            kind,
            doc: "",
            secret: false,
        }
    }

    /// The column for what has none, under a name that no field has.
    pub(crate) fn extra(taken: impl Fn(&str) -> bool) -> Chosen {
        Chosen {
            name: free(EXTRA, taken),
            source: Source::Extra,
            kind: Kind::Open,
            doc: "Fields without a column, and values that do not fit theirs, as JSON by path.",
            secret: false,
        }
    }

    /// The column for the row as it came, under a name that no field has.
    pub(crate) fn raw(taken: impl Fn(&str) -> bool) -> Chosen {
        Chosen {
            name: free(RAW, taken),
            source: Source::Raw,
            kind: Kind::Open,
            doc: "The row as it came from the service.",
            secret: false,
        }
    }
}

fn free(name: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut name = name.to_owned();
    while taken(&name) {
        name.insert(0, '_');
    }
    name
}

impl Columns {
    /// The columns of a shape.
    pub fn of(shape: &'static Shape) -> Columns {
        Columns { shape: Some(shape), open: false, wide: false, chosen: None }
    }

    /// The columns that the rows turn out to have.
    pub fn untyped() -> Columns {
        Columns { shape: None, open: true, wide: false, chosen: None }
    }

    /// Makes columns of the fields that the shape does not declare, as unlisted types need it.
    #[must_use]
    pub fn discover(mut self) -> Columns {
        self.open = true;
        self
    }

    /// Whether tables and Markdown show all columns.
    #[must_use]
    pub fn wide(mut self, wide: bool) -> Columns {
        self.wide = wide;
        self
    }

    /// Chooses columns by name, in this order. A name may be several, separated by commas, and may lead
    /// down into nested values: `vulnerabilityStats.totalVulnerability`, `tags.key` (a list of the keys),
    /// `tags.0.key`. Letter case and underscores do not matter where the name is clear without them. `extra`
    /// stands for the fields without a column, `raw` for the whole row.
    ///
    /// # Errors
    /// If a name is no column, appears twice, or there is none.
    pub fn select<I>(mut self, names: I) -> Result<Columns>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let mut chosen: Vec<Chosen> = Vec::new();
        for names in names {
            for name in names.as_ref().split(',').map(str::trim).filter(|n| !n.is_empty()) {
                let column = self.find(name)?;
                if chosen.iter().any(|c| c.name == column.name) {
                    return Err(Error::Columns(format!("the column {:?} is asked for twice", column.name)));
                }
                chosen.push(column);
            }
        }
        if chosen.is_empty() {
            return Err(Error::Columns("no column is asked for".to_owned()));
        }
        self.chosen = Some(chosen);
        Ok(self)
    }

    /// The names that can be chosen, nested ones excluded.
    pub fn names(&self) -> Vec<&'static str> {
        self.shape.map(|s| s.columns().into_iter().map(|c| c.wire).collect()).unwrap_or_default()
    }

    /// Whether the rows decide which columns there are.
    pub(crate) fn waits_for_rows(&self, view: bool) -> bool {
        let declared = self.shape.is_some_and(|s| !s.shown().is_empty());
        self.chosen.is_none() && self.open && !(view && !self.wide && declared)
    }

    fn find(&self, name: &str) -> Result<Chosen> {
        // Fields of the service may have dots in their own names.
        if let Some(column) = self.shape.and_then(|shape| lookup(shape, name)) {
            return Ok(Chosen::top(column));
        }
        let mut steps = name.split('.');
        let first = steps.next().unwrap_or_default();
        let taken = |n: &str| self.shape.is_some_and(|s| s.column(n).is_some());
        if first == name && !taken(name) {
            match name {
                EXTRA => return Ok(Chosen::extra(taken)),
                RAW => return Ok(Chosen::raw(taken)),
                _ => {}
            }
        }
        let unknown = |tried: &str, shape: &Shape, before: &[String]| {
            let prefix = before.iter().map(|s| format!("{s}.")).collect::<String>();
            Error::UnknownColumn {
                name: name.to_owned(),
                nearest: nearest(tried, shape).into_iter().map(|n| format!("{prefix}{n}")).collect(),
            }
        };
        let mut chosen = match self.shape.map(|s| (s, lookup(s, first))) {
            Some((_, Some(column))) => Chosen::top(column),
            Some((shape, None)) if !self.open => return Err(unknown(first, shape, &[])),
            _ if first.is_empty() => {
                return Err(Error::UnknownColumn { name: name.to_owned(), nearest: Vec::new() });
            }
            _ => Chosen::field(first, Kind::Open),
        };
        let mut path = vec![chosen.name.clone()];
        let mut listed = false;
        for step in steps {
            // A step into a list goes into each of its items, unless it is a number.
            if let Kind::List(item) = chosen.kind {
                chosen.kind = *item;
                if step.parse::<usize>().is_ok() {
                    path.push(step.to_owned());
                    continue;
                }
                listed = true;
            }
            match chosen.kind {
                Kind::Object(shape) => {
                    let column = lookup(shape, step).ok_or_else(|| unknown(step, shape, &path))?;
                    chosen.kind = column.kind;
                    chosen.doc = column.doc.trim();
                    chosen.secret |= column.is(Flag::Secret);
                    path.push(column.wire.to_owned());
                    if listed && !matches!(column.kind, Kind::List(_)) {
                        chosen.kind = Kind::List(&column.kind);
                    }
                }
                Kind::Open | Kind::JsonText if !step.is_empty() => {
                    chosen.kind = Kind::Open;
                    path.push(step.to_owned());
                }
                _ => {
                    return Err(Error::Columns(format!(
                        "the column {name:?} leads into {}, which has nothing inside",
                        path.join(".")
                    )));
                }
            }
        }
        chosen.name = path.join(".");
        let top = path.remove(0);
        chosen.source = Source::Field { top, rest: path };
        Ok(chosen)
    }
}

/// Names are compared without case, hyphens and underscores where they are not equal.
fn folded(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '-' | '_')).flat_map(char::to_lowercase).collect()
}

fn lookup(shape: &Shape, name: &str) -> Option<&'static totalcloud_api::model::Column> {
    if let Some(column) = shape.column(name) {
        return Some(column);
    }
    let wanted = folded(name);
    let mut like = shape.columns().into_iter().filter(|c| folded(c.wire) == wanted);
    let found = like.next()?;
    like.next().is_none().then_some(found)
}

/// The columns with the most similar names, best first.
fn nearest(name: &str, shape: &Shape) -> Vec<&'static str> {
    let wanted = folded(name);
    let mut scored: Vec<(f64, &'static str)> = shape
        .columns()
        .into_iter()
        .map(|c| {
            let folded = folded(c.wire);
            let inside = wanted.len() >= 3 && (folded.contains(&wanted) || wanted.contains(&folded));
            let slips = strsim::osa_distance(&wanted, &folded);
            let typo = slips == 1 && wanted.len() >= 3;
            let more = if inside || typo { 0.3 } else { 0.0 };
            (strsim::jaro_winkler(&wanted, &folded) + more, c.wire)
        })
        .filter(|(score, _)| *score > 0.75)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.into_iter().take(3).map(|(_, wire)| wire).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use totalcloud_api::endpoints::connectors::Connector;
    use totalcloud_api::endpoints::findings::Finding;
    use totalcloud_api::model::Model;
    use totalcloud_api::resources::AwsBase;

    fn chosen(columns: Columns, names: &str) -> Vec<(String, String)> {
        columns
            .select([names])
            .unwrap()
            .chosen
            .unwrap()
            .into_iter()
            .map(|c| (c.name, c.kind.describe()))
            .collect()
    }

    #[test]
    fn names_lead_into_nested_values() {
        let found =
            chosen(Columns::of(AwsBase::SHAPE), "resource_id,tags.KEY, tags.1.value,additionalDetails.a.b");
        let found: Vec<(&str, &str)> = found.iter().map(|(n, k)| (n.as_str(), k.as_str())).collect();
        assert_eq!(
            found,
            [
                ("resourceId", "text"),
                ("tags.key", "a list of: text"),
                ("tags.1.value", "text"),
                ("additionalDetails.a.b", "any JSON"),
            ]
        );
        assert_eq!(chosen(Columns::of(Connector::SHAPE), "pollingFrequency.hours")[0].1, "a whole number");
    }

    #[test]
    fn a_field_whose_own_name_has_dots_is_found_under_it() {
        let found = Columns::of(Finding::SHAPE).select(["Remote.Country"]).unwrap().chosen.unwrap();
        let source = Source::Field { top: "remote.country".to_owned(), rest: Vec::new() };
        assert_eq!((found[0].name.as_str(), &found[0].source), ("remote.country", &source));
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_nearest() {
        let said = |names: &str| Columns::of(AwsBase::SHAPE).select([names]).unwrap_err().to_string();
        assert_eq!(said("regoin"), "there is no column \"regoin\"; did you mean region?");
        assert_eq!(said("tags.kye"), "there is no column \"tags.kye\"; did you mean tags.key?");
        assert_eq!(said("zzz"), "there is no column \"zzz\"");
        assert_eq!(
            said("region.code"),
            "the column \"region.code\" leads into region, which has nothing inside"
        );
        assert_eq!(said("region,Region"), "the column \"region\" is asked for twice");
        assert_eq!(said(" , "), "no column is asked for");
    }

    #[test]
    fn open_shapes_take_any_name() {
        let found = chosen(Columns::of(AwsBase::SHAPE).discover(), "region,machineType.zone,raw,extra");
        assert_eq!(found[1], ("machineType.zone".to_owned(), "any JSON".to_owned()));
        assert_eq!(chosen(Columns::untyped(), "a,b.c").len(), 2);
    }
}
