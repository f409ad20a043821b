//! Where an estate is: a folder, or a prefix in an object store.
//!
//! A place knows the store below it, the URLs of its tables, and how one writer keeps the others away. Credentials of
//! object stores come from the variables that everybody's tools read; no message of this module ever holds a value
//! of one.

mod buckets;
mod disk;
mod lease;
mod lock;
mod logs;

pub use lock::{Guard, Holder, Told, Wait};

use crate::error::{Error, Kind, Result};
use crate::layout::TABLES;
use object_store::ObjectStore;
use object_store::memory::InMemory;
use object_store::path::Path as ObjectPath;
use object_store::prefix::PrefixStore;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use totalcloud::clock::{Clock, SystemClock};
use url::Url;

/// Where an estate is. Cheap to clone.
#[derive(Clone)]
pub struct Place {
    url: Url,
    /// The whole file system, or the whole bucket.
    root: Arc<dyn ObjectStore>,
    /// The estate alone.
    store: Arc<dyn ObjectStore>,
    folder: Option<PathBuf>,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The stores print what they are set up with; nobody needs that here.
        f.debug_tuple("Place").field(&self.to_string()).finish()
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.folder {
            Some(folder) => folder.display().fmt(f),
            None => f.write_str(self.url.as_str().trim_end_matches('/')),
        }
    }
}

impl Place {
    /// Reads a path or a URL: `DIR`, `file:///DIR`, `s3://BUCKET/PREFIX`, `az://CONTAINER/PREFIX`,
    /// `abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/PREFIX`, `gs://BUCKET/PREFIX`. Nothing is called or made.
    ///
    /// # Errors
    /// If it is none of these, or the variables that describe the object store do not fit together.
    pub fn parse(text: &str) -> Result<Place> {
        if text.trim().is_empty() {
            return Err(wrong("the path of the estate is empty")
                .hint("give a folder, or a URL such as s3://BUCKET/PREFIX"));
        }
        // One letter before the colon is a drive.
        match text.split_once("://").filter(|(scheme, _)| scheme.len() > 1) {
            None => Place::local(Path::new(text)),
            Some(("file", _)) => {
                let url = Url::parse(text).map_err(|_| not_a_url(text))?;
                let path = url.to_file_path().map_err(|()| {
                    wrong("a file:// URL of an estate needs an absolute path")
                        .hint("as in file:///var/estate")
                })?;
                Place::local(&path)
            }
            Some(_) => Place::remote(text),
        }
    }

    /// A folder of this machine, which need not exist.
    ///
    /// # Errors
    /// If the path cannot be made absolute.
    pub fn local(path: &Path) -> Result<Place> {
        let folder = absolute(path).map_err(|e| Error::from(e).about(path.display()))?;
        let url = Url::from_directory_path(&folder)
            .map_err(|()| wrong(format!("{} cannot be the path of an estate", folder.display())))?;
        let root: Arc<dyn ObjectStore> = Arc::new(disk::Disk::new());
        Place::at(url, root, Some(folder))
    }

    /// An estate that lives in memory and ends with the process.
    ///
    /// # Errors
    /// Never; it is made like the others.
    pub fn memory() -> Result<Place> {
        let url = Url::parse("memory:///estate/").map_err(|_| not_a_url("memory:///estate/"))?;
        Place::at(url, Arc::new(InMemory::new()), None)
    }

    fn remote(text: &str) -> Result<Place> {
        let mut url = Url::parse(text).map_err(|_| not_a_url(text))?;
        if url.password().is_some() || (!url.username().is_empty() && !url.scheme().starts_with("abfs")) {
            return Err(wrong("the URL of the estate holds credentials")
                .hint("leave them out of the URL; they come from the environment"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("the URL of the estate has a '?' or a '#'")
                .hint("settings of the object store come from the environment, not from its URL"));
        }
        // In a URL that was read they are gone, and it is another one.
        if text.split('/').any(|part| part == "." || part == "..") {
            return Err(wrong("the URL of the estate must not hold '.' or '..'"));
        }
        let path =
            url.path().split('/').filter(|s| !s.is_empty()).fold(String::from("/"), |p, s| p + s + "/");
        url.set_path(&path);
        let root = buckets::open(&url)?;
        Place::at(url, root, None)
    }

    fn at(url: Url, root: Arc<dyn ObjectStore>, folder: Option<PathBuf>) -> Result<Place> {
        logs::register();
        let prefix = ObjectPath::from_url_path(url.path()).map_err(|_| {
            wrong("the path of the estate holds characters that an object store does not take")
        })?;
        let store: Arc<dyn ObjectStore> = if prefix.as_ref().is_empty() {
            Arc::clone(&root)
        } else {
            Arc::new(PrefixStore::new(Arc::clone(&root), prefix))
        };
        Ok(Place { url, root, store, folder, clock: Arc::new(SystemClock::default()) })
    }

    /// The same place with another clock for what is locked and leased.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Place {
        self.clock = clock;
        self
    }

    /// The same place with another store below it, for tests that make a store fail.
    #[must_use]
    pub fn with_root(mut self, wrap: impl FnOnce(Arc<dyn ObjectStore>) -> Arc<dyn ObjectStore>) -> Place {
        self.root = wrap(self.root);
        let prefix = ObjectPath::from_url_path(self.url.path()).unwrap_or_default();
        self.store = Arc::new(PrefixStore::new(Arc::clone(&self.root), prefix));
        self
    }

    /// The store of the estate: the paths in it begin at the estate.
    #[must_use]
    pub fn store(&self) -> Arc<dyn ObjectStore> {
        Arc::clone(&self.store)
    }

    /// The URL of the estate, with a slash at its end.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The folder, where it is one.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// The URL of a table and the store to open it with: `DeltaTableBuilder::from_url(url)?
    /// .with_storage_backend(store, url)`. The store is the one of the whole disk or bucket, as Delta wants it.
    #[must_use]
    pub fn table(&self, name: &str) -> (Url, Arc<dyn ObjectStore>) {
        let mut url = self.url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend([TABLES, name, ""]);
        }
        (url, Arc::clone(&self.root))
    }

    /// Where the files of a table begin in [`Place::store`].
    #[must_use]
    pub fn table_path(&self, name: &str) -> ObjectPath {
        ObjectPath::from_iter([TABLES, name])
    }

    /// Makes the folder, for its owner alone. Object stores need no folders.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn create(&self) -> Result<()> {
        let Some(folder) = &self.folder else { return Ok(()) };
        make(folder).map_err(|e| Error::from(e).about(format_args!("cannot make {}", folder.display())))
    }

    /// Keeps other writers away until the guard is dropped. `who` is shown to those who wait.
    ///
    /// # Errors
    /// [`Kind::Busy`] if somebody else writes and the wait is over; or what the disk or the store says.
    pub async fn lock(&self, wait: Wait, who: &str) -> Result<Guard> {
        match &self.folder {
            Some(folder) => lock::file(folder, wait, who, &self.clock).await,
            None => lock::lease(Arc::clone(&self.store), &self.to_string(), wait, who, &self.clock).await,
        }
    }
}

fn wrong(message: impl Into<String>) -> Error {
    Error::new(Kind::Input, message)
}

fn not_a_url(text: &str) -> Error {
    // What stands before an '@' may be a password.
    let shown = text.rsplit_once('@').map_or(text, |(_, after)| after);
    wrong(format!("'{shown}' is not a URL of an estate"))
        .hint("as in s3://BUCKET/PREFIX, az://CONTAINER/PREFIX, gs://BUCKET/PREFIX or a path")
}

#[cfg(unix)]
fn make(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn make(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)
}

/// The path without links and dots, as far as it exists.
fn absolute(path: &Path) -> std::io::Result<PathBuf> {
    let path = std::path::absolute(path)?;
    let mut rest = Vec::new();
    let mut there = path.as_path();
    loop {
        match there.canonicalize() {
            Ok(mut found) => {
                found.extend(rest.into_iter().rev());
                return Ok(found);
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                let (Some(parent), Some(last)) = (there.parent(), there.components().next_back()) else {
                    return Err(e);
                };
                // Where nothing exists, `..` cannot be a link: it is the folder above.
                match last {
                    Component::ParentDir => there = parent.parent().unwrap_or(parent),
                    other => {
                        rest.push(other.as_os_str().to_owned());
                        there = parent;
                    }
                }
            }
            Err(e) => return Err(e),
        }
    }
}

#[cfg(test)]
mod tests;
