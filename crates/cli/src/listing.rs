//! The way of every listing: parts (one query each) become pages, pages become rows, rows go out.

use crate::args::{ListArgs, OutputArgs, Pages};
use crate::check;
use crate::context::{Context, Stop};
use crate::error::CliError;
use crate::filter;
use crate::progress::Progress;
use crate::rows::{Fields, Rows};
use crate::session::Session;
use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::stream::{Peekable, Stream, StreamExt};
use serde_json::Value;
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use totalcloud::{ErrorKind, Exit, PageOptions, PageStream};
use totalcloud_api::operation::{Args, ParamKind};
use totalcloud_api::{Operation, ResourceType};

/// One query of a listing.
#[derive(Debug, Clone)]
pub struct Part {
    /// The operation.
    pub operation: &'static Operation,
    /// Its arguments, pages aside.
    pub args: Args,
    /// What messages call it, such as `aws/EC2_INSTANCE`.
    pub label: String,
    /// What the rows belong to and do not say themselves, put in front of each.
    pub lead: Vec<(&'static str, String)>,
    /// Only rows with one of these values in these fields, for what the service cannot filter.
    pub only: Vec<(&'static str, String)>,
    /// What to say of its filter before it is sent.
    pub said: Vec<String>,
    /// What to say if it has no rows.
    pub if_empty: Option<&'static str>,
    /// How many rows the service returns at most without saying that there are more, and who returns all.
    pub cut_at: Option<(u64, &'static str)>,
    /// Whether the rows are of the model of this type of the registry; else they are of the operation's.
    pub listed: Option<&'static ResourceType>,
    /// What to say if the service refuses it, where that is no failure of the listing.
    pub if_refused: Option<&'static str>,
    /// What is done to each row before it goes out.
    pub beside: Option<Beside>,
}

/// Puts what is known from elsewhere beside a row.
#[derive(Clone)]
pub struct Beside(pub Arc<dyn Fn(Bytes) -> Bytes + Send + Sync>);

impl std::fmt::Debug for Beside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Beside")
    }
}

impl Part {
    /// A query of an operation with what the listing flags ask for.
    ///
    /// # Errors
    /// If a flag was given that the operation has no use for.
    pub fn new(
        operation: &'static Operation,
        list: &ListArgs,
        label: impl Into<String>,
    ) -> Result<Part, CliError> {
        let mut args = Args::new();
        let mut said = Vec::new();
        let query = filter::parameter(operation).unwrap_or("filter");
        for (flag, wire, value) in [
            ("filter", query, &list.filter),
            ("sort", if operation.param("sortBy").is_some() { "sortBy" } else { "sort" }, &list.sort),
            ("updated", "updated", &list.updated),
        ] {
            let Some(text) = value else { continue };
            // Some take the field and the order apart.
            if flag == "sort" && operation.param("sortField").is_some() {
                continue;
            }
            if operation.param(wire).is_none() {
                return Err(CliError::usage(format!("--{flag} is nothing that {} takes", operation.id))
                    .hint(takes(operation)));
            }
            let sent = filter::sent(operation, wire, text, filter::Care::of(list));
            said.extend(sent.said);
            args.insert(wire.to_owned(), Value::String(sent.text));
        }
        if let Some(text) = &list.sort
            && operation.param("sortField").is_some()
        {
            let (field, order) = text.rsplit_once(':').unwrap_or((text, "asc"));
            args.insert("sortField".to_owned(), field.into());
            args.insert("sortOrder".to_owned(), order.to_ascii_lowercase().into());
        }
        if let Some(condition) = &list.narrowed {
            let typed = args.get(query).and_then(Value::as_str);
            let both = filter::and(typed, condition);
            args.insert(query.to_owned(), Value::String(both));
        }
        if operation.paging.is_none() {
            for (flag, given) in [
                ("start-page", list.start_page.is_some()),
                ("page-size", list.page_size.is_some()),
                ("pages", list.pages.is_some_and(|p| p != Pages::All)),
            ] {
                if given {
                    return Err(CliError::usage(format!("--{flag}: {} has no pages", operation.id)));
                }
            }
        }
        Ok(Part {
            operation,
            args,
            label: label.into(),
            lead: Vec::new(),
            only: Vec::new(),
            said,
            if_empty: None,
            cut_at: None,
            listed: None,
            if_refused: None,
            beside: None,
        })
    }

    /// Adds an argument.
    #[must_use]
    pub fn with(mut self, wire: &str, value: impl Into<Value>) -> Part {
        self.args.insert(wire.to_owned(), value.into());
        self
    }

    /// Puts a field in front of each row.
    #[must_use]
    pub fn lead(mut self, field: &'static str, value: impl Into<String>) -> Part {
        self.lead.push((field, value.into()));
        self
    }

    fn row(&self, row: &Bytes) -> Option<Bytes> {
        if !self.only.is_empty() {
            // A row that does not say is kept: leaving it out would lose it without a word.
            let value: Value = serde_json::from_slice(row).unwrap_or_default();
            let says = |(field, wanted): &(&str, String)| {
                value
                    .get(field)
                    .and_then(Value::as_str)
                    .is_none_or(|found| found.eq_ignore_ascii_case(wanted))
            };
            if !self.only.iter().any(says) {
                return None;
            }
        }
        let row = match &self.beside {
            Some(Beside(beside)) => &beside(row.clone()),
            None => row,
        };
        if self.lead.is_empty() || row.first() != Some(&b'{') {
            return Some(row.clone());
        }
        let mut out = Vec::with_capacity(row.len() + 80);
        for (field, value) in &self.lead {
            out.push(if out.is_empty() { b'{' } else { b',' });
            out.extend_from_slice(Value::from(*field).to_string().as_bytes());
            out.push(b':');
            out.extend_from_slice(Value::from(value.as_str()).to_string().as_bytes());
        }
        let rest = row[1..].trim_ascii_start();
        if rest.first() != Some(&b'}') {
            out.push(b',');
        }
        out.extend_from_slice(rest);
        Some(out.into())
    }
}

fn takes(operation: &Operation) -> String {
    let flags: Vec<&str> = operation
        .params
        .iter()
        .filter_map(|p| match p.name {
            _ if p.kind == ParamKind::Qql => Some("--filter"),
            "sort" | "sortBy" | "sortField" => Some("--sort"),
            "updated" => Some("--updated"),
            _ => None,
        })
        .collect();
    if flags.is_empty() {
        "it cannot be narrowed".to_owned()
    } else {
        format!("it takes {}", flags.join(", "))
    }
}

/// What the listing flags say about pages.
pub fn page_options(list: &ListArgs, left: Option<u64>) -> PageOptions {
    let mut options = PageOptions::default();
    options.start_page = list.start_page.map(u64::from);
    options.page_size = list.page_size;
    options.pages = match list.pages {
        Some(Pages::Count(n)) => totalcloud::Pages::Count(n.into()),
        Some(Pages::All) | None => totalcloud::Pages::All,
    };
    options.limit = left;
    options
}

/// Runs a listing from settings to the last row. `parts` gets the session, for parts that are found by calls.
///
/// # Errors
/// See [`Listing::run`].
pub fn run<S: Stream<Item = Result<Part, CliError>>>(
    context: &Context,
    list: &ListArgs,
    output: &OutputArgs,
    fields: Fields,
    lead: &[&str],
    name: &str,
    parts: impl FnOnce(Arc<Session>) -> S,
) -> Result<(), CliError> {
    // A format or a column that cannot be had is refused before any call, and before any question.
    let rows = Rows::open(&context.printer, output, &fields, lead, name)?.limited(list.limit);
    let (session, progress) = context.session()?;
    let session = Arc::new(session);
    let parts = parts(Arc::clone(&session));
    let listing = Listing { session: &session, progress: &progress, list };
    context.block_on_until(|stop| listing.run(parts, rows, stop))?;
    Ok(())
}

/// A listing as a whole.
pub struct Listing<'a> {
    /// Who makes the calls.
    pub session: &'a Session,
    /// What is shown meanwhile.
    pub progress: &'a Progress,
    /// How it is read.
    pub list: &'a ListArgs,
}

type Open = (Part, Pin<Box<Peekable<PageStream>>>);

impl Listing<'_> {
    /// Reads all parts and writes their rows; the number of rows comes back. What came is delivered even if a
    /// part fails: then the output is brought to a proper end, and the error says how far it got.
    ///
    /// # Errors
    /// The error that ended it, or that rows are missing.
    pub async fn run(
        &self,
        parts: impl Stream<Item = Result<Part, CliError>>,
        mut rows: Rows,
        mut stop: Stop,
    ) -> Result<u64, CliError> {
        let mut troubles = Troubles::default();
        let read = tokio::select! {
            biased;
            read = self.read(parts, &mut rows, &mut troubles) => read,
            () = stop.asked() => Err(CliError::interrupted()),
        };
        self.progress.end();
        match read {
            Ok(()) => {
                let count = rows.finish()?;
                troubles.verdict().map_or(Ok(count), Err)
            }
            // Nobody reads any more, so there is nothing to bring to an end.
            Err(e) if e.silent => Err(e),
            Err(e) => {
                let count = rows.count;
                let place = rows.abort()?;
                Err(how_far(e, count, place.as_deref()))
            }
        }
    }

    async fn read(
        &self,
        parts: impl Stream<Item = Result<Part, CliError>>,
        rows: &mut Rows,
        troubles: &mut Troubles,
    ) -> Result<(), CliError> {
        let mut parts = std::pin::pin!(parts.fuse());
        let mut open: VecDeque<Open> = VecDeque::new();
        // The first pages of the next parts are fetched while this one is read. With a limit nothing is
        // fetched that may not be needed.
        let ahead = if self.list.limit.is_some() { 1 } else { self.session.concurrency.max(1) };
        loop {
            while open.len() < ahead && !parts.is_done() {
                if let Some(part) = parts.next().await {
                    let part = part?;
                    part.said.iter().for_each(|said| rows.printer().warn_once(said));
                    open.push_back(self.open(part, rows.count)?);
                }
            }
            let Some((part, pages)) = open.pop_front() else { return Ok(()) };
            self.progress.doing(&part.label);
            match read_part(&part, pages, rows).await? {
                Ok(()) => troubles.fine += 1,
                Err(e) if e.kind() == ErrorKind::Refused && part.if_refused.is_some() => {
                    let why = part.if_refused.unwrap_or_default();
                    rows.printer().note(&format!("{}: {}; {why}", part.label, e.message()));
                }
                Err(e) => troubles.take(&part, e)?,
            }
            if self.list.limit.is_some_and(|limit| rows.count >= limit) {
                return Ok(());
            }
        }
    }

    fn open(&self, part: Part, rows: u64) -> Result<Open, CliError> {
        let request = self.session.request(part.operation, &part.args)?;
        // Rows that are left out here must not use up what was asked for.
        let left = self.list.limit.filter(|_| part.only.is_empty()).map(|limit| limit.saturating_sub(rows));
        let options = page_options(self.list, left).inventory_api(self.session.inventory_api());
        let pages = self.session.client.pages(request, options)?;
        let mut pages = Box::pin(pages.peekable());
        // Starts the first call; its answer is waited for when its turn comes.
        let _ = pages.as_mut().peek().now_or_never();
        Ok((part, pages))
    }
}

/// Reads a part to its end. The outer error is one of the output, the inner one of the service.
async fn read_part(
    part: &Part,
    mut pages: Pin<Box<Peekable<PageStream>>>,
    rows: &mut Rows,
) -> Result<Result<(), totalcloud::Error>, CliError> {
    let check = check::of(part);
    let mut came = 0;
    while let Some(page) = pages.next().await {
        let page = match page {
            Ok(page) => page,
            Err(e) => return Ok(Err(e)),
        };
        for row in &page.rows {
            came += 1;
            if rows.is_full() {
                return Ok(Ok(()));
            }
            if let Some(out) = part.row(row) {
                rows.push(&out, |at| check(row, at))?;
            }
        }
        rows.flush()?;
    }
    let parts = pages.get_ref().report().parts;
    if parts > 1 && (part.args.contains_key("sort") || part.args.contains_key("sortBy")) {
        rows.printer().warn(&format!(
            "{}: it takes {parts} queries to read it whole, and rows are sorted within each of them alone",
            part.label
        ));
    }
    match (part.if_empty, part.cut_at) {
        (Some(why), _) if came == 0 => rows.printer().note(&format!("{}: {why}", part.label)),
        (_, Some((most, all))) if came == most => rows.printer().warn(&format!(
            "{}: {most} rows came, which is the most that the service returns here; {all}",
            part.label
        )),
        _ => {}
    }
    Ok(Ok(()))
}

/// What went wrong with single parts while others went on.
#[derive(Default)]
struct Troubles {
    found: Vec<CliError>,
    short: bool,
    fine: usize,
}

impl Troubles {
    /// Keeps what costs its part only, and gives back what ends it all.
    fn take(&mut self, part: &Part, e: totalcloud::Error) -> Result<(), CliError> {
        let kind = e.kind();
        let mut error = CliError::from(e);
        if !error.message.contains(&part.label) {
            error.message = format!("{}: {}", part.label, error.message);
        }
        let goes_on = match kind {
            ErrorKind::Partial | ErrorKind::PastWall => {
                self.short = true;
                true
            }
            ErrorKind::NotFound => true,
            // Without any permission the next part fares no better.
            ErrorKind::Forbidden => self.fine > 0,
            _ => false,
        };
        if !goes_on {
            return Err(error);
        }
        self.found.push(error);
        Ok(())
    }

    fn verdict(mut self) -> Option<CliError> {
        let first = self.found.pop()?;
        if self.found.is_empty() || (self.fine == 0 && !self.short) {
            let first = self.found.into_iter().next().unwrap_or(first);
            // What others have is delivered, so it is a part that is missing.
            let exit = if self.fine > 0 { Exit::Partial } else { first.exit };
            return Some(CliError { exit, ..first });
        }
        self.found.push(first);
        let all = self.found.len() + self.fine;
        let lines: String = self.found.iter().map(|e| format!("\n  {e}")).collect();
        Some(CliError::partial(format!("rows are missing in {} of {all} listings:{lines}", self.found.len())))
    }
}

fn how_far(e: CliError, rows: u64, place: Option<&str>) -> CliError {
    let came = match (rows, place) {
        (0, None) => return e,
        (_, None) => format!("the {rows} rows before it were written"),
        (_, Some(place)) => format!("the {rows} rows before it are in {place}"),
    };
    let hint = match &e.hint {
        Some(hint) => format!("{hint}\n{came}"),
        None => came,
    };
    CliError { hint: Some(hint), ..e }
}
