//! The local disk, where what was written stays written when the power goes.
//!
//! The store of the `object_store` crate leaves it to the system when files reach the disk, and then a commit may be
//! there as an empty file. Here a file is on the disk before it gets its name, and its name is before the call ends.

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result, UploadPart,
};
use std::fs::{self, File};
use std::io::{self, Write};
use std::ops::Range;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

/// The whole file system of this machine.
#[derive(Debug, Clone)]
pub(super) struct Disk(Arc<LocalFileSystem>);

impl Disk {
    pub(super) fn new() -> Disk {
        Disk(Arc::new(LocalFileSystem::new()))
    }
}

impl std::fmt::Display for Disk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Disk")
    }
}

/// The trouble of a file, with its name.
fn failed(path: &FilePath, e: io::Error) -> Error {
    let path_text = path.display().to_string();
    match e.kind() {
        io::ErrorKind::PermissionDenied => Error::PermissionDenied { path: path_text, source: Box::new(e) },
        io::ErrorKind::NotFound => Error::NotFound { path: path_text, source: Box::new(e) },
        _ => Error::Generic {
            store: "LocalFileSystem",
            source: Box::new(Named { path: path.to_owned(), source: e }),
        },
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", path.display())]
struct Named {
    path: PathBuf,
    source: io::Error,
}

async fn off_the_runtime<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await?
}

/// Brings a file that has its name already, and the name, to the disk.
fn settle(path: &FilePath) -> Result<()> {
    // Opened to write, because some systems flush only files that are.
    File::options().write(true).open(path).and_then(|f| f.sync_all()).map_err(|e| failed(path, e))?;
    settle_name(path)
}

/// Brings the name of a file to the disk. Systems where a folder is no file keep names by themselves.
fn settle_name(path: &FilePath) -> Result<()> {
    if cfg!(unix)
        && let Some(folder) = path.parent()
    {
        File::open(folder).and_then(|f| f.sync_all()).map_err(|e| failed(folder, e))?;
    }
    Ok(())
}

/// Writes a file that is there as a whole or not at all.
fn write(path: &FilePath, payload: &PutPayload, mode: &PutMode) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|e| failed(folder, e))?;
    }
    // The store takes names that end like this for files that are still being written, and lists none of them.
    let number = uuid::Uuid::new_v4().as_u64_pair().0;
    let mut staged = path.as_os_str().to_owned();
    staged.push(format!("#{number}"));
    let staged = PathBuf::from(staged);
    let filled = || -> io::Result<()> {
        let mut file = File::options().write(true).create_new(true).open(&staged)?;
        payload.iter().try_for_each(|part| file.write_all(part))?;
        file.sync_all()
    };
    let done = filled().and_then(|()| match mode {
        PutMode::Create => fs::hard_link(&staged, path),
        _ => fs::rename(&staged, path),
    });
    if done.is_err() || matches!(mode, PutMode::Create) {
        let _ = fs::remove_file(&staged);
    }
    match done {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
            Err(Error::AlreadyExists { path: path.display().to_string(), source: Box::new(e) })
        }
        other => other.map_err(|e| failed(path, e)),
    }
}

#[derive(Debug)]
struct Upload {
    inner: Box<dyn MultipartUpload>,
    path: PathBuf,
}

#[async_trait]
impl MultipartUpload for Upload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        self.inner.put_part(data)
    }

    async fn complete(&mut self) -> Result<PutResult> {
        // Nothing names the file before this call ends, so that it may get its name first.
        let put = self.inner.complete().await?;
        let path = self.path.clone();
        off_the_runtime(move || settle(&path)).await?;
        Ok(put)
    }

    async fn abort(&mut self) -> Result<()> {
        self.inner.abort().await
    }
}

#[async_trait]
impl ObjectStore for Disk {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        if matches!(opts.mode, PutMode::Update(_)) || !opts.attributes.is_empty() {
            return self.0.put_opts(location, payload, opts).await;
        }
        let path = self.0.path_to_filesystem(location)?;
        off_the_runtime(move || {
            write(&path, &payload, &opts.mode)?;
            settle_name(&path)
        })
        .await?;
        Ok(PutResult { e_tag: None, version: None })
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        opts: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let path = self.0.path_to_filesystem(location)?;
        let inner = self.0.put_multipart_opts(location, opts).await?;
        Ok(Box::new(Upload { inner, path }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.0.get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.0.get_ranges(location, ranges).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.0.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.0.list(prefix)
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        self.0.list_with_offset(prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.0.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.0.copy_opts(from, to, options).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.0.rename_opts(from, to, options).await
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use futures_util::TryStreamExt;
    use object_store::ObjectStoreExt;

    #[tokio::test]
    async fn files_are_made_once_and_whole() {
        let folder = tempfile::tempdir().unwrap();
        let at =
            |name: &str| Path::from_absolute_path(folder.path().canonicalize().unwrap().join(name)).unwrap();
        let disk = Disk::new();
        let text = |text: &'static str| PutPayload::from_static(text.as_bytes());
        disk.put_opts(&at("log/deep/0.json"), text("one"), PutMode::Create.into()).await.unwrap();
        let twice = disk.put_opts(&at("log/deep/0.json"), text("two"), PutMode::Create.into()).await;
        assert!(matches!(twice, Err(Error::AlreadyExists { .. })), "{twice:?}");
        disk.put(&at("over"), text("one")).await.unwrap();
        disk.put(&at("over"), text("two")).await.unwrap();
        let mut upload = disk.put_multipart(&at("parts/p")).await.unwrap();
        upload.put_part(text("a")).await.unwrap();
        upload.put_part(text("b")).await.unwrap();
        upload.complete().await.unwrap();

        let read = async |name: &str| disk.get(&at(name)).await.unwrap().bytes().await.unwrap();
        assert_eq!(read("log/deep/0.json").await, "one");
        assert_eq!(read("over").await, "two");
        assert_eq!(read("parts/p").await, "ab");
        let all: Vec<_> = disk.list(Some(&at(""))).try_collect().await.unwrap();
        assert_eq!(all.len(), 3, "{all:?}");
        let left = |e: &walk::Entry| e.to_string_lossy().contains('#');
        assert!(!walk::all(folder.path()).iter().any(left), "nothing half written is left");
    }

    mod walk {
        pub(super) type Entry = std::ffi::OsString;

        pub(super) fn all(folder: &std::path::Path) -> Vec<Entry> {
            let mut names = Vec::new();
            for entry in std::fs::read_dir(folder).unwrap().flatten() {
                if entry.path().is_dir() {
                    names.extend(all(&entry.path()));
                }
                names.push(entry.file_name());
            }
            names
        }
    }

    #[tokio::test]
    async fn what_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), "").unwrap();
        let path = Path::from_absolute_path(folder.path().canonicalize().unwrap().join("file/in")).unwrap();
        let error = crate::Error::from(Disk::new().put(&path, PutPayload::new()).await.unwrap_err());
        assert!(error.message().contains("/file: "), "{error:?}");
    }
}
