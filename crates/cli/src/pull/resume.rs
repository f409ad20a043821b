//! How a pull begins: anew, or where an earlier one was stopped.

use super::folder::Folder;
use super::journal::{self, Journal};
use super::state::{self, Asked, Ended, RunState};
use crate::error::CliError;
use jiff::{SignedDuration, Timestamp};
use std::io;
use std::path::Path;
use std::sync::Arc;

/// A stopped pull is gone on with for so long after it began. Later its first rows say too little of today.
const FRESH: SignedDuration = SignedDuration::from_hours(7 * 24);
/// The same where something failed: a job that runs each day and fails at the same place each day must not
/// bring the rows of the first day for ever.
const FRESH_AFTER_FAILURE: SignedDuration = SignedDuration::from_hours(12);

/// Whether pages are kept and used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Resume {
    /// An unfinished pull of the same is gone on with.
    #[default]
    Auto,
    /// Everything is asked for, and kept for the case that this pull is stopped.
    Anew,
    /// Nothing is kept.
    Never,
}

/// How a pull begins.
#[derive(Debug)]
pub struct Beginning {
    /// The state of the run, to be written.
    pub state: RunState,
    /// Where pages are kept.
    pub journal: Option<Arc<Journal>>,
    /// When the run began that is gone on with.
    pub resumed: Option<Timestamp>,
    /// What to tell the user.
    pub said: Vec<String>,
}

/// What the folder has to say about an earlier run.
enum Earlier {
    /// There was none, or it came to its end.
    Over(Option<RunState>),
    /// It was stopped and can be gone on with.
    Stopped(RunState),
    /// It cannot be gone on with, and why.
    Useless(Option<RunState>, String),
}

/// Begins a pull: finds out what an earlier one left, and readies the journal.
///
/// # Errors
/// If the folder cannot be written.
pub fn begin(folder: &Folder, asked: &Asked, now: Timestamp, resume: Resume) -> Result<Beginning, CliError> {
    let at = folder.state_path(journal::FILE);
    let failed = |e: io::Error| CliError::output(&at.display().to_string(), &e);
    let mut said = Vec::new();
    let earlier = match earlier(folder, asked, now) {
        Earlier::Stopped(state) if resume == Resume::Auto => match go_on(&at, state, &mut said) {
            Ok(beginning) => return Ok(Beginning { said, ..beginning }),
            Err(state) => Some(*state),
        },
        Earlier::Stopped(state) => Some(state),
        Earlier::Over(state) => state,
        Earlier::Useless(state, why) => {
            if resume == Resume::Auto {
                said.push(format!("beginning anew: {why}"));
            }
            state
        }
    };
    let state = RunState::begin(earlier, asked.clone(), now);
    let journal = match resume {
        Resume::Never => {
            journal::remove(&at).map_err(failed)?;
            None
        }
        Resume::Auto | Resume::Anew => Some(Arc::new(Journal::create(&at, &state.run()).map_err(failed)?)),
    };
    Ok(Beginning { state, journal, resumed: None, said })
}

fn earlier(folder: &Folder, asked: &Asked, now: Timestamp) -> Earlier {
    let state = match folder.read(state::FILE) {
        Ok(None) => return Earlier::Over(None),
        Ok(Some(bytes)) => state::decode(&bytes),
        Err(e) => Err(e.to_string()),
    };
    let state = match state {
        Ok(state) => state,
        Err(e) => {
            return Earlier::Useless(None, format!("the state of the earlier pull cannot be read ({e})"));
        }
    };
    if state.finished.is_some() {
        return Earlier::Over(Some(state));
    }
    if let Some(what) = state.asked.differs(asked) {
        let why = format!("the unfinished pull of {} was of {what}", minute(state.started));
        return Earlier::Useless(Some(state), why);
    }
    let fresh = if state.ended == Some(Ended::Failed) { FRESH_AFTER_FAILURE } else { FRESH };
    if now.duration_since(state.started) > fresh {
        let why = format!("the unfinished pull of {} is too long ago", minute(state.started));
        return Earlier::Useless(Some(state), why);
    }
    Earlier::Stopped(state)
}

/// Goes on with a stopped run; gives its state back if that is not possible.
fn go_on(at: &Path, state: RunState, said: &mut Vec<String>) -> Result<Beginning, Box<RunState>> {
    let of = minute(state.started);
    let found = match Journal::open(at, &state.run()) {
        Ok(Some(found)) => found,
        Ok(None) => {
            said.push(format!("beginning anew: the pages of the unfinished pull of {of} are not there"));
            return Err(Box::new(state));
        }
        Err(e) => {
            said.push(format!(
                "beginning anew: the pages of the unfinished pull of {of} cannot be read ({e})"
            ));
            return Err(Box::new(state));
        }
    };
    if found.damaged > 0 {
        said.push(format!(
            "{} of the pages on disk are damaged and asked for again",
            indicatif::HumanBytes(found.damaged)
        ));
    }
    let pages = found.journal.pages();
    let resumed = (pages > 0).then_some(state.started);
    if pages > 0 {
        let are = if pages == 1 { "is" } else { "are" };
        said.push(format!(
            "resuming the pull of {of}: {} {are} on disk and {are} not asked for again",
            super::report::count(pages, "page", "pages")
        ));
    }
    let state = RunState { ended: None, ..state };
    Ok(Beginning { state, journal: Some(Arc::new(found.journal)), resumed, said: Vec::new() })
}

/// An instant as people write it, to the minute.
pub fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use totalcloud::PageStore;
    use totalcloud_api::page::Page;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn asked(only: &str) -> Asked {
        Asked { only: vec![only.to_owned()], source: "here".to_owned(), ..Asked::default() }
    }

    /// A folder with a stopped run of `asked` that began at twelve and kept a page.
    fn stopped(folder: &Folder, ended: Option<Ended>) -> Beginning {
        let mut begun = begin(folder, &asked("ec2"), at("2026-01-15T12:00:00Z"), Resume::Auto).unwrap();
        begun.journal.as_ref().unwrap().put("/a", &Page::default()).unwrap();
        begun.state.ended = ended;
        folder.write(state::FILE, &begun.state).unwrap();
        begun
    }

    #[test]
    fn a_stopped_pull_of_the_same_is_gone_on_with_for_a_while() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(dir.path()).unwrap();
        for (ended, later, resumes) in [
            (None, "2026-01-15T12:00:01Z", true),
            (None, "2026-01-21T12:00:00Z", true),
            (Some(Ended::Deadline), "2026-01-21T12:00:00Z", true),
            (Some(Ended::Interrupted), "2026-01-23T12:00:00Z", false),
            (Some(Ended::Failed), "2026-01-15T20:00:00Z", true),
            (Some(Ended::Failed), "2026-01-16T12:00:00Z", false),
        ] {
            let first = stopped(&folder, ended);
            let second = begin(&folder, &asked("ec2"), at(later), Resume::Auto).unwrap();
            let kept = second.journal.unwrap().get("/a").is_some();
            assert_eq!((second.resumed.is_some(), kept), (resumes, resumes), "{ended:?} {later}");
            assert_eq!(second.said.len(), 1);
            if resumes {
                assert_eq!(second.state.started, first.state.started);
                assert_eq!(
                    second.said,
                    [
                        "resuming the pull of 2026-01-15 12:00 UTC: 1 page is on disk and is not asked for again"
                    ]
                );
            } else {
                assert!(second.said[0].starts_with("beginning anew: "), "{:?}", second.said);
            }
        }
    }

    #[test]
    fn what_differs_or_cannot_be_read_is_begun_anew_and_said() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(dir.path()).unwrap();
        let now = at("2026-01-15T13:00:00Z");
        stopped(&folder, None);
        let other = begin(&folder, &asked("ebs"), now, Resume::Auto).unwrap();
        assert!(other.resumed.is_none() && other.said[0].contains("other families"), "{:?}", other.said);
        stopped(&folder, None);
        let elsewhere = Asked { source: "there".to_owned(), ..asked("ec2") };
        let other = begin(&folder, &elsewhere, now, Resume::Auto).unwrap();
        assert!(other.said[0].contains("another subscription"), "{:?}", other.said);
        for (file, bytes, said) in [
            (state::FILE, &b"{"[..], "cannot be read"),
            (state::FILE, b"", "cannot be read"),
            (state::FILE, b"{\"form\":99}", "another version"),
            (journal::FILE, b"nonsense", "are not there"),
            (journal::FILE, b"", "are not there"),
        ] {
            stopped(&folder, None);
            std::fs::write(folder.state_path(file), bytes).unwrap();
            let anew = begin(&folder, &asked("ec2"), now, Resume::Auto).unwrap();
            assert!(anew.resumed.is_none() && anew.said[0].contains(said), "{:?}", anew.said);
            assert_eq!(anew.journal.unwrap().pages(), 0);
        }
    }

    #[test]
    fn who_wants_to_begin_anew_does_and_a_finished_pull_is_over() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(dir.path()).unwrap();
        let now = at("2026-01-15T13:00:00Z");
        stopped(&folder, None);
        let anew = begin(&folder, &asked("ec2"), now, Resume::Anew).unwrap();
        assert_eq!((anew.journal.unwrap().pages(), anew.said.len()), (0, 0));
        stopped(&folder, None);
        let never = begin(&folder, &asked("ec2"), now, Resume::Never).unwrap();
        assert!(never.journal.is_none() && !folder.state_path(journal::FILE).exists());
        let mut first = stopped(&folder, None);
        first.state.finished = Some(now);
        folder.write(state::FILE, &first.state).unwrap();
        let next = begin(&folder, &asked("ec2"), now, Resume::Auto).unwrap();
        assert_eq!((next.state.started, next.said.len(), next.resumed), (now, 0, None));
    }
}
