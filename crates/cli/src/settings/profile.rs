//! The config file: named profiles in TOML.
//!
//! ```toml
//! default_profile = "work"
//!
//! [profiles.work]
//! platform = "qg3"
//! auth = "jwt"
//! username = "quays3ab1"
//! ```

use super::table::{CONFIG_ENV, Form, Key, SETTINGS};
use crate::error::CliError;
use crate::nearest::nearest;
use crate::private;
use std::path::{Path, PathBuf};
use toml_edit::{DocumentMut, Item, Table, TableLike};

/// A value of a profile.
#[derive(Debug, Clone)]
pub enum Entry {
    /// Text, a number or a switch, as text.
    Text(String),
    /// A list of words.
    List(Vec<String>),
}

/// One profile. `Debug` is not derived: it may hold secrets.
#[derive(Clone)]
pub struct Profile {
    /// The file it is in.
    pub path: PathBuf,
    /// Its name.
    pub name: String,
    /// Its values.
    pub values: Vec<(Key, Entry)>,
}

/// The config file.
pub struct ConfigFile {
    /// Where it is, or would be.
    pub path: PathBuf,
    document: DocumentMut,
}

/// Where the config file is.
pub fn config_path(get: impl Fn(&str) -> Option<String>) -> Result<PathBuf, CliError> {
    use etcetera::BaseStrategy;
    if let Some(path) = get(CONFIG_ENV).filter(|p| !p.is_empty()) {
        return Ok(PathBuf::from(path));
    }
    let dirs = etcetera::choose_base_strategy().map_err(|_| {
        CliError::usage("your home directory is not known")
            .hint(format!("say where the config file is with {CONFIG_ENV}"))
    })?;
    Ok(dirs.config_dir().join("totalcloud").join("config.toml"))
}

impl ConfigFile {
    /// Reads the file. One that does not exist is an empty one.
    ///
    /// # Errors
    /// If it cannot be read, is no TOML, has unknown keys, or holds secrets that others may read.
    pub fn read(path: PathBuf) -> Result<ConfigFile, CliError> {
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(e) => return Err(CliError::failed(format!("{} cannot be read: {e}", path.display()))),
        };
        ConfigFile::parse(path, &text)
    }

    /// Takes the text of the file at this path.
    ///
    /// # Errors
    /// As those of [`ConfigFile::read`], but for the reading itself.
    pub fn parse(path: PathBuf, text: &str) -> Result<ConfigFile, CliError> {
        // The message of the parser shows the line at fault, which may be the one with the secret.
        let document: DocumentMut = text.parse().map_err(|e: toml_edit::TomlError| {
            let line = e.span().map_or(0, |s| text[..s.start.min(text.len())].matches('\n').count() + 1);
            CliError::usage(format!("{} is not valid TOML (line {line}): {}", path.display(), e.message()))
        })?;
        let file = ConfigFile { path, document };
        file.check()?;
        Ok(file)
    }

    fn check(&self) -> Result<(), CliError> {
        for (key, item) in self.document.iter() {
            match key {
                "default_profile" if item.is_str() => {}
                "profiles" if item.is_table_like() => {}
                "default_profile" | "profiles" => return Err(self.wrong(key, "has the wrong kind of value")),
                _ => return Err(self.unknown(key, "at the top", &["default_profile", "profiles"])),
            }
        }
        let known: Vec<&str> = SETTINGS.iter().filter_map(|s| s.profile).collect();
        for name in self.names() {
            let Some(table) = self.table(&name) else {
                return Err(self.wrong(&format!("profiles.{name}"), "is no table"));
            };
            for (key, item) in table.iter() {
                let Some(setting) = SETTINGS.iter().find(|s| s.profile == Some(key)) else {
                    return Err(self.unknown(key, &format!("in profile {name}"), &known));
                };
                if text_or_list(item, setting.form).is_none() {
                    return Err(self.wrong(&format!("profiles.{name}.{key}"), "has the wrong kind of value"));
                }
                let login = setting.form == Form::Proxy && item.as_str().is_some_and(|s| s.contains('@'));
                if setting.is_secret() || login {
                    private::check(&self.path, &format!("{name}.{key}"))?;
                }
            }
        }
        Ok(())
    }

    fn wrong(&self, key: &str, what: &str) -> CliError {
        CliError::usage(format!("{key} {what} in {}", self.path.display()))
    }

    fn unknown(&self, key: &str, place: &str, known: &[&'static str]) -> CliError {
        let near = nearest(key, known);
        let error = CliError::usage(format!("unknown key '{key}' {place} of {}", self.path.display()));
        if near.is_empty() {
            error.hint(format!("the keys are {}", known.join(", ")))
        } else {
            error.hint(format!("did you mean {}?", near.join(" or ")))
        }
    }

    /// The names of the profiles.
    pub fn names(&self) -> Vec<String> {
        let profiles = self.document.get("profiles").and_then(Item::as_table_like);
        profiles.map(|t| t.iter().map(|(name, _)| name.to_owned()).collect()).unwrap_or_default()
    }

    /// The profile that is used where none is asked for.
    pub fn default_profile(&self) -> Option<&str> {
        self.document.get("default_profile").and_then(Item::as_str)
    }

    fn table(&self, name: &str) -> Option<&dyn TableLike> {
        self.document.get("profiles")?.as_table_like()?.get(name)?.as_table_like()
    }

    /// The profile of this name.
    pub fn profile(&self, name: &str) -> Option<Profile> {
        let table = self.table(name)?;
        let values = SETTINGS
            .iter()
            .filter_map(|s| Some((s.key, text_or_list(table.get(s.profile?)?, s.form)?)))
            .collect();
        Some(Profile { path: self.path.clone(), name: name.to_owned(), values })
    }

    /// The error for a profile that is not there.
    pub fn no_profile(&self, name: &str) -> CliError {
        let names = self.names();
        let error = CliError::usage(format!("there is no profile '{name}' in {}", self.path.display()));
        if names.is_empty() {
            error.hint(format!("make it with: totalcloud auth login --profile {name}"))
        } else {
            error.hint(format!("the profiles are {}", names.join(", ")))
        }
    }

    /// Sets or removes values of a profile.
    pub fn set(&mut self, profile: &str, values: &[(Key, Option<Entry>)]) {
        let profiles = self.document.entry("profiles").or_insert_with(|| {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        });
        let Some(profiles) = profiles.as_table_like_mut() else { return };
        if !profiles.contains_key(profile) {
            profiles.insert(profile, Item::Table(Table::new()));
        }
        let Some(table) = profiles.get_mut(profile).and_then(Item::as_table_like_mut) else { return };
        for (key, entry) in values {
            let Some(name) = key.setting().profile else { continue };
            match entry {
                None => {
                    table.remove(name);
                }
                Some(entry) => {
                    table.insert(name, item(entry, key.setting().form));
                }
            }
        }
    }

    /// What is written.
    pub fn text(&self) -> String {
        self.document.to_string()
    }

    /// Writes the file whole or not at all, readable by its owner only.
    pub fn write(&self) -> Result<(), CliError> {
        let failed =
            |e: std::io::Error| CliError::failed(format!("{} cannot be written: {e}", self.path.display()));
        // A link stays one: what it points to is replaced.
        let path = std::fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(failed)?;
        // Files of this crate are made with mode 0600.
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
        std::io::Write::write_all(&mut file, self.text().as_bytes()).map_err(failed)?;
        file.as_file().sync_all().map_err(failed)?;
        file.persist(&path).map_err(|e| failed(e.error))?;
        Ok(())
    }
}

fn text_or_list(item: &Item, form: Form) -> Option<Entry> {
    match form {
        Form::List => {
            let items =
                item.as_array()?.iter().map(|v| v.as_str().map(str::to_owned)).collect::<Option<_>>()?;
            Some(Entry::List(items))
        }
        Form::Switch => item.as_bool().map(|b| Entry::Text(b.to_string())),
        Form::Number => item.as_integer().map(|n| Entry::Text(n.to_string())),
        Form::Text | Form::Secret | Form::Proxy | Form::Word(_) | Form::Duration | Form::Moment => {
            item.as_str().map(|s| Entry::Text(s.to_owned()))
        }
    }
}

fn item(entry: &Entry, form: Form) -> Item {
    match entry {
        Entry::List(items) => toml_edit::value(items.iter().collect::<toml_edit::Array>()),
        Entry::Text(text) => match form {
            Form::Switch => toml_edit::value(text == "true"),
            Form::Number => toml_edit::value(text.parse::<i64>().unwrap_or_default()),
            _ => toml_edit::value(text.as_str()),
        },
    }
}
