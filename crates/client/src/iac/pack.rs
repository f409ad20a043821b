//! What is sent to be scanned: a folder, packed here, or a file as it is.
//!
//! The rules are those of the vendor's scanner: which types of files are taken, that hidden ones are not, and how big
//! the whole may be. Names with several dots are taken as the vendor's plugin for Jenkins takes them; the scanner
//! itself leaves them out without a word.

use super::archive::{self, Form, Members};
use crate::error::{Error, ErrorKind};
use std::fmt;
use std::path::{Path, PathBuf};
use totalcloud_api::endpoints::OperationId;
use totalcloud_api::endpoints::iac::{LARGEST_UPLOAD, TEMPLATE_TYPES as TYPES};
use totalcloud_api::operation::Upload;
use walkdir::{DirEntry, WalkDir};

/// What is sent to be scanned.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct IacUpload {
    /// The archive, or the one template.
    pub file: Upload,
    /// The templates in it, by name. Of a 7z archive that was ready they are not known.
    pub files: Vec<PackedFile>,
    /// What of the folder is not in it.
    pub left_out: Vec<LeftOut>,
}

/// A file of the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PackedFile {
    /// Its place in the folder, with `/` between the steps.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// Its size in the archive; of tar and tar.gz archives that were ready, its size.
    pub packed: u64,
}

/// Something in the folder that is not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeftOut {
    /// Its place in the folder, with `/` between the steps and behind folders.
    pub name: String,
    /// Why.
    pub reason: LeftOutReason,
}

/// Why something is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LeftOutReason {
    /// It is no template by the ending of its name.
    Type,
    /// Its name begins with a dot.
    Hidden,
    /// It is a link that leads out of the folder, to another folder, or nowhere.
    Link,
    /// It is neither a file nor a folder.
    Special,
}

impl fmt::Display for LeftOutReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LeftOutReason::Type => "not a template",
            LeftOutReason::Hidden => "hidden",
            LeftOutReason::Link => "a link to somewhere else",
            LeftOutReason::Special => "not a file",
        })
    }
}

impl IacUpload {
    /// The most that the service takes: an upload must be smaller than this.
    pub const LIMIT: u64 = LARGEST_UPLOAD;

    /// Makes an upload of what stands at a path: a folder is packed, a template or a ready archive (zip, 7z, tar)
    /// goes as it is. The same files give the same archive.
    ///
    /// # Errors
    /// If nothing at the path can be scanned, it cannot be read, or it is too big.
    pub fn of(path: impl AsRef<Path>) -> Result<IacUpload, Error> {
        let path = path.as_ref();
        let metadata = std::fs::metadata(path).map_err(|e| unreadable(path, &e))?;
        if metadata.is_dir() { IacUpload::of_folder(path) } else { IacUpload::of_file(path, metadata.len()) }
    }

    fn of_folder(folder: &Path) -> Result<IacUpload, Error> {
        let found = Found::in_folder(folder)?;
        if found.templates.is_empty() {
            return Err(nothing(folder, &found.left_out));
        }
        let bytes = archive::pack(folder, &found.templates)?;
        let files = Form::Zip.members(folder, &bytes)?.unwrap_or_default().files;
        let stem =
            folder.canonicalize().ok().and_then(|at| Some(at.file_name()?.to_string_lossy().into_owned()));
        let name = format!("{}.zip", stem.as_deref().unwrap_or("templates"));
        fits(folder, bytes.len() as u64, &files)?;
        Ok(IacUpload { file: Upload::new(name, bytes), files, left_out: found.left_out })
    }

    fn of_file(path: &Path, size: u64) -> Result<IacUpload, Error> {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let form = Form::of(&name);
        if form.is_none() && !is_template(&name) {
            return Err(usage(format!(
                "{} is nothing that can be scanned: it wants a folder, a template ({}) or an archive (zip, 7z, tar)",
                path.display(),
                TYPES.join(", ")
            )));
        }
        let whole = |packed| vec![PackedFile { name: name.clone(), bytes: size, packed }];
        fits(path, size, &whole(size))?;
        let bytes = std::fs::read(path).map_err(|e| unreadable(path, &e))?;
        let files = match form {
            None => whole(bytes.len() as u64),
            Some(form) => match form.members(path, &bytes)? {
                None => Vec::new(),
                Some(members) => scannable(path, members)?,
            },
        };
        Ok(IacUpload { file: Upload::new(name, bytes), files, left_out: Vec::new() })
    }
}

/// The files of a ready archive, all of which must be templates. As the vendor's scanner does, files and folders are
/// looked at by their own names: it takes a file below a hidden folder that does not stand in the archive for itself.
fn scannable(path: &Path, members: Members) -> Result<Vec<PackedFile>, Error> {
    let is_odd = |name: &&String| !is_template(name) || is_hidden(name);
    let file = members.files.iter().map(|file| &file.name).find(is_odd);
    let hint = "give the folder itself: what is no template is left out then";
    if let Some(odd) = file {
        return Err(usage(format!(
            "{} holds {odd}, which is no template: only {} files can be scanned",
            path.display(),
            TYPES.join(", ")
        ))
        .with_hint(hint));
    }
    if let Some(odd) = members.folders.iter().find(|name| is_hidden(name)) {
        let told = format!("{} holds {odd}/, which is hidden and is not scanned", path.display());
        return Err(usage(told).with_hint(hint));
    }
    if members.files.is_empty() { Err(nothing(path, &[])) } else { Ok(members.files) }
}

/// What a folder holds.
struct Found {
    /// Names and places of the templates, in the order of the names.
    templates: Vec<(String, PathBuf)>,
    left_out: Vec<LeftOut>,
}

impl Found {
    fn in_folder(folder: &Path) -> Result<Found, Error> {
        let root = folder.canonicalize().map_err(|e| unreadable(folder, &e))?;
        let mut found = Found { templates: Vec::new(), left_out: Vec::new() };
        let mut walk = WalkDir::new(folder).min_depth(1).sort_by_file_name().into_iter();
        while let Some(entry) = walk.next() {
            let entry = entry.map_err(|e| {
                let at = e.path().unwrap_or(folder).to_owned();
                unreadable(&at, &e.into_io_error().unwrap_or_else(|| std::io::ErrorKind::Other.into()))
            })?;
            let name = name_in(folder, &entry)?;
            let mut leave = |name: String, reason| found.left_out.push(LeftOut { name, reason });
            let kind = entry.file_type();
            if entry.file_name().to_string_lossy().starts_with('.') {
                if kind.is_dir() {
                    walk.skip_current_dir();
                    leave(format!("{name}/"), LeftOutReason::Hidden);
                } else {
                    leave(name, LeftOutReason::Hidden);
                }
            } else if kind.is_dir() {
                continue;
            } else if !is_template(&name) {
                leave(name, if kind.is_symlink() { LeftOutReason::Link } else { LeftOutReason::Type });
            } else if kind.is_symlink() && !leads_inside(&root, entry.path()) {
                leave(name, LeftOutReason::Link);
            } else if !kind.is_file() && !kind.is_symlink() {
                leave(name, LeftOutReason::Special);
            } else {
                found.templates.push((name, entry.into_path()));
            }
        }
        // The walk goes folder by folder; an archive is sorted by whole names.
        found.templates.sort();
        Ok(found)
    }
}

/// Whether a link leads to a file inside the folder.
fn leads_inside(root: &Path, link: &Path) -> bool {
    link.canonicalize().is_ok_and(|at| at.is_file() && at.starts_with(root))
}

fn name_in(folder: &Path, entry: &DirEntry) -> Result<String, Error> {
    let inside = entry.path().strip_prefix(folder).unwrap_or(entry.path());
    let steps: Option<Vec<&str>> = inside.iter().map(|step| step.to_str()).collect();
    let steps = steps.ok_or_else(|| {
        usage(format!(
            "the name of {} is no valid Unicode and cannot stand in an archive",
            entry.path().display()
        ))
        .with_hint("rename it")
    })?;
    Ok(steps.join("/"))
}

fn is_template(name: &str) -> bool {
    let ending = name.rsplit('/').next().and_then(|last| last.rsplit_once('.'));
    ending.is_some_and(|(stem, ending)| {
        !stem.is_empty() && TYPES.iter().any(|t| t.eq_ignore_ascii_case(ending))
    })
}

fn is_hidden(name: &str) -> bool {
    name.rsplit('/').next().is_some_and(|last| last.starts_with('.'))
}

pub(super) fn usage(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Usage, message).with_operation(OperationId::IacScan.operation().id)
}

pub(super) fn unreadable(path: &Path, e: &std::io::Error) -> Error {
    Error::new(ErrorKind::Io, format!("{} cannot be read: {e}", path.display()))
}

fn nothing(path: &Path, left_out: &[LeftOut]) -> Error {
    let others = match left_out {
        [] => String::new(),
        [one] => format!(", only {} ({})", one.name, one.reason),
        many => format!(
            ", only {} things that are left out, such as {} ({})",
            many.len(),
            many[0].name,
            many[0].reason
        ),
    };
    usage(format!("{} holds no templates{others}", path.display()))
        .with_hint(format!("templates are files that end in {}", TYPES.map(|t| format!(".{t}")).join(", ")))
}

/// Refuses what the service would refuse, and names what to leave out.
fn fits(path: &Path, size: u64, files: &[PackedFile]) -> Result<(), Error> {
    if size < IacUpload::LIMIT {
        return Ok(());
    }
    Err(too_big(path, if files.len() > 1 { "packed" } else { "it has" }, size, files))
}

pub(super) fn too_big(path: &Path, how: &str, size: u64, files: &[PackedFile]) -> Error {
    let mut biggest: Vec<&PackedFile> = files.iter().collect();
    biggest.sort_by(|a, b| b.packed.cmp(&a.packed).then_with(|| a.name.cmp(&b.name)));
    let named: Vec<String> =
        biggest.iter().take(3).map(|f| format!("{} ({} bytes)", f.name, f.packed)).collect();
    usage(format!(
        "{} is too big to be scanned: {how} {size} bytes, and the service takes fewer than {}",
        path.display(),
        IacUpload::LIMIT
    ))
    .with_hint(format!("scan parts of it one by one; the biggest: {}", named.join(", ")))
}

#[cfg(test)]
#[path = "pack_tests.rs"]
mod tests;
