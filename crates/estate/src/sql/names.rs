//! Names in any letter case: the known spelling is put in for every name of a table, a column or a field that
//! stands without quotes, so that `resourceid` is `resourceId` while the service's spelling stays what is shown.
//!
//! The engine compares names as they are spelled. So the parsed query is walked with what can be named at each
//! place.

mod scope;

pub(super) use scope::Known;

use self::scope::{Around, Column, Relation, Scope, fields_of, pick, same};
use super::error::{Result, SqlError};
use super::missing;
use super::text::Text;
use arrow::datatypes::{DataType, Fields};
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{
    self, AccessExpr, Expr, Ident, ObjectName, ObjectNamePart, Query, Select, SelectItem,
    SelectItemQualifiedWildcardKind, SetExpr, TableFactor, VisitMut, VisitorMut,
};
use std::collections::{BTreeSet, HashMap};
use std::ops::ControlFlow;

/// Enough for the longest expression that is taken, whatever the build.
const STACK: usize = 32 << 20;

/// Puts in a spelling, for good: what is marked as quoted is not looked at again.
fn spell(ident: &mut Ident, name: &str) {
    name.clone_into(&mut ident.value);
    ident.quote_style = Some('"');
}

/// The relations that a query names, which are no WITH queries of it.
pub(super) fn relations(statement: &mut Statement) -> Vec<ObjectName> {
    struct Collect(Vec<ObjectName>);
    impl VisitorMut for Collect {
        type Break = ();
        fn pre_visit_relation(&mut self, name: &mut ObjectName) -> ControlFlow<()> {
            self.0.push(name.clone());
            ControlFlow::Continue(())
        }
    }
    let mut collect = Collect(Vec::new());
    if let Some(query) = query_of(statement) {
        let _ = walk(query, &mut collect);
    }
    collect.0
}

/// Walks a query. Long expressions are deep trees, for which the stack of a thread may be too small.
fn walk<V: VisitorMut>(query: &mut ast::Statement, visitor: &mut V) -> ControlFlow<V::Break> {
    stacker::grow(STACK, || query.visit(visitor))
}

/// The names that WITH defines anywhere in a query.
pub(super) fn with_queries(statement: &mut Statement) -> Vec<String> {
    struct Collect(Vec<String>);
    impl VisitorMut for Collect {
        type Break = ();
        fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
            let defined = query.with.iter().flat_map(|with| &with.cte_tables);
            self.0.extend(defined.map(|cte| cte.alias.name.value.clone()));
            ControlFlow::Continue(())
        }
    }
    let mut collect = Collect(Vec::new());
    if let Some(query) = query_of(statement) {
        let _ = walk(query, &mut collect);
    }
    collect.0
}

fn query_of(statement: &mut Statement) -> Option<&mut ast::Statement> {
    match statement {
        Statement::Statement(inner) => Some(inner),
        Statement::Explain(explain) => query_of(&mut explain.statement),
        _ => None,
    }
}

/// Puts the known spellings in.
///
/// # Errors
/// If a table is not known, or the query is one that would write.
pub(super) fn put_in(statement: &mut Statement, known: &Known, text: &Text<'_>) -> Result<()> {
    let mut nested = HashMap::new();
    for schema in known.columns.values() {
        collect_nested(schema.fields(), &mut nested);
    }
    let Some(query) = query_of(statement) else { return Ok(()) };
    let around = Around { known, with: Vec::new() };
    let mut names = Names { around, text, nested, scopes: Vec::new() };
    match walk(query, &mut names) {
        ControlFlow::Break(e) => Err(*e),
        ControlFlow::Continue(()) => Ok(()),
    }
}

fn collect_nested(fields: &Fields, into: &mut HashMap<String, BTreeSet<String>>) {
    for field in fields {
        if let Some(fields) = fields_of(field.data_type()) {
            for field in fields {
                into.entry(field.name().to_ascii_lowercase()).or_default().insert(field.name().clone());
            }
            collect_nested(fields, into);
        }
    }
}

struct Names<'n> {
    around: Around<'n>,
    text: &'n Text<'n>,
    /// The spellings of fields inside columns, by lower case.
    nested: HashMap<String, BTreeSet<String>>,
    scopes: Vec<Scope>,
}

impl Names<'_> {
    fn one(&self, ident: &mut Ident) {
        if ident.quote_style.is_some() {
            return;
        }
        if let Some(column) = self.scopes.iter().rev().find_map(|scope| scope.column(ident)) {
            let name = column.name.clone();
            spell(ident, &name);
        }
    }

    /// `table.column.field…`, `schema.table.column.field…` or `column.field…`.
    fn several(&self, idents: &mut [Ident]) {
        let Some((first, rest)) = idents.split_first_mut() else { return };
        let relation = self.scopes.iter().rev().find_map(|scope| {
            // A schema in front of the table comes before a table of the schema's name.
            let with_schema = rest.first().filter(|_| rest.len() > 1).and_then(|table| {
                let schema_is = |r: &&Relation| r.schema.as_deref().is_some_and(|s| same(first, s));
                scope
                    .relations
                    .iter()
                    .filter(schema_is)
                    .find(|r| r.name.as_deref().is_some_and(|n| same(table, n)))
            });
            with_schema.map(|r| (r, true)).or_else(|| scope.relation(first).map(|r| (r, false)))
        });
        let (fields, mut data_type) = match relation {
            Some((relation, with_schema)) => {
                let mut rest = rest;
                if with_schema {
                    if let Some(schema) = &relation.schema {
                        spell(first, schema);
                    }
                    let Some((table, more)) = rest.split_first_mut() else { return };
                    if let Some(name) = &relation.name {
                        spell(table, name);
                    }
                    rest = more;
                } else if let Some(name) = &relation.name {
                    spell(first, name);
                }
                let Some((column, fields)) = rest.split_first_mut() else { return };
                let found = relation.columns.as_ref().and_then(|columns| pick(columns, column)).cloned();
                if let Some(found) = &found {
                    spell(column, &found.name);
                }
                (fields, found.and_then(|c| c.data_type))
            }
            None => {
                let found = self.scopes.iter().rev().find_map(|scope| scope.column(first)).cloned();
                if let Some(found) = &found {
                    spell(first, &found.name);
                }
                (rest, found.and_then(|c| c.data_type))
            }
        };
        for field in fields {
            data_type = self.field(field, data_type.as_ref());
        }
    }

    /// A field inside a column, and its type.
    fn field(&self, ident: &mut Ident, of: Option<&DataType>) -> Option<DataType> {
        match of.and_then(fields_of) {
            Some(fields) => {
                let exact = fields.iter().find(|f| f.name() == &ident.value);
                let found = exact.or_else(|| fields.iter().find(|f| same(ident, f.name())))?;
                spell(ident, found.name());
                Some(found.data_type().clone())
            }
            None => {
                let known = self.nested.get(&ident.value.to_ascii_lowercase());
                if let (None, Some(known)) = (ident.quote_style, known)
                    && known.len() == 1
                    && let Some(name) = known.first()
                {
                    spell(ident, name);
                }
                None
            }
        }
    }

    fn refused(&self, what: &str) -> ControlFlow<Box<SqlError>> {
        ControlFlow::Break(Box::new(super::text::refused(what, self.text, self.text.find(what))))
    }

    fn table(&self, name: &mut ObjectName) -> ControlFlow<Box<SqlError>> {
        if let Some((found, _)) = self.around.with_query(name) {
            let found = found.clone();
            if let Some(ObjectNamePart::Identifier(ident)) = name.0.first_mut() {
                spell(ident, &found);
            }
            return ControlFlow::Continue(());
        }
        match self.around.known.find(name) {
            Some((schema, table)) => {
                // Without the name of the catalog in front, of which there is one.
                if name.0.len() == 3 {
                    name.0.remove(0);
                }
                let spellings = [schema, table];
                let skipped = 2 - name.0.len().min(2);
                for (part, spelling) in name.0.iter_mut().zip(spellings.iter().skip(skipped)) {
                    if let ObjectNamePart::Identifier(ident) = part {
                        spell(ident, spelling);
                    }
                }
                ControlFlow::Continue(())
            }
            None => {
                let with: Vec<&str> =
                    self.around.with.iter().flatten().map(|(name, _)| name.as_str()).collect();
                ControlFlow::Break(Box::new(missing::table(name, self.around.known, &with, self.text)))
            }
        }
    }
}

impl VisitorMut for Names<'_> {
    type Break = Box<SqlError>;

    fn pre_visit_statement(&mut self, statement: &mut ast::Statement) -> ControlFlow<Self::Break> {
        match statement {
            ast::Statement::Query(_) => ControlFlow::Continue(()),
            other => {
                let name = other.to_string();
                self.refused(name.split_whitespace().next().unwrap_or("this"))
            }
        }
    }

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<Self::Break> {
        if !query.locks.is_empty() {
            return self.refused("FOR");
        }
        let frame = self.around.with_frame(query);
        self.around.with.push(frame);
        // For ORDER BY, which sees the columns of the result and those of the tables.
        let mut scope = Scope { aliases_first: true, ..Scope::default() };
        if let SetExpr::Select(select) = query.body.as_ref() {
            scope.relations = self.around.from(&select.from);
        }
        scope.aliases = self.around.body_outputs(&query.body).unwrap_or_default();
        self.scopes.push(scope);
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<Self::Break> {
        self.around.with.pop();
        self.scopes.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<Self::Break> {
        if select.into.is_some() {
            return self.refused("INTO");
        }
        let aliases = select.projection.iter().filter_map(|item| match item {
            SelectItem::ExprWithAlias { alias, .. } => {
                Some(Column { name: alias.value.clone(), data_type: None })
            }
            _ => None,
        });
        let aliases = aliases.collect();
        let scope = Scope { relations: self.around.from(&select.from), aliases, ..Scope::default() };
        self.scopes.push(scope);
        for window in &mut select.named_window {
            window.0.value.make_ascii_lowercase();
        }
        for item in &mut select.projection {
            self.wildcard(item);
        }
        for tables in &mut select.from {
            for join in &mut tables.joins {
                for name in using(&mut join.join_operator) {
                    if let [ObjectNamePart::Identifier(ident)] = name.0.as_mut_slice() {
                        self.one(ident);
                    }
                }
            }
        }
        ControlFlow::Continue(())
    }

    fn post_visit_select(&mut self, _: &mut Select) -> ControlFlow<Self::Break> {
        self.scopes.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<Self::Break> {
        match factor {
            TableFactor::Table { name, args: None, .. } => self.table(name),
            TableFactor::Table { name, args: Some(_), .. } => {
                if let [ObjectNamePart::Identifier(ident)] = name.0.as_mut_slice() {
                    ident.value.make_ascii_lowercase();
                    return ControlFlow::Continue(());
                }
                let e = SqlError::input(format!("there is no table function '{name}'"));
                ControlFlow::Break(Box::new(e))
            }
            _ => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        match expr {
            Expr::Identifier(ident) => self.one(ident),
            Expr::CompoundIdentifier(idents) => match self.of_lambda(idents) {
                Some(access) => *expr = access,
                None => self.several(idents),
            },
            Expr::CompoundFieldAccess { root, access_chain } => {
                let mut data_type = match root.as_ref() {
                    Expr::Identifier(ident) => self
                        .scopes
                        .iter()
                        .rev()
                        .find_map(|scope| scope.column(ident))
                        .and_then(|c| c.data_type.clone()),
                    Expr::CompoundIdentifier(idents) => match idents.as_slice() {
                        [table, column] => self.scopes.iter().rev().find_map(|scope| {
                            pick(scope.relation(table)?.columns.as_ref()?, column)?.data_type.clone()
                        }),
                        _ => None,
                    },
                    _ => None,
                };
                for access in access_chain {
                    match access {
                        AccessExpr::Dot(Expr::Identifier(ident)) => {
                            data_type = self.field(ident, data_type.as_ref());
                            *access = by_name(ident);
                        }
                        AccessExpr::Dot(_) => data_type = None,
                        AccessExpr::Subscript(_) => {}
                    }
                }
            }
            Expr::Function(function) => {
                if let Some(ast::WindowType::NamedWindow(name)) = &mut function.over {
                    name.value.make_ascii_lowercase();
                }
            }
            Expr::QualifiedWildcard(name, _) => self.qualifier(name),
            Expr::Lambda(lambda) => {
                let mut scope = Scope { lambda: true, ..Scope::default() };
                scope.aliases.extend(params(lambda).map(|name| Column { name, data_type: None }));
                self.scopes.push(scope);
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        if matches!(expr, Expr::Lambda(_)) {
            self.scopes.pop();
        }
        ControlFlow::Continue(())
    }
}

impl Names<'_> {
    /// A field of what a lambda is given: the engine knows `x['field']` there, and not `x.field`.
    fn of_lambda(&self, idents: &[Ident]) -> Option<Expr> {
        let (first, fields) = idents.split_first()?;
        let param =
            self.scopes.iter().rev().take_while(|s| s.lambda).find_map(|s| pick(&s.aliases, first))?;
        let mut root = first.clone();
        spell(&mut root, &param.name);
        let access = fields.iter().map(|field| {
            let mut field = field.clone();
            self.field(&mut field, None);
            by_name(&field)
        });
        Some(Expr::CompoundFieldAccess {
            access_chain: access.collect(),
            root: Box::new(Expr::Identifier(root)),
        })
    }

    /// The name of a table in front of `.*`.
    fn qualifier(&self, name: &mut ObjectName) {
        let mut idents: Vec<Ident> = name.0.iter().filter_map(|p| p.as_ident().cloned()).collect();
        if idents.len() != name.0.len() {
            return;
        }
        idents.push(Ident::new("*"));
        self.several(&mut idents);
        idents.pop();
        name.0 = idents.into_iter().map(ObjectNamePart::Identifier).collect();
    }

    fn wildcard(&self, item: &mut SelectItem) {
        let options = match item {
            SelectItem::Wildcard(options) => options,
            SelectItem::QualifiedWildcard(kind, options) => {
                if let SelectItemQualifiedWildcardKind::ObjectName(name) = kind {
                    self.qualifier(name);
                }
                options
            }
            _ => return,
        };
        let mut left_out: Vec<&mut Ident> = Vec::new();
        match &mut options.opt_exclude {
            Some(ast::ExcludeSelectItem::Single(name)) => left_out.extend(idents(name)),
            Some(ast::ExcludeSelectItem::Multiple(names)) => {
                left_out.extend(names.iter_mut().flat_map(idents))
            }
            None => {}
        }
        if let Some(except) = &mut options.opt_except {
            left_out.push(&mut except.first_element);
            left_out.extend(&mut except.additional_elements);
        }
        match &mut options.opt_rename {
            Some(ast::RenameSelectItem::Single(one)) => left_out.push(&mut one.ident),
            Some(ast::RenameSelectItem::Multiple(all)) => {
                left_out.extend(all.iter_mut().map(|i| &mut i.ident))
            }
            None => {}
        }
        if let Some(replace) = &mut options.opt_replace {
            left_out.extend(replace.items.iter_mut().map(|i| &mut i.column_name));
        }
        for ident in left_out {
            self.one(ident);
        }
    }
}

/// `['field']`, which the engine takes everywhere, for `.field`.
fn by_name(field: &Ident) -> AccessExpr {
    let name = ast::Value::SingleQuotedString(field.value.clone()).with_span(field.span);
    AccessExpr::Subscript(ast::Subscript::Index { index: Expr::Value(name) })
}

fn idents(name: &mut ObjectName) -> impl Iterator<Item = &mut Ident> {
    name.0.iter_mut().filter_map(|part| match part {
        ObjectNamePart::Identifier(ident) => Some(ident),
        _ => None,
    })
}

fn params(lambda: &ast::LambdaFunction) -> impl Iterator<Item = String> + '_ {
    lambda.params.iter().map(|p| p.name.value.clone())
}

/// The columns that a join compares by name.
fn using(join: &mut ast::JoinOperator) -> &mut [ObjectName] {
    use ast::JoinOperator as J;
    let constraint = match join {
        J::Join(c)
        | J::Inner(c)
        | J::Left(c)
        | J::LeftOuter(c)
        | J::Right(c)
        | J::RightOuter(c)
        | J::FullOuter(c)
        | J::CrossJoin(c)
        | J::Semi(c)
        | J::LeftSemi(c)
        | J::RightSemi(c)
        | J::Anti(c)
        | J::LeftAnti(c)
        | J::RightAnti(c)
        | J::StraightJoin(c) => c,
        _ => return &mut [],
    };
    match constraint {
        ast::JoinConstraint::Using(names) => names,
        _ => &mut [],
    }
}
