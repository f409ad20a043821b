//! A live table in a physical plan.

use super::cost::{Calls, Meter, Need};
use super::parts;
use super::read::{self, Begun, Question};
use crate::Result;
use arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::{DataFusionError, Result as FusionResult};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::EquivalenceProperties;
use datafusion::physical_plan::execution_plan::{
    Boundedness, CardinalityEffect, EmissionType, SchedulingType,
};
use datafusion::physical_plan::stream::RecordBatchReceiverStream;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PhysicalExpr, PlanProperties,
    ReplaceChildrenOptions,
};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use totalcloud_api::operation::Answer;

/// Batches that wait for whoever reads them.
const WAITING: usize = 1;

/// Reads a live table.
pub struct LiveScan {
    question: Arc<Question>,
    limit: Option<usize>,
    properties: Arc<PlanProperties>,
    /// What was begun before the plan ran, and what it said of the calls.
    begun: Arc<Mutex<(Option<Begun>, Option<Calls>)>>,
}

impl LiveScan {
    pub(super) fn new(question: Question, limit: Option<usize>) -> LiveScan {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(Arc::clone(&question.schema)),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Incremental,
            Boundedness::Bounded,
        )
        // It waits for a channel, which takes its turns.
        .with_scheduling_type(SchedulingType::Cooperative);
        let (question, properties) = (Arc::new(question), Arc::new(properties));
        LiveScan { question, limit, properties, begun: Arc::default() }
    }

    pub(super) fn meter(&self) -> &Arc<Meter> {
        &self.question.meter
    }

    fn rows(&self) -> Option<u64> {
        self.limit.map(|limit| limit as u64)
    }

    /// Begins the scan, if it is not begun, and says what it needs.
    ///
    /// # Errors
    /// If the service cannot be asked.
    pub(super) async fn prepare(&self) -> Result<Need> {
        let held = |begun: &Mutex<(Option<Begun>, Option<Calls>)>| {
            let state = begun.lock().unwrap_or_else(PoisonError::into_inner);
            state.0.as_ref().map(Begun::need)
        };
        if let Some(need) = held(&self.begun) {
            return Ok(need);
        }
        let begun = read::begin(&self.question, self.rows()).await?;
        let need = begun.need();
        let mut state = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        *state = (Some(begun), Some(need.1));
        Ok(need)
    }

    fn take(&self) -> Option<Begun> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner).0.take()
    }

    /// The calls, as far as they are known without making one.
    fn calls(&self) -> Calls {
        if let Some(calls) = self.begun.lock().unwrap_or_else(PoisonError::into_inner).1 {
            return calls;
        }
        if self.limit == Some(0) {
            return Calls::exactly(0);
        }
        let known = self.question.wanted.known(self.question.table).ok().flatten();
        let parts = known.map(|parts| parts.len() as u64);
        match parts {
            Some(0) => Calls::exactly(0),
            Some(parts) if self.question.counts() && self.question.conditions.is_empty() => {
                Calls::exactly(parts)
            }
            Some(parts) if self.limit.is_none() => Calls { least: parts, most: None, about: false },
            _ => Calls { least: 1, most: None, about: false },
        }
    }

    /// What is said of the scan: names and values.
    fn said(&self) -> Vec<(&'static str, String)> {
        let question = &self.question;
        let operation = parts::operation(question.table);
        let mut said = vec![("table", format!("live.{}", question.table.name))];
        let of = question.table.of.map(|of| format!(" {}", of.key())).unwrap_or_default();
        said.push(("operation", format!("{}{of}", operation.id)));
        if !parts::tags(question.table).is_empty() && question.table.of.is_none() {
            let parts = match question.wanted.known(question.table) {
                Ok(Some(parts)) if parts.len() <= 3 => {
                    parts.iter().map(parts::Part::words).collect::<Vec<_>>().join("; ")
                }
                Ok(Some(parts)) => format!("{}", parts.len()),
                _ => "each account".to_owned(),
            };
            said.push(("of", parts));
        }
        let filter = read::filter(&question.conditions);
        said.push(("filter", if filter.is_all() { "none".to_owned() } else { filter.to_string() }));
        if question.predicate.is_some() {
            said.push(("tested here", question.tested.clone()));
        }
        let names: Vec<&str> = question.schema.fields().iter().map(|f| f.name().as_str()).collect();
        let columns = match names.len() {
            0 if question.counts() => "none, the service's count is taken".to_owned(),
            _ => format!("[{}]", names.join(", ")),
        };
        said.push(("columns", columns));
        said.extend(self.limit.map(|limit| ("limit", limit.to_string())));
        if operation.answer != Answer::Page {
            said.push(("total", "not told by the service".to_owned()));
        }
        said.push(("calls", self.calls().to_string()));
        said
    }
}

impl fmt::Debug for LiveScan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveScan")
            .field("table", &self.question.table.name)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

impl DisplayAs for LiveScan {
    fn fmt_as(&self, form: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = self.said();
        if form == DisplayFormatType::TreeRender {
            return said.iter().try_for_each(|(name, value)| writeln!(f, "{name}={value}"));
        }
        f.write_str("LiveScan: ")?;
        for (i, (name, value)) in said.iter().enumerate() {
            let comma = if i > 0 { ", " } else { "" };
            match *name {
                "table" => write!(f, "{comma}{value}")?,
                "calls" => write!(f, "{comma}calls: {value}")?,
                _ => write!(f, "{comma}{name}={value}")?,
            }
        }
        Ok(())
    }
}

impl ExecutionPlan for LiveScan {
    fn name(&self) -> &str {
        "LiveScan"
    }

    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.question.schema)
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn replace_children(
        self: Arc<Self>,
        _children: Vec<Arc<dyn ExecutionPlan>>,
        _options: ReplaceChildrenOptions,
    ) -> FusionResult<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn with_new_children(
        self: Arc<Self>,
        _children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> FusionResult<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> FusionResult<TreeNodeRecursion>,
    ) -> FusionResult<TreeNodeRecursion> {
        match &self.question.predicate {
            Some(predicate) => f(predicate),
            None => Ok(TreeNodeRecursion::Continue),
        }
    }

    fn execute(
        &self,
        _partition: usize,
        _context: Arc<TaskContext>,
    ) -> FusionResult<SendableRecordBatchStream> {
        let mut stream = RecordBatchReceiverStream::builder(self.schema(), WAITING);
        let (question, begun, limit, to) =
            (Arc::clone(&self.question), self.take(), self.rows(), stream.tx());
        // The task ends with the stream.
        stream.spawn(async move {
            read::run(&question, begun, limit, to).await.map_err(|e| DataFusionError::External(Box::new(e)))
        });
        Ok(stream.build())
    }

    fn supports_limit_pushdown(&self) -> bool {
        false
    }

    fn with_fetch(&self, limit: Option<usize>) -> Option<Arc<dyn ExecutionPlan>> {
        let limit = [self.limit, limit].into_iter().flatten().min();
        Some(Arc::new(LiveScan {
            question: Arc::clone(&self.question),
            limit,
            properties: Arc::clone(&self.properties),
            begun: Arc::default(),
        }))
    }

    fn fetch(&self) -> Option<usize> {
        self.limit
    }

    fn cardinality_effect(&self) -> CardinalityEffect {
        CardinalityEffect::Unknown
    }
}
