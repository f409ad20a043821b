//! `totalcloud iac scan`

use super::found::{Found, ResultOutput};
use super::gate::FailOn;
use crate::context::Context;
use crate::error::CliError;
use crate::progress::Progress;
use crate::{duration, single, write};
use futures_util::TryStreamExt as _;
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use totalcloud::{Client, IacOptions, IacUpload, PageOptions, PollPolicy};
use totalcloud_api::endpoints::iac::{IacScan, ListIacScans};

/// The vendor's scanner does not look more often.
const LEAST: Duration = Duration::from_secs(30);

/// What is told of each file that would be sent.
const PREVIEW: [&str; 4] = ["file", "bytes", "packed", "leftOut"];

/// `iac scan`
#[derive(clap::Args)]
pub struct Scan {
    /// Folder of templates, a template (tf, template, json, yaml, yml), or an archive of them (zip, 7z, tar)
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// Name of the scan [default: that of the folder or file]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Policy to check against, by its name; its execution type must be build time
    #[arg(long, value_name = "NAME")]
    policy: Option<String>,
    /// Tag of the scan; can be repeated
    #[arg(long = "tag", value_name = "NAME=VALUE", value_parser = tag)]
    tags: Vec<(String, String)>,
    /// Repository that the templates are from
    #[arg(long, value_name = "URL")]
    git_repo: Option<String>,
    /// Branch that they are from
    #[arg(long, value_name = "NAME")]
    branch: Option<String>,
    /// Where the scan comes from, such as the name of a pipeline
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// Let the service leave out what passed
    #[arg(long)]
    only_failed: bool,
    /// Print the id of the scan and do not wait for it
    #[arg(long, conflicts_with_all = [
        "wait", "poll", "scan_timeout", "fail_on", "format", "output", "columns", "all"])]
    no_wait: bool,
    /// Wait for the result, as is done without it
    #[arg(long)]
    wait: bool,
    #[command(flatten)]
    waiting: Wait,
    #[command(flatten)]
    fail_on: FailOn,
    /// Print what would be sent, and send nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    output: ResultOutput,
}

/// How a scan is waited for.
#[derive(clap::Args, Clone, Debug)]
pub(super) struct Wait {
    /// Longest time between two looks at the scan, 30s at least; the first ones come sooner
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = poll)]
    poll: Duration,
    /// Give up waiting after this time
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = duration::parse)]
    scan_timeout: Duration,
}

impl Wait {
    pub(super) fn policy(&self, progress: &Arc<Progress>) -> PollPolicy {
        let shown = Arc::clone(progress);
        PollPolicy::default().longest(self.poll).total(self.scan_timeout).progress(move |scan| {
            shown.doing(&format!("scan is {}", scan.status.as_deref().unwrap_or("not listed yet")));
        })
    }
}

fn poll(text: &str) -> Result<Duration, String> {
    let wait = duration::parse(text)?;
    if wait < LEAST {
        return Err("the service is looked at every 30s at most".to_owned());
    }
    Ok(wait)
}

fn tag(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => {
            Ok((name.trim().to_owned(), value.trim().to_owned()))
        }
        _ => Err("it wants NAME=VALUE".to_owned()),
    }
}

impl Scan {
    pub(super) fn run(self: Box<Self>, context: &Context) -> Result<(), CliError> {
        if self.dry_run {
            write::own_output_is_sound(context, &self.output.rows(), &PREVIEW)?;
            return self.preview(context, &IacUpload::of(&self.path)?);
        }
        let document = self.output.document(context, false)?;
        let upload = IacUpload::of(&self.path)?;
        match &upload.left_out[..] {
            [] => {}
            [one] => context.printer.note(&format!("not sent: {} ({})", one.name, one.reason)),
            many => context.printer.note(&format!(
                "not sent: {} files and folders that are no templates; --dry-run lists them",
                many.len()
            )),
        }
        let options = self.options(&upload);
        let (session, progress) = context.session()?;
        let poll = self.waiting.policy(&progress);
        let found = context.block_on(async {
            let client = &session.client;
            let id = match client.scan_iac(&upload, &options).await {
                Ok(id) => id,
                Err(e) if e.may_have_arrived() => {
                    return Err(lost(client, &options.request(&upload).name, e).await);
                }
                Err(e) => return Err(e.into()),
            };
            if self.no_wait {
                context.printer.line(&id)?;
                return Ok(None);
            }
            // The id is known from here on, whatever becomes of the rest.
            context.printer.note(&format!("scan {id} of {}", sent(&upload)));
            client.wait_for_new_iac_scan(&id, &poll).await?;
            Found::read(client, &id, document).await.map(Some)
        })?;
        progress.end();
        match found {
            Some(found) => found.show(context, &self.output, &self.fail_on),
            None => Ok(()),
        }
    }

    fn options(&self, upload: &IacUpload) -> IacOptions {
        let mut options = IacOptions::default();
        // A folder is sent as an archive of its name, and the scan is called as the folder is.
        let folder = || self.path.is_dir().then(|| upload.file.file_name.strip_suffix(".zip")).flatten();
        options.name = self.name.clone().or_else(|| folder().map(str::to_owned));
        options.only_failed = self.only_failed;
        options.git_repo.clone_from(&self.git_repo);
        options.branch.clone_from(&self.branch);
        options.source.clone_from(&self.source);
        options.policy.clone_from(&self.policy);
        options.tags.clone_from(&self.tags);
        options
    }

    /// What would be sent, one row a file.
    fn preview(&self, context: &Context, upload: &IacUpload) -> Result<(), CliError> {
        let packed = upload
            .files
            .iter()
            .map(|f| json!({"file": f.name, "bytes": f.bytes, "packed": f.packed, "leftOut": null}));
        let left = upload
            .left_out
            .iter()
            .map(|l| json!({"file": l.name, "bytes": null, "packed": null, "leftOut": l.reason.to_string()}));
        let output = self.output.rows();
        single::own(context, &output, &PREVIEW, packed.chain(left), "files")?;
        let name = self.options(upload).request(upload).name;
        context.printer.note(&format!("nothing was sent; it would be {}, as '{name}'", sent(upload)));
        Ok(())
    }
}

/// What an upload is, in words.
fn sent(upload: &IacUpload) -> String {
    let bytes = upload.file.bytes.len();
    match upload.files.len() {
        0 | 1 => format!("{}, {bytes} bytes", upload.file.file_name),
        files => format!("{files} templates, {bytes} bytes packed"),
    }
}

/// The error of an upload whose answer was lost, with what the list says of it.
async fn lost(client: &Client, name: &str, e: totalcloud::Error) -> CliError {
    let mut error = CliError::from(e);
    let find = async {
        let mut rows = client.rows(&ListIacScans::new(), PageOptions::default())?;
        let mut found: Vec<IacScan> = Vec::new();
        while let Some(row) = rows.try_next().await? {
            if row.value.name.as_deref() == Some(name) {
                found.push(row.value);
            }
        }
        Ok::<_, totalcloud::Error>(found)
    };
    let date = |scan: &IacScan| scan.scan_date.as_ref().map(|t| t.instant());
    let looked = match find.await {
        Ok(found) => match found.iter().max_by_key(|scan| date(scan)) {
            Some(scan) => format!(
                "looked afterwards: the latest scan named '{name}' is {} of {}; see whether it is this one before \
                 scanning again",
                scan.scan_uuid.as_deref().unwrap_or("without an id"),
                date(scan).map_or_else(|| "an unknown time".to_owned(), |at| at.to_string())
            ),
            // A new scan is not listed at once.
            None => format!(
                "looked afterwards: no scan named '{name}' is listed yet; look again with 'totalcloud iac list' in a \
                 minute or two before sending it again"
            ),
        },
        Err(e) => format!("looked afterwards, but that failed as well: {e}"),
    };
    error.hint = Some(looked);
    error
}
