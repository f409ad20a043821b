//! Where the estate is, and what the command says of its errors.

use crate::context::Context;
use crate::error::CliError;
use crate::settings::{Key, Settings};
use totalcloud::Exit;
use totalcloud_estate::place::Place;
use totalcloud_estate::store::Estate;
use totalcloud_estate::{Error, Kind};

/// Where the settings say the estate is: by default a folder of the profile in the user's data folder.
///
/// # Errors
/// If the address is none, or there is no home directory.
pub fn place(settings: &Settings) -> Result<Place, CliError> {
    use etcetera::BaseStrategy as _;
    if let Some(address) = settings.text(Key::Estate) {
        return Ok(Place::parse(address)?);
    }
    let dirs = etcetera::choose_base_strategy().map_err(|_| {
        CliError::usage("your home directory is not known")
            .hint("say where the estate is with --estate (TOTALCLOUD_ESTATE)")
    })?;
    let profile = settings.text(Key::Profile).unwrap_or("default");
    Ok(Place::local(&dirs.data_dir().join("totalcloud").join("estates").join(profile))?)
}

/// Opens the estate that the settings name.
///
/// # Errors
/// If there is none, or it cannot be read.
pub async fn open(settings: &Settings) -> Result<Estate, CliError> {
    Ok(Estate::open(&place(settings)?).await?)
}

/// The context of commands that compute, and the merged settings.
///
/// # Errors
/// See [`Settings::load`].
pub fn settings(context: &Context) -> Result<Settings, CliError> {
    context.on_all_cores().settings()
}

impl From<Error> for CliError {
    fn from(e: Error) -> CliError {
        if let Some(service) = e.service() {
            return service.clone().into();
        }
        let exit = match e.kind() {
            Kind::Missing => Exit::NotFound,
            Kind::Input => Exit::Usage,
            _ => Exit::Failed,
        };
        let error = CliError::new(exit, e.message());
        match e.advice() {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}
