//! Live tables in queries: the service is signed in to where a query names the schema `live`, and whoever sits at
//! the terminal is asked before a query costs much of the quota.

use crate::context::Context;
use crate::error::CliError;
use crate::printer::Printer;
use crate::progress::Progress;
use crate::settings::{Key, Settings};
use std::sync::Arc;
use totalcloud_estate::live::{self, Cost, Guard, Options, async_trait};
use totalcloud_estate::sql;

/// The live tables of a session.
pub(crate) struct Live {
    progress: Arc<Progress>,
}

/// Adds the schema `live` to a session. `yes` agrees to every cost.
///
/// # Errors
/// If something is missing to sign in with.
pub(crate) fn add(context: &Context, session: &sql::Session, yes: bool) -> Result<Live, CliError> {
    let (signed_in, progress) = context.session()?;
    let guard = Asking { printer: Arc::clone(&context.printer), yes };
    let options = Options::default()
        .share(share(&signed_in.settings))
        .inventory(signed_in.inventory_api())
        .guard(Arc::new(guard));
    live::register(session.context(), &signed_in.client, &options)?;
    Ok(Live { progress })
}

impl Live {
    /// Ends what shows that calls are made.
    pub(crate) fn end(&self) {
        self.progress.end();
    }
}

/// The part of a window's quota that a query may use without asking.
fn share(settings: &Settings) -> f64 {
    let percent = settings.text(Key::LiveShare).and_then(|text| text.parse::<u32>().ok());
    percent.map_or(live::SHARE, |percent| f64::from(percent) / 100.0)
}

/// Asks at the terminal, where somebody is there.
struct Asking {
    printer: Arc<Printer>,
    yes: bool,
}

#[async_trait]
impl Guard for Asking {
    async fn allow(&self, cost: &Cost) -> bool {
        if self.yes || !self.printer.can_ask() {
            return self.yes;
        }
        let question = format!("The query costs {cost}. Go on? [y/N]");
        let printer = Arc::clone(&self.printer);
        // Somebody may take their time; what else runs goes on.
        let answer = tokio::task::spawn_blocking(move || printer.ask(&question)).await;
        let answer = answer.ok().and_then(Result::ok).flatten().unwrap_or_default();
        matches!(answer.to_ascii_lowercase().as_str(), "y" | "yes")
    }
}
