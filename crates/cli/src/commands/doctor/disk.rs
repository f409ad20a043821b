//! The folders the command writes to, and who may read its files.

use super::finding::{Finding, Report};
use crate::error::CliError;
use crate::settings::profile::config_path;
use std::path::{Path, PathBuf};

/// Room below which nothing works.
const NOTHING: u64 = 16 << 20;

/// Looks at each folder; `state` is the one in which runs share what they know, if they do. Less room than `little`
/// bytes is warned of.
pub(super) fn look(state: Option<&Path>, little: u64, report: &mut Report) {
    let config = config_path(|name| std::env::var(name).ok());
    match &config {
        Ok(path) => {
            report.add(folder("config", path.parent().unwrap_or(Path::new(".")), little));
            if let Some(finding) = mode(path) {
                report.add(finding);
            }
        }
        Err(e) => report.add(Finding::failed("disk", "config", e)),
    }
    if let Some(state) = state {
        report.add(folder("state", state, little));
    }
    report.add(folder("current folder", Path::new("."), little));
}

/// Whether a folder, or the first there is above it, can be written, and how much room there is.
fn folder(what: &str, folder: &Path, little: u64) -> Finding {
    let shown = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let target = format!("{what} ({})", shown.display());
    let Some(there) = first_there(&shown) else {
        return Finding::failed("disk", target, &CliError::failed("no part of the path exists"));
    };
    if let Err(e) = tempfile::tempfile_in(&there) {
        let e = CliError::failed(format!("{} cannot be written: {e}", there.display()))
            .hint("make it yours (chown, chmod u+w), or use another folder");
        return Finding::failed("disk", target, &e);
    }
    match fs4::available_space(&there) {
        Ok(room) if room < NOTHING => {
            let e = CliError::failed(format!("only {} MiB are free", room >> 20)).hint("free some space");
            Finding::failed("disk", target, &e)
        }
        Ok(room) if room < little => {
            let text = format!("only {} MiB are free", room >> 20);
            Finding::warning("disk", target, text, "a pull of a large subscription needs more")
        }
        Ok(room) => Finding::ok("disk", target, format!("can be written; {} GiB are free", room >> 30)),
        Err(e) => {
            Finding::warning("disk", target, format!("its free space is not known: {e}"), "look by hand")
        }
    }
}

fn first_there(path: &Path) -> Option<PathBuf> {
    path.ancestors().find(|p| p.is_dir()).map(Path::to_owned)
}

/// A config file with secrets that others may read was refused before; one without is told of.
#[cfg(unix)]
fn mode(path: &Path) -> Option<Finding> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(path).ok()?.permissions().mode() & 0o7777;
    let target = path.display().to_string();
    Some(if mode & 0o077 == 0 {
        Finding::ok("disk", target, format!("yours only (mode {mode:04o})"))
    } else {
        Finding::warning(
            "disk",
            target.clone(),
            format!("others may read it (mode {mode:04o})"),
            format!("chmod 600 {target}; with a secret in it, it is refused"),
        )
    })
}

#[cfg(not(unix))]
fn mode(_path: &Path) -> Option<Finding> {
    None
}
