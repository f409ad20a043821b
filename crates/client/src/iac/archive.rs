//! Archives: made here, or brought along.

use super::pack::{PackedFile, too_big, unreadable, usage};
use crate::error::{Error, ErrorKind};
use std::fs::File;
use std::io::{Cursor, Read as _, copy};
use std::path::{Path, PathBuf};
use zip::write::{SimpleFileOptions, ZipWriter};
use zip::{CompressionMethod, DateTime, ZipArchive};

/// The most that is packed. The service takes a few MiB packed, and templates are small.
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

    /// Whether the bytes are what the name says.
    pub(super) fn check(self, path: &Path, bytes: &[u8]) -> Result<(), Error> {
        let (is, what) = match self {
            Form::Zip => (bytes.starts_with(b"PK"), "ZIP"),
            Form::SevenZip => (bytes.starts_with(b"7z\xBC\xAF\x27\x1C"), "7z"),
            Form::Tar => (bytes.get(257..262) == Some(b"ustar".as_slice()), "tar"),
            Form::TarGz => (bytes.starts_with(b"\x1F\x8B"), "gzip"),
        };
        if is { Ok(()) } else { Err(usage(format!("{} is no {what} archive", path.display()))) }
    }
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

/// The files of a ZIP archive, in its order.
pub(super) fn entries(path: &Path, bytes: &[u8]) -> Result<Vec<PackedFile>, Error> {
    let bad = |e: zip::result::ZipError| usage(format!("{} is no ZIP archive: {e}", path.display()));
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(bad)?;
    let mut files = Vec::with_capacity(archive.len());
    for at in 0..archive.len() {
        let file = archive.by_index_raw(at).map_err(bad)?;
        if !file.is_dir() {
            let name = file.name().map_err(bad)?.replace('\\', "/");
            files.push(PackedFile { name, bytes: file.size(), packed: file.compressed_size() });
        }
    }
    Ok(files)
}
