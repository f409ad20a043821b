//! A file that appears whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// An output file that takes its place only when it is complete.
///
/// What is written goes to a file beside the target, which is renamed by [`commit`](AtomicFile::commit) and
/// removed if the value is dropped before. An existing target stays untouched until then and its
/// permissions are kept. A symbolic link is followed; a pipe or a device (`/dev/stdout`) is written to
/// directly.
#[derive(Debug)]
pub struct AtomicFile {
    path: PathBuf,
    target: Target,
}

#[derive(Debug)]
enum Target {
    Beside(NamedTempFile),
    Direct(File),
}

impl AtomicFile {
    /// Opens the file beside the target.
    ///
    /// # Errors
    /// If the folder does not exist or cannot be written, or the target is a folder.
    pub fn create(path: impl AsRef<Path>) -> io::Result<AtomicFile> {
        let path = path.as_ref();
        let named = |e: io::Error| io::Error::new(e.kind(), format!("{}: {e}", path.display()));
        let existing = match fs::metadata(path) {
            Ok(meta) if meta.is_dir() => {
                return Err(named(io::Error::new(io::ErrorKind::IsADirectory, "is a folder")));
            }
            Ok(meta) if !meta.is_file() => {
                let file = File::options().write(true).open(path).map_err(named)?;
                return Ok(AtomicFile { path: path.to_owned(), target: Target::Direct(file) });
            }
            Ok(meta) => Some(meta),
            Err(_) => None,
        };
        let path = if existing.is_some() { fs::canonicalize(path).map_err(named)? } else { path.to_owned() };
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let name = path
            .file_name()
            .ok_or_else(|| named(io::Error::new(io::ErrorKind::InvalidInput, "is not the name of a file")))?;
        let mut prefix = std::ffi::OsString::from(".");
        prefix.push(name);
        prefix.push(".");
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix).suffix(".part");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // As for any new file, the umask takes its share.
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        let file = builder.tempfile_in(folder).map_err(named)?;
        if let Some(meta) = existing {
            file.as_file().set_permissions(meta.permissions()).map_err(named)?;
        }
        Ok(AtomicFile { path, target: Target::Beside(file) })
    }

    /// Where the file will be.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A handle to write through, such as [`Writer::create`](crate::Writer::create) takes it.
    ///
    /// # Errors
    /// If the system has no more file handles.
    pub fn writer(&self) -> io::Result<Box<dyn Write + Send>> {
        Ok(Box::new(self.file().try_clone()?))
    }

    /// Puts the file in its place, after its contents reached the disk.
    ///
    /// # Errors
    /// If the disk is full, or the file cannot be renamed; the target is untouched then.
    pub fn commit(self) -> io::Result<()> {
        match self.target {
            Target::Direct(mut file) => file.flush(),
            Target::Beside(file) => {
                file.as_file().sync_all()?;
                file.persist(&self.path).map(drop).map_err(|e| e.error)
            }
        }
    }

    /// Puts the file in another place, for contents that came only in part: the target stays untouched. What
    /// was written to a pipe or a device stays there.
    ///
    /// # Errors
    /// If the disk is full, or the file cannot be renamed.
    pub fn commit_as(mut self, path: impl AsRef<Path>) -> io::Result<()> {
        path.as_ref().clone_into(&mut self.path);
        self.commit()
    }

    fn file(&self) -> &File {
        match &self.target {
            Target::Beside(file) => file.as_file(),
            Target::Direct(file) => file,
        }
    }
}

impl Write for AtomicFile {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.file().write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file().flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn the_file_appears_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.csv");
        let mut file = AtomicFile::create(&path).unwrap();
        file.write_all(b"half").unwrap();
        assert!(!path.exists());
        drop(file);
        assert_eq!(names(folder.path()), Vec::<String>::new());

        let file = AtomicFile::create(&path).unwrap();
        file.writer().unwrap().write_all(b"whole").unwrap();
        file.commit().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"whole");
        assert_eq!(names(folder.path()), ["rows.csv"]);
    }

    #[cfg(unix)]
    #[test]
    fn an_existing_file_keeps_its_permissions_and_its_links() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("a"), folder.path().join("b"));
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let mut file = AtomicFile::create(&link).unwrap();
        file.write_all(b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        file.commit().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_written_directly() {
        let mut file = AtomicFile::create("/dev/null").unwrap();
        file.write_all(b"x").unwrap();
        file.commit().unwrap();
        assert!(AtomicFile::create("/dev").unwrap_err().to_string().contains("is a folder"));
    }
}
