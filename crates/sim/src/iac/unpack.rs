//! What was uploaded, taken apart: a ZIP or tar archive, or one template. Bounded, so that an archive that unpacks to
//! more than it should costs nothing.

use std::io::{Cursor, Read};

/// Bytes that an archive may unpack to.
const MOST_BYTES: u64 = 32 << 20;
/// Files that an archive may hold.
const MOST_FILES: usize = 5_000;

/// A template as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template {
    /// Its place in the archive.
    pub(super) path: String,
    pub(super) bytes: Vec<u8>,
}

/// Why nothing can be scanned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Bad {
    /// The archive is broken.
    Broken(String),
    /// It unpacks to more than it may.
    TooMuch,
}

/// What an upload is by the ending of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Zip,
    Tar,
    TarGz,
    /// Taken, and not looked into.
    SevenZip,
    Template,
}

impl Kind {
    pub(crate) fn of(name: &str) -> Option<Kind> {
        let name = name.to_ascii_lowercase();
        let ends = |endings: &[&str]| endings.iter().any(|e| name.ends_with(e) && name.len() > e.len());
        match () {
            () if ends(&[".zip"]) => Some(Kind::Zip),
            () if ends(&[".tar"]) => Some(Kind::Tar),
            () if ends(&[".tar.gz", ".tgz"]) => Some(Kind::TarGz),
            () if ends(&[".7z"]) => Some(Kind::SevenZip),
            () if is_template(&name) => Some(Kind::Template),
            () => None,
        }
    }
}

fn is_template(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    ending.is_some_and(|e| ["tf", "template", "json", "yaml", "yml"].contains(&e.as_str()))
}

/// The templates of an upload, by path.
pub(super) fn unpack(kind: Kind, name: &str, bytes: &[u8]) -> Result<Vec<Template>, Bad> {
    let mut templates = match kind {
        Kind::Template => vec![Template { path: name.to_owned(), bytes: bytes.to_vec() }],
        Kind::SevenZip => Vec::new(),
        Kind::Zip => zip(bytes)?,
        Kind::Tar => tar(bytes)?,
        Kind::TarGz => tar(flate2::read::GzDecoder::new(bytes))?,
    };
    templates.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(templates)
}

/// What may still be unpacked.
struct Room {
    bytes: u64,
    files: usize,
}

impl Room {
    fn new() -> Room {
        Room { bytes: MOST_BYTES, files: MOST_FILES }
    }

    /// Reads a file of an archive. What an archive says of sizes is not believed.
    fn read(&mut self, path: &str, file: impl Read) -> Result<Option<Template>, Bad> {
        self.files = self.files.checked_sub(1).ok_or(Bad::TooMuch)?;
        let mut bytes = Vec::new();
        let read = file.take(self.bytes + 1).read_to_end(&mut bytes).map_err(broken)?;
        self.bytes = self.bytes.checked_sub(read as u64).ok_or(Bad::TooMuch)?;
        let path = path.trim_start_matches("./");
        Ok(is_template(path).then(|| Template { path: path.to_owned(), bytes }))
    }
}

fn broken(e: impl std::fmt::Display) -> Bad {
    Bad::Broken(e.to_string())
}

fn zip(bytes: &[u8]) -> Result<Vec<Template>, Bad> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(broken)?;
    let (mut room, mut found) = (Room::new(), Vec::new());
    for at in 0..archive.len() {
        let file = archive.by_index(at).map_err(broken)?;
        if !file.is_dir() {
            let path = file.name().map_err(broken)?.into_owned();
            found.extend(room.read(&path, file)?);
        }
    }
    Ok(found)
}

fn tar(bytes: impl Read) -> Result<Vec<Template>, Bad> {
    // The bound holds for what is passed over as well.
    let mut archive = tar::Archive::new(bytes.take(2 * MOST_BYTES));
    let (mut room, mut found) = (Room::new(), Vec::new());
    for file in archive.entries().map_err(broken)? {
        let file = file.map_err(broken)?;
        if file.header().entry_type().is_file() {
            let path = file.path().map_err(broken)?.to_string_lossy().into_owned();
            found.extend(room.read(&path, file)?);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            archive.write_all(bytes).unwrap();
        }
        archive.finish().unwrap().into_inner()
    }

    fn tarred(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut archive = tar::Builder::new(Vec::new());
        for (name, bytes) in files {
            let mut header = tar::Header::new_ustar();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            archive.append_data(&mut header, name, *bytes).unwrap();
        }
        archive.into_inner().unwrap()
    }

    fn gz(bytes: &[u8]) -> Vec<u8> {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    }

    #[test]
    fn each_kind_of_archive_gives_its_templates_by_path() {
        let files: [(&str, &[u8]); 3] = [("b/x.tf", b"b"), ("a.JSON", b"{}"), ("c.md", b"no")];
        let tar = tarred(&files);
        for (name, bytes) in
            [("t.zip", zipped(&files)), ("t.tar", tar.clone()), ("t.tar.gz", gz(&tar)), ("t.TGZ", gz(&tar))]
        {
            let found = unpack(Kind::of(name).unwrap(), name, &bytes).unwrap();
            let paths: Vec<&str> = found.iter().map(|t| t.path.as_str()).collect();
            assert_eq!(paths, ["a.JSON", "b/x.tf"], "{name}");
            assert_eq!(found[1].bytes, b"b");
        }
        assert_eq!(unpack(Kind::Template, "x.tf", b"x").unwrap()[0].path, "x.tf");
        assert_eq!((Kind::of("x.7z"), Kind::of("x.exe"), Kind::of("tf")), (Some(Kind::SevenZip), None, None));
    }

    #[test]
    fn what_unpacks_to_too_much_is_stopped() {
        let zeros = vec![0u8; MOST_BYTES as usize + 1];
        let bomb = zipped(&[("a.tf", &zeros)]);
        assert!(bomb.len() < 1 << 20);
        assert_eq!(unpack(Kind::Zip, "t.zip", &bomb), Err(Bad::TooMuch));
        let tar = gz(&tarred(&[("a.tf", &zeros)]));
        assert_eq!(unpack(Kind::TarGz, "t.tgz", &tar), Err(Bad::TooMuch));
        assert!(matches!(unpack(Kind::Zip, "t.zip", b"PK no"), Err(Bad::Broken(_))));
        assert!(matches!(unpack(Kind::TarGz, "t.tgz", b"no"), Err(Bad::Broken(_))));
    }
}
