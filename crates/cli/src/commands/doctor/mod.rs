//! `totalcloud doctor`

mod disk;
mod finding;
mod hosts;
mod sign_in;

use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::CliError;
use crate::settings::{Key, Settings, mistyped_variables};
use crate::{network, session, single};
use finding::{Finding, Report, State};
use std::time::Duration;
use totalcloud::Timeouts;
use totalcloud::transport::TransportOptions;

/// The variable of a flag of this command.
const MIN_FREE: &str = "TOTALCLOUD_MIN_FREE";

/// `doctor`: checks settings, network, certificates, sign-in, permissions, clock, limits and disk, and says for each
/// what is wrong and what to do. Makes a few calls; changes nothing.
#[derive(clap::Args)]
pub struct Doctor {
    /// Longest time for one step, such as a connection or an answer
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    timeout: u64,
    /// Free space of a disk below which to warn
    #[arg(long, env = MIN_FREE, value_name = "MIB", default_value_t = 1024)]
    min_free: u64,
    #[command(flatten)]
    output: OutputArgs,
}

impl Doctor {
    /// Checks everything that can be checked.
    ///
    /// # Errors
    /// The first check that failed, after all are printed.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let mut report = Report::default();
        let mut state = None;
        let env = |name: &str| std::env::var(name).ok();
        match Settings::load(context.flags.clone(), &env, false) {
            Ok(settings) => {
                report.add(settings_of(&settings));
                state = session::state_dir(&settings);
                look(context, settings, Duration::from_secs(self.timeout), &mut report)?;
            }
            Err(e) => report.add(Finding::failed("settings", "", &e)),
        }
        for (typed, meant) in
            mistyped_variables(std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()))
        {
            let what = format!("{typed} is no setting");
            report.add(Finding::warning("settings", typed, what, format!("did you mean {meant}?")));
        }
        disk::look(state.as_deref(), self.min_free.saturating_mul(1 << 20), &mut report);
        let columns = ["state", "check", "target", "found", "advice"];
        let shown = single::own(context, &self.output, &columns, report.rows(), "doctor");
        report.verdict()?;
        shown
    }
}

fn settings_of(settings: &Settings) -> Finding {
    let place = if settings.profile_exists {
        format!("profile {}", settings.profile_name())
    } else {
        "no profile; flags and environment only".to_owned()
    };
    Finding::ok("settings", settings.text(Key::Platform).unwrap_or_default(), place)
}

fn look(
    context: &Context,
    mut settings: Settings,
    limit: Duration,
    report: &mut Report,
) -> Result<(), CliError> {
    if context.password_stdin
        && let Err(e) = session::take_secret_from_stdin(&mut settings)
    {
        report.add(Finding::failed("settings", "--password-stdin", &e));
    }
    let hosts =
        session::hosts(&settings).map_err(|e| report.add(Finding::failed("settings", "addresses", &e)));
    // Nobody is asked: the doctor runs unattended as well.
    let options = network::options(&mut settings, &|_| Ok(None))
        .map_err(|e| report.add(Finding::failed("settings", "network", &e)));
    let (Ok(hosts), Ok(options)) = (hosts, options) else { return Ok(()) };
    let mut options: TransportOptions = options;
    options.timeouts = Timeouts::default().connect(limit).read(limit).stall(limit).total(limit * 2);
    context.block_on(async {
        let reached = hosts::look(&hosts, &options, report).await;
        sign_in::look(&mut settings, &hosts, &options, &reached, report).await;
        Ok(())
    })
}

impl State {
    /// The word that is printed.
    const fn word(self) -> &'static str {
        match self {
            State::Ok => "ok",
            State::Warning => "warning",
            State::Failed => "failed",
            State::Skipped => "skipped",
        }
    }
}
