//! What a query can name at each of its places: the tables of each FROM with their columns, subqueries and WITH
//! queries with theirs, and aliases.

use arrow::datatypes::{DataType, Fields, SchemaRef};
use datafusion::sql::sqlparser::ast::{
    self, Expr, Ident, ObjectName, ObjectNamePart, Query, Select, SelectItem,
    SelectItemQualifiedWildcardKind, SetExpr, TableAlias, TableFactor, TableWithJoins,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The tables that can be asked, by schema.
#[derive(Debug, Clone, Default)]
pub(in crate::sql) struct Known {
    /// The schema of tables that are named without one.
    pub(in crate::sql) default: String,
    /// Tables by schema.
    pub(in crate::sql) schemas: BTreeMap<String, BTreeSet<String>>,
    /// The columns of the tables that the query names.
    pub(in crate::sql) columns: HashMap<(String, String), SchemaRef>,
}

impl Known {
    /// The table that a name means: its schema and its name.
    pub(in crate::sql) fn find(&self, name: &ObjectName) -> Option<(String, String)> {
        let parts: Vec<&Ident> = name.0.iter().map(ObjectNamePart::as_ident).collect::<Option<_>>()?;
        let (schema, table) = match parts.as_slice() {
            [table] => (None, table),
            [schema, table] | [_, schema, table] => (Some(schema), table),
            _ => return None,
        };
        let (schema, tables) = match schema {
            None => self.schemas.get_key_value(&self.default)?,
            Some(schema) => self.schemas.iter().find(|(known, _)| same(schema, known))?,
        };
        let exact = tables.get(&table.value);
        let table = exact.or_else(|| tables.iter().find(|known| same(table, known)))?;
        Some((schema.clone(), table.clone()))
    }
}

/// Whether an identifier means this name.
pub(super) fn same(ident: &Ident, name: &str) -> bool {
    match ident.quote_style {
        Some(_) => ident.value == name,
        None => ident.value.eq_ignore_ascii_case(name),
    }
}

/// A column that can be named.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) data_type: Option<DataType>,
}

/// The columns of a relation; `None` where they are not known.
pub(super) type Columns = Option<Vec<Column>>;

/// One thing in FROM.
#[derive(Debug, Clone)]
pub(super) struct Relation {
    pub(super) schema: Option<String>,
    pub(super) name: Option<String>,
    pub(super) columns: Columns,
}

/// What can be named at a place.
#[derive(Debug, Default)]
pub(super) struct Scope {
    pub(super) relations: Vec<Relation>,
    pub(super) aliases: Vec<Column>,
    /// Whether an alias comes before a column of the same name, as in ORDER BY.
    pub(super) aliases_first: bool,
    /// Whether the aliases are what a lambda calls the items of its list.
    pub(super) lambda: bool,
}

pub(super) fn pick<'c>(columns: &'c [Column], ident: &Ident) -> Option<&'c Column> {
    let exact = columns.iter().find(|c| c.name == ident.value);
    exact.or_else(|| columns.iter().find(|c| same(ident, &c.name)))
}

impl Scope {
    pub(super) fn column(&self, ident: &Ident) -> Option<&Column> {
        let in_relations =
            || self.relations.iter().filter_map(|r| r.columns.as_ref()).find_map(|c| pick(c, ident));
        let in_aliases = || pick(&self.aliases, ident);
        if self.aliases_first {
            in_aliases().or_else(in_relations)
        } else {
            in_relations().or_else(in_aliases)
        }
    }

    pub(super) fn relation(&self, ident: &Ident) -> Option<&Relation> {
        self.relations.iter().find(|r| r.name.as_deref().is_some_and(|name| same(ident, name)))
    }
}

/// The tables that can be asked and the WITH queries around a place.
pub(super) struct Around<'n> {
    pub(super) known: &'n Known,
    pub(super) with: Vec<Vec<(String, Columns)>>,
}

impl Around<'_> {
    pub(super) fn with_query(&self, name: &ObjectName) -> Option<&(String, Columns)> {
        let [part] = name.0.as_slice() else { return None };
        let ident = part.as_ident()?;
        self.with.iter().rev().find_map(|frame| frame.iter().rev().find(|(name, _)| same(ident, name)))
    }

    /// The columns of a query, as far as they can be told.
    fn outputs(&mut self, query: &Query) -> Columns {
        let frame = self.with_frame(query);
        self.with.push(frame);
        let columns = self.body_outputs(&query.body);
        self.with.pop();
        columns
    }

    pub(super) fn with_frame(&mut self, query: &Query) -> Vec<(String, Columns)> {
        let mut frame = Vec::new();
        for cte in query.with.iter().flat_map(|with| &with.cte_tables) {
            self.with.push(std::mem::take(&mut frame));
            let columns = self.outputs(&cte.query);
            frame = self.with.pop().unwrap_or_default();
            frame.push((cte.alias.name.value.clone(), renamed(columns, Some(&cte.alias))));
        }
        frame
    }

    pub(super) fn body_outputs(&mut self, body: &SetExpr) -> Columns {
        match body {
            SetExpr::Select(select) => self.select_outputs(select),
            SetExpr::Query(query) => self.outputs(query),
            SetExpr::SetOperation { left, .. } => self.body_outputs(left),
            _ => None,
        }
    }

    fn select_outputs(&mut self, select: &Select) -> Columns {
        let scope = Scope { relations: self.from(&select.from), ..Scope::default() };
        let mut columns = Vec::new();
        for item in &select.projection {
            match item {
                SelectItem::UnnamedExpr(expr) => columns.push(self.value(&scope, expr)),
                SelectItem::ExprWithAlias { expr, alias } => {
                    columns.push(Column { name: alias.value.clone(), ..self.value(&scope, expr) });
                }
                SelectItem::Wildcard(_) => {
                    for relation in &scope.relations {
                        columns.extend(relation.columns.clone()?);
                    }
                }
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                    let ident = name.0.last()?.as_ident()?;
                    columns.extend(scope.relation(ident)?.columns.clone()?);
                }
                _ => return None,
            }
        }
        Some(columns)
    }

    /// What a bare expression is called, and its type if it is a column.
    fn value(&self, scope: &Scope, expr: &Expr) -> Column {
        let none = Column { name: String::new(), data_type: None };
        match expr {
            Expr::Identifier(ident) => scope
                .column(ident)
                .cloned()
                .unwrap_or_else(|| Column { name: ident.value.clone(), data_type: None }),
            Expr::CompoundIdentifier(idents) => match idents.as_slice() {
                [table, column] => scope
                    .relation(table)
                    .and_then(|r| pick(r.columns.as_ref()?, column))
                    .cloned()
                    .unwrap_or(none),
                _ => none,
            },
            // `unnest(list)` makes a row of each item.
            Expr::Function(function) if function.name.to_string().eq_ignore_ascii_case("unnest") => {
                let ast::FunctionArguments::List(list) = &function.args else { return none };
                match list.args.as_slice() {
                    [ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(inner))] => {
                        match self.value(scope, inner).data_type {
                            Some(DataType::List(item)) => {
                                Column { data_type: Some(item.data_type().clone()), ..none }
                            }
                            _ => none,
                        }
                    }
                    _ => none,
                }
            }
            _ => none,
        }
    }

    pub(super) fn from(&mut self, from: &[TableWithJoins]) -> Vec<Relation> {
        let mut relations = Vec::new();
        for tables in from {
            let joined = tables.joins.iter().map(|j| &j.relation);
            for factor in std::iter::once(&tables.relation).chain(joined) {
                self.factor(factor, &mut relations);
            }
        }
        relations
    }

    fn factor(&mut self, factor: &TableFactor, into: &mut Vec<Relation>) {
        let open = |alias: &Option<TableAlias>| Relation {
            schema: None,
            name: alias.as_ref().map(|a| a.name.value.clone()),
            columns: renamed(None, alias.as_ref()),
        };
        match factor {
            TableFactor::Table { alias, args: Some(_), .. } => into.push(open(alias)),
            TableFactor::Table { name, alias, .. } => {
                let (schema, found, columns) = match (self.with_query(name), self.known.find(name)) {
                    (Some((found, columns)), _) => (None, Some(found.clone()), columns.clone()),
                    (None, Some(key)) => {
                        let columns = self.known.columns.get(&key).map(|schema| {
                            let column = |f: &std::sync::Arc<arrow::datatypes::Field>| Column {
                                name: f.name().clone(),
                                data_type: Some(f.data_type().clone()),
                            };
                            schema.fields().iter().map(column).collect()
                        });
                        (Some(key.0), Some(key.1), columns)
                    }
                    (None, None) => (None, None, None),
                };
                into.push(match alias {
                    Some(alias) => Relation {
                        schema: None,
                        name: Some(alias.name.value.clone()),
                        columns: renamed(columns, Some(alias)),
                    },
                    None => Relation { schema, name: found, columns },
                });
            }
            TableFactor::Derived { subquery, alias, .. } => {
                let columns = self.outputs(subquery);
                let name = alias.as_ref().map(|a| a.name.value.clone());
                into.push(Relation { schema: None, name, columns: renamed(columns, alias.as_ref()) });
            }
            TableFactor::NestedJoin { table_with_joins, alias: None } => {
                let inner = self.from(std::slice::from_ref(table_with_joins));
                into.extend(inner);
            }
            TableFactor::NestedJoin { alias, .. } | TableFactor::UNNEST { alias, .. } => {
                into.push(open(alias))
            }
            _ => into.push(open(&None)),
        }
    }
}

/// The columns under the names an alias gives them.
fn renamed(columns: Columns, alias: Option<&TableAlias>) -> Columns {
    let names = alias.map(|a| a.columns.as_slice()).unwrap_or_default();
    if names.is_empty() {
        return columns;
    }
    let mut columns = columns.unwrap_or_default();
    for (at, name) in names.iter().enumerate() {
        let name = name.name.value.clone();
        match columns.get_mut(at) {
            Some(column) => column.name = name,
            None => columns.push(Column { name, data_type: None }),
        }
    }
    Some(columns)
}

/// The fields of an object, or of the objects in a list.
pub(super) fn fields_of(data_type: &DataType) -> Option<&Fields> {
    match data_type {
        DataType::Struct(fields) => Some(fields),
        DataType::List(item) | DataType::LargeList(item) => fields_of(item.data_type()),
        _ => None,
    }
}
