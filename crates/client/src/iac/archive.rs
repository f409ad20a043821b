//! Archives: made here, or brought along.

use super::pack::{PackedFile, too_big, unreadable, usage};
use crate::error::{Error, ErrorKind};
use flate2::read::MultiGzDecoder;
use std::fmt::Display;
use std::fs::File;
use std::io::{Cursor, Read, copy};
use std::path::{Path, PathBuf};
use zip::write::{SimpleFileOptions, ZipWriter};
use zip::{CompressionMethod, DateTime, ZipArchive};

/// The most that is packed and unpacked. The service takes a few MiB packed, and templates are small.
const MOST: u64 = 256 * 1024 * 1024;

/// A form of archive that the service takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Zip,
    SevenZip,
    Tar,
    TarGz,
}

impl Form {
    pub(super) fn of(name: &str) -> Option<Form> {
        let name = name.to_ascii_lowercase();
        let ends = |ending: &str| name.len() > ending.len() && name.ends_with(ending);
        match () {
            () if ends(".zip") => Some(Form::Zip),
            () if ends(".7z") => Some(Form::SevenZip),
            () if ends(".tar") => Some(Form::Tar),
            () if ends(".tar.gz") || ends(".tgz") => Some(Form::TarGz),
            () => None,
        }
    }

    /// What is in an archive of this form, without its contents; `None` where that is not looked at.
    pub(super) fn members(self, path: &Path, bytes: &[u8]) -> Result<Option<Members>, Error> {
        let none = |what: &str, why: &dyn Display| {
            let why = Some(why.to_string()).filter(|why| !why.is_empty());
            let why = why.map_or(String::new(), |why| format!(": {why}"));
            usage(format!("{} is no {what} archive{why}", path.display()))
        };
        match self {
            Form::Zip => zip_members(bytes).map(Some).map_err(|e| none("ZIP", &e)),
            // Its list of names is packed in a way of its own.
            Form::SevenZip if bytes.starts_with(b"7z\xBC\xAF\x27\x1C") => Ok(None),
            Form::SevenZip => Err(none("7z", &"")),
            Form::Tar => tar_members(path, bytes, MOST, |e| none("tar", e)).map(Some),
            Form::TarGz if bytes.starts_with(b"\x1F\x8B") => {
                tar_members(path, MultiGzDecoder::new(bytes), MOST, |e| none("tar.gz", e)).map(Some)
            }
            Form::TarGz => Err(none("gzip", &"")),
        }
    }
}

/// What is in an archive, in its order.
#[derive(Debug, Default)]
pub(super) struct Members {
    /// Everything that is no folder.
    pub(super) files: Vec<PackedFile>,
    /// Folders that stand in it for themselves.
    pub(super) folders: Vec<String>,
}

/// A name of an archive without the steps that lead nowhere: some archives write `./main.tf`.
fn plain(name: &str) -> String {
    let name = name.replace('\\', "/");
    name.split('/').filter(|step| !matches!(*step, "" | ".")).collect::<Vec<_>>().join("/")
}

fn zip_members(bytes: &[u8]) -> zip::result::ZipResult<Members> {
    let mut archive = ZipArchive::new(Cursor::new(bytes))?;
    let mut members = Members::default();
    for at in 0..archive.len() {
        let file = archive.by_index_raw(at)?;
        let name = plain(&file.name()?);
        if file.is_dir() {
            members.folders.push(name);
        } else {
            members.files.push(PackedFile { name, bytes: file.size(), packed: file.compressed_size() });
        }
    }
    Ok(members)
}

/// The members of a tar archive, of any age: what tells one is the checksum of its headers.
pub(super) fn tar_members(
    path: &Path,
    bytes: impl Read,
    most: u64,
    bad: impl Fn(&std::io::Error) -> Error,
) -> Result<Members, Error> {
    let mut archive = tar::Archive::new(bytes.take(most));
    let mut read = || -> std::io::Result<Members> {
        let mut members = Members::default();
        for entry in archive.entries()? {
            let entry = entry?;
            let (name, kind) =
                (plain(&String::from_utf8_lossy(&entry.path_bytes())), entry.header().entry_type());
            if kind.is_dir() {
                members.folders.push(name);
            } else if !kind.is_pax_global_extensions() {
                members.files.push(PackedFile { name, bytes: entry.size(), packed: entry.size() });
            }
        }
        Ok(members)
    };
    let members = read();
    if archive.into_inner().limit() == 0 {
        return Err(usage(format!(
            "{} is too big to be scanned: it unpacks to more than {most} bytes",
            path.display()
        )));
    }
    members.map_err(|e| bad(&e))
}

/// Packs files under their names: in the order given, all of one time, so that the same files give the same bytes.
pub(super) fn pack(folder: &Path, templates: &[(String, PathBuf)]) -> Result<Vec<u8>, Error> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let failed =
        |e: zip::result::ZipError| Error::new(ErrorKind::Io, format!("the archive cannot be made: {e}"));
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let mut files: Vec<PackedFile> = Vec::with_capacity(templates.len());
    let mut left = MOST;
    for (name, path) in templates {
        archive.start_file(name.as_str(), options).map_err(failed)?;
        let file = File::open(path).map_err(|e| unreadable(path, &e))?;
        let bytes = copy(&mut file.take(left + 1), &mut archive).map_err(|e| unreadable(path, &e))?;
        files.push(PackedFile { name: name.clone(), bytes, packed: bytes });
        let Some(rest) = left.checked_sub(bytes) else {
            return Err(too_big(folder, "more than", MOST, &files));
        };
        left = rest;
    }
    Ok(archive.finish().map_err(failed)?.into_inner())
}
