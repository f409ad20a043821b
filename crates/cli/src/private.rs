//! Files that hold a secret are for their owner only.

use crate::error::CliError;
use std::path::Path;

/// Refuses a file that others than its owner may read or write. What is no file, such as a pipe, has no mode that
/// would say anything.
///
/// # Errors
/// If others may read it, with advice, or it cannot be examined.
#[cfg(unix)]
pub fn check(path: &Path, holds: &str) -> Result<(), CliError> {
    use std::os::unix::fs::PermissionsExt;
    let shown = path.display();
    let meta =
        std::fs::metadata(path).map_err(|e| CliError::failed(format!("{shown} cannot be examined: {e}")))?;
    let mode = meta.permissions().mode() & 0o7777;
    if !meta.is_file() || mode & 0o077 == 0 {
        return Ok(());
    }
    Err(CliError::usage(format!("{shown} holds a secret ({holds}) and others may read it (mode {mode:04o})"))
        .hint(format!("chmod 600 {shown}, and change the secret if somebody may have seen it")))
}

/// Refuses a file that others than its owner may read, where files have modes.
///
/// # Errors
/// None here.
#[cfg(not(unix))]
pub fn check(_path: &Path, _holds: &str) -> Result<(), CliError> {
    Ok(())
}
