//! Which columns of a result hold something sensitive, from the plan of the query.

use super::marks::{Mark, of_named};
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, DFSchemaRef, JoinType, ScalarValue};
use datafusion::logical_expr::utils::grouping_set_to_exprlist;
use datafusion::logical_expr::{Distinct, Expr, LogicalPlan};

/// The marks of the columns that a plan gives.
pub(super) fn marks(plan: &LogicalPlan) -> Vec<Mark> {
    Lineage { outer: Vec::new() }.of(plan)
}

struct Lineage {
    /// The queries around a subquery, whose columns it may name.
    outer: Vec<(DFSchemaRef, Vec<Mark>)>,
}

impl Lineage {
    fn of(&mut self, plan: &LogicalPlan) -> Vec<Mark> {
        let marks = self.known(plan);
        let wanted = plan.schema().fields().len();
        // A plan that is not understood hides its result.
        if marks.len() == wanted { marks } else { vec![Mark::Hidden; wanted] }
    }

    fn known(&mut self, plan: &LogicalPlan) -> Vec<Mark> {
        match plan {
            LogicalPlan::TableScan(scan) => {
                let names = scan.projected_schema.fields().iter();
                names.map(|f| of_named(scan.table_name.table(), f.name())).collect()
            }
            LogicalPlan::Projection(p) => self.made(&p.expr, &p.input),
            LogicalPlan::Filter(f) => self.of(&f.input),
            LogicalPlan::Sort(s) => self.of(&s.input),
            LogicalPlan::Limit(l) => self.of(&l.input),
            LogicalPlan::Repartition(r) => self.of(&r.input),
            LogicalPlan::SubqueryAlias(a) => self.of(&a.input),
            LogicalPlan::Subquery(s) => self.of(&s.subquery),
            LogicalPlan::Distinct(Distinct::All(input)) => self.of(input),
            LogicalPlan::Distinct(Distinct::On(on)) => self.made(&on.select_expr, &on.input),
            LogicalPlan::Window(w) => {
                let mut marks = self.of(&w.input);
                let made: Vec<Mark> =
                    w.window_expr.iter().map(|e| self.expr(e, w.input.schema(), &marks)).collect();
                marks.extend(made);
                marks
            }
            LogicalPlan::Aggregate(a) => {
                let Ok(groups) = grouping_set_to_exprlist(&a.group_expr) else { return Vec::new() };
                let input = self.of(&a.input);
                let schema = a.input.schema();
                let mut marks: Vec<Mark> = groups.iter().map(|e| self.expr(e, schema, &input)).collect();
                // Grouping sets add a column that says which set it is.
                if a.schema.fields().len() > groups.len() + a.aggr_expr.len() {
                    marks.push(Mark::Clear);
                }
                marks.extend(a.aggr_expr.iter().map(|e| self.expr(e, schema, &input)));
                marks
            }
            LogicalPlan::Join(j) => {
                let (left, right) = (self.of(&j.left), self.of(&j.right));
                match j.join_type {
                    JoinType::LeftSemi | JoinType::LeftAnti => left,
                    JoinType::RightSemi | JoinType::RightAnti => right,
                    JoinType::LeftMark => left.into_iter().chain([Mark::Clear]).collect(),
                    JoinType::RightMark => right.into_iter().chain([Mark::Clear]).collect(),
                    _ => left.into_iter().chain(right).collect(),
                }
            }
            LogicalPlan::Union(u) => {
                let parts: Vec<Vec<Mark>> = u.inputs.iter().map(|input| self.of(input)).collect();
                parts
                    .into_iter()
                    .reduce(|a, b| a.into_iter().zip(b).map(|(a, b)| a.or(b)).collect())
                    .unwrap_or_default()
            }
            LogicalPlan::Unnest(u) => {
                let input = self.of(&u.input);
                let whole = |at: &usize| input.get(*at).cloned().unwrap_or(Mark::Hidden);
                // Fields of an object come out under names of their own, so that they are not told apart.
                u.dependency_indices
                    .iter()
                    .map(|at| if u.struct_type_columns.contains(at) { whole(at).mixed() } else { whole(at) })
                    .collect()
            }
            LogicalPlan::EmptyRelation(_) | LogicalPlan::Values(_) | LogicalPlan::DescribeTable(_) => {
                vec![Mark::Clear; plan.schema().fields().len()]
            }
            LogicalPlan::Explain(_) | LogicalPlan::Analyze(_) => {
                vec![Mark::Clear; plan.schema().fields().len()]
            }
            other => {
                let sensitive = other.inputs().into_iter().any(|p| self.of(p).iter().any(|m| !m.is_clear()));
                let mark = if sensitive { Mark::Hidden } else { Mark::Clear };
                vec![mark; other.schema().fields().len()]
            }
        }
    }

    fn made(&mut self, exprs: &[Expr], input: &LogicalPlan) -> Vec<Mark> {
        let marks = self.of(input);
        exprs.iter().map(|e| self.expr(e, input.schema(), &marks)).collect()
    }

    fn expr(&mut self, expr: &Expr, schema: &DFSchemaRef, marks: &[Mark]) -> Mark {
        match expr {
            Expr::Alias(alias) => self.expr(&alias.expr, schema, marks),
            Expr::Column(column) => found(column, schema, marks).unwrap_or(Mark::Hidden),
            Expr::OuterReferenceColumn(_, column) => {
                let around = self.outer.iter().rev().find_map(|(schema, marks)| found(column, schema, marks));
                around.unwrap_or(Mark::Hidden)
            }
            Expr::Unnest(unnest) => self.expr(&unnest.expr, schema, marks),
            // Whether something is there is not what it is.
            Expr::IsNull(_) | Expr::IsNotNull(_) | Expr::Exists(_) | Expr::Literal(..) => Mark::Clear,
            Expr::AggregateFunction(f) if f.func.name() == "count" => Mark::Clear,
            Expr::ScalarSubquery(subquery) => {
                self.outer.push((schema.clone(), marks.to_vec()));
                let inner = self.of(&subquery.subquery);
                self.outer.pop();
                inner.into_iter().next().unwrap_or(Mark::Hidden)
            }
            Expr::ScalarFunction(f) => match (f.func.name(), f.args.split_first()) {
                ("get_field", Some((value, path))) => {
                    let value = self.expr(value, schema, marks);
                    path.iter().fold(value, |mark, step| match step {
                        Expr::Literal(step, _) => name(step).map_or(Mark::Hidden, |name| mark.inside(name)),
                        _ => mark.mixed(),
                    })
                }
                (
                    "array_element" | "array_slice" | "array_distinct" | "array_pop_back" | "array_pop_front",
                    Some((value, _)),
                ) => self.expr(value, schema, marks),
                ("array_length" | "cardinality" | "empty", Some(_)) => Mark::Clear,
                _ => self.mixed(expr, schema, marks),
            },
            _ => self.mixed(expr, schema, marks),
        }
    }

    /// The mark of what is computed of other values.
    fn mixed(&mut self, expr: &Expr, schema: &DFSchemaRef, marks: &[Mark]) -> Mark {
        let mut mark = Mark::Clear;
        // Nothing in here fails.
        let _ = expr.apply_children(|child| {
            mark = std::mem::replace(&mut mark, Mark::Clear).or(self.expr(child, schema, marks).mixed());
            Ok(if mark.is_clear() { TreeNodeRecursion::Continue } else { TreeNodeRecursion::Stop })
        });
        mark
    }
}

fn found(column: &Column, schema: &DFSchema, marks: &[Mark]) -> Option<Mark> {
    marks.get(schema.maybe_index_of_column(column)?).cloned()
}

fn name(step: &ScalarValue) -> Option<&str> {
    match step {
        ScalarValue::Utf8(name) | ScalarValue::LargeUtf8(name) | ScalarValue::Utf8View(name) => {
            name.as_deref()
        }
        _ => None,
    }
}
