//! The folder a pull writes: `<table>.<ext>` for the data, `.totalcloud/` for everything else.

use crate::error::CliError;
use serde::Serialize;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The folder inside the folder that is not data.
const STATE: &str = ".totalcloud";
/// Tables that are being written.
const PARTS: &str = "parts";

/// A folder that this process alone pulls into. The lock is the system's, so that it ends with the process,
/// however the process ends.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes the folder if need be, locks it, and clears away what a killed run left half written.
    ///
    /// # Errors
    /// If another pull writes there, or the folder cannot be written.
    pub fn open(path: &Path) -> Result<Folder, CliError> {
        let failed = |what: &Path, e: &io::Error| CliError::output(&what.display().to_string(), e);
        let state = path.join(STATE);
        let parts = state.join(PARTS);
        fs::create_dir_all(&state).map_err(|e| failed(path, &e))?;
        let at = state.join("lock");
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&at)
            .map_err(|e| failed(&at, &e))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(CliError::failed(format!("another pull is writing to {}", path.display()))
                    .hint("wait until it has ended, or give another folder with --out"));
            }
            // Some network file systems have no locks. A pull is possible there all the same.
            Err(TryLockError::Error(e)) if e.kind() == io::ErrorKind::Unsupported => {}
            Err(TryLockError::Error(e)) => return Err(failed(&at, &e)),
        }
        match fs::remove_dir_all(&parts) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(failed(&parts, &e)),
            _ => {}
        }
        fs::create_dir(&parts).map_err(|e| failed(&parts, &e))?;
        Ok(Folder { path: path.to_owned(), _lock: lock })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Starts the file of a table, which appears under its name only when it is committed.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn table(&self, file_name: &str) -> Result<TableFile, CliError> {
        let part = self.path.join(STATE).join(PARTS).join(file_name);
        let file = File::create(&part).map_err(|e| CliError::output(&part.display().to_string(), &e))?;
        Ok(TableFile { file, part, target: self.path.join(file_name), committed: false })
    }

    /// Whether a table of this name is there.
    pub fn has(&self, file_name: &str) -> bool {
        self.path.join(file_name).is_file()
    }

    /// Where a file of the state is.
    pub fn state_path(&self, name: &str) -> PathBuf {
        self.path.join(STATE).join(name)
    }

    /// Reads a file of the state; `None` if it is not there.
    ///
    /// # Errors
    /// If it is there and cannot be read.
    pub fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.state_path(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// Writes a file of the state, whole or not at all.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write<T: Serialize>(&self, name: &str, value: &T) -> Result<(), CliError> {
        let at = self.state_path(name);
        let failed = |e: io::Error| CliError::output(&at.display().to_string(), &e);
        let mut text = serde_json::to_vec_pretty(value).map_err(|e| failed(e.into()))?;
        text.push(b'\n');
        let beside = self.state_path(&format!("{name}.part"));
        File::create(&beside)
            .and_then(|mut file| file.write_all(&text).and_then(|()| file.sync_all()))
            .and_then(|()| fs::rename(&beside, &at))
            .map_err(|e| {
                let _ = fs::remove_file(&beside);
                failed(e)
            })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Empty after a pull that ended well; what is in it otherwise, the next pull clears away.
        let _ = fs::remove_dir(self.path.join(STATE).join(PARTS));
    }
}

/// The file of a table while it is written. Dropped before [`commit`](TableFile::commit), it vanishes.
#[derive(Debug)]
pub struct TableFile {
    file: File,
    part: PathBuf,
    target: PathBuf,
    committed: bool,
}

impl TableFile {
    /// A handle to write through.
    ///
    /// # Errors
    /// If the system has no more file handles.
    pub fn writer(&self) -> io::Result<Box<dyn Write + Send>> {
        Ok(Box::new(io::BufWriter::with_capacity(64 * 1024, self.file.try_clone()?)))
    }

    /// Where it will be.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Puts it in its place, in one step, after its contents reached the disk. Returns its size.
    ///
    /// # Errors
    /// If the disk is full or the file cannot be renamed; what was in its place stays then.
    pub fn commit(mut self) -> io::Result<u64> {
        self.file.sync_all()?;
        let bytes = self.file.metadata()?.len();
        fs::rename(&self.part, &self.target)?;
        self.committed = true;
        Ok(bytes)
    }
}

impl Drop for TableFile {
    fn drop(&mut self) {
        if !self.committed {
            let _ = fs::remove_file(&self.part);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_pull_writes_to_a_folder_and_the_next_may() {
        let dir = tempfile::tempdir().unwrap();
        let first = Folder::open(dir.path()).unwrap();
        let said = Folder::open(dir.path()).unwrap_err();
        assert!(said.message.contains("another pull is writing"), "{said}");
        assert_eq!(said.exit, totalcloud::Exit::Failed);
        drop(first);
        assert!(Folder::open(dir.path()).is_ok());
    }

    #[test]
    fn a_table_takes_its_place_whole_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(dir.path()).unwrap();
        fs::write(dir.path().join("a.csv"), "old").unwrap();
        let table = folder.table("a.csv").unwrap();
        table.writer().unwrap().write_all(b"new").unwrap();
        drop(table);
        assert_eq!(fs::read(dir.path().join("a.csv")).unwrap(), b"old");
        let table = folder.table("a.csv").unwrap();
        table.writer().unwrap().write_all(b"new").unwrap();
        assert_eq!(table.commit().unwrap(), 3);
        assert_eq!(fs::read(dir.path().join("a.csv")).unwrap(), b"new");
        drop(folder);
        let mut left: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, [".totalcloud", "a.csv"]);
    }

    #[test]
    fn what_a_killed_run_left_is_cleared_away() {
        let dir = tempfile::tempdir().unwrap();
        let parts = dir.path().join(".totalcloud/parts");
        fs::create_dir_all(&parts).unwrap();
        fs::write(parts.join("a.csv"), "half").unwrap();
        let folder = Folder::open(dir.path()).unwrap();
        assert_eq!(fs::read_dir(&parts).unwrap().count(), 0);
        assert!(!folder.has("a.csv"));
    }

    #[test]
    fn state_is_written_whole_and_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(dir.path()).unwrap();
        assert_eq!(folder.read("x.json").unwrap(), None);
        for value in [vec![1, 2], vec![3]] {
            folder.write("x.json", &value).unwrap();
            let bytes = folder.read("x.json").unwrap().unwrap();
            assert_eq!(serde_json::from_slice::<Vec<u32>>(&bytes).unwrap(), value);
        }
        fs::create_dir(dir.path().join(".totalcloud/y.json")).unwrap();
        assert!(folder.read("y.json").is_err());
    }
}
