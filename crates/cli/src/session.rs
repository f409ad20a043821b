//! From settings to a client that can make calls.

use crate::error::CliError;
use crate::printer::{Printer, secret_from_stdin};
use crate::settings::{Key, Origin, Settings, Value, secret_of};
use bytes::Bytes;
use futures_util::StreamExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use totalcloud::observe::Observer;
use totalcloud::{AuthKind, Client, Error, ErrorKind, Exit, Hosts, InventoryApi, PageOptions, RetryPolicy};
use totalcloud_api::endpoints::OperationId;
use totalcloud_api::endpoints::connectors::Connector;
use totalcloud_api::operation::{Args, BodyFamily, Request};
use totalcloud_api::platform::Platform;
use totalcloud_api::provider::Spellings;
use totalcloud_api::{Operation, Provider};

/// The addresses that the settings name.
///
/// # Errors
/// If none are named, or one is malformed.
pub fn hosts(settings: &Settings) -> Result<Hosts, CliError> {
    let [base, gateway, api] = [Key::BaseUrl, Key::GatewayUrl, Key::ApiUrl].map(|k| settings.text(k));
    let mut hosts = match (settings.text(Key::Url), settings.text(Key::Platform)) {
        (Some(url), _) => Hosts::single(url)?,
        // A platform's name has no dot, the domain of a private cloud has.
        (None, Some(name)) if name.contains('.') => Hosts::private(name)?,
        (None, Some(name)) => Hosts::platform(name)?,
        (None, None) => match (base, gateway, api) {
            (Some(base), Some(gateway), Some(api)) => {
                Hosts::single(base)?.with_gateway(gateway)?.with_api(api)?
            }
            (None, None, None) => return Err(no_platform(settings)),
            _ => {
                return Err(CliError::usage("only some of the three addresses of the service are given")
                    .hint("give --base-url, --gateway-url and --api-url, or a platform for the others"));
            }
        },
    };
    if let Some(url) = base {
        hosts = hosts.with_base(url)?;
    }
    if let Some(url) = gateway {
        hosts = hosts.with_gateway(url)?;
    }
    if let Some(url) = api {
        hosts = hosts.with_api(url)?;
    }
    let hosts = hosts.allow_http(settings.switch(Key::AllowHttp));
    hosts.check().map_err(|e| {
        let message = e.message().to_owned();
        CliError::usage(message).hint("use https, or --allow-http if you accept that")
    })?;
    Ok(hosts)
}

fn no_platform(settings: &Settings) -> CliError {
    let error = CliError::usage("no platform is set");
    match settings.text(Key::Username).and_then(Platform::of_user) {
        Some(platform) => error.hint(format!(
            "your user name points to {platform}: give --platform {platform}, or set TOTALCLOUD_PLATFORM={platform}"
        )),
        None => error.hint(
            "give --platform or set TOTALCLOUD_PLATFORM, to qg1, qg2, qg3, eu1, … \
             (it stands in the address of the Qualys pages you sign in to); for one address of your own: --url",
        ),
    }
}

/// Which forms go out where the sources disagree.
pub fn spellings(settings: &Settings) -> Spellings {
    let mut spellings = Spellings::default();
    if let Some(word) = settings.text(Key::AzureSpelling) {
        word.clone_into(&mut spellings.azure);
    }
    if let Some(word) = settings.text(Key::OciSpelling) {
        word.clone_into(&mut spellings.oci);
    }
    if settings.text(Key::ConnectorIds) == Some("object") {
        spellings.other_bodies.push(BodyFamily::ConnectorIds);
    }
    if settings.text(Key::RuleIds) == Some("ruleIds") {
        spellings.other_bodies.push(BodyFamily::RuleIds);
    }
    spellings.other_first_pages = settings.text(Key::ReportPagesFrom) == Some("1");
    spellings
}

/// What is known before the first call.
pub struct Session {
    /// The client.
    pub client: Client,
    /// The settings it was made from.
    pub settings: Settings,
    /// Calls at the same time, at most.
    pub concurrency: usize,
}

/// Makes the client. Secrets are fetched here: from the settings, a command, the keyring, or a question.
///
/// # Errors
/// If something is missing, or does not fit together.
pub fn open(
    settings: Settings,
    printer: &Printer,
    password_stdin: bool,
    observer: Option<Arc<dyn Observer>>,
) -> Result<Session, CliError> {
    open_with(settings, printer, password_stdin, observer, RetryPolicy::default())
}

/// The folder for what runs share about a subscription; `None` where nothing is to be shared.
pub fn state_dir(settings: &Settings) -> Option<PathBuf> {
    use etcetera::BaseStrategy as _;
    match settings.text(Key::StateDir) {
        Some("none") => None,
        Some(dir) => Some(PathBuf::from(dir)),
        None => {
            let dirs = etcetera::choose_base_strategy().ok()?;
            Some(dirs.state_dir().unwrap_or_else(|| dirs.data_dir()).join("totalcloud"))
        }
    }
}

/// Makes the client of work that is tried again by another policy. The settings bound its waits all the same.
///
/// # Errors
/// See [`open`].
pub fn open_with(
    mut settings: Settings,
    printer: &Printer,
    password_stdin: bool,
    observer: Option<Arc<dyn Observer>>,
    mut retry: RetryPolicy,
) -> Result<Session, CliError> {
    if let Some(wait) = settings.text(Key::MaxWait) {
        retry = retry.max_wait(crate::duration::parse(wait).map_err(CliError::usage)?);
    }
    let hosts = hosts(&settings)?;
    if password_stdin {
        take_secret_from_stdin(&mut settings)?;
    }
    let credentials = settings.credentials(&|what| printer.ask_secret(what))?;
    let spellings = spellings(&settings);
    let network = crate::network::options(&mut settings, &|what| printer.ask_secret(what))?;
    let concurrency = settings.text(Key::Concurrency).and_then(|n| n.parse().ok()).unwrap_or(1);
    let mut builder = Client::builder(hosts)
        .network(network)
        .credentials(credentials)
        .spellings(spellings)
        .concurrency(concurrency)
        .retry(retry);
    if let Some(observer) = observer {
        builder = builder.observer(observer);
    }
    if let Some(dir) = state_dir(&settings) {
        builder = builder.state_dir(dir);
    }
    let client = builder.build()?;
    for hint in client.hints() {
        printer.warn(&hint);
    }
    Ok(Session { client, settings, concurrency })
}

impl Session {
    /// Which inventory operation lists resources.
    pub fn inventory_api(&self) -> InventoryApi {
        match self.settings.text(Key::InventoryApi) {
            Some("v2") => InventoryApi::V2,
            Some("auto") => InventoryApi::Auto,
            _ => InventoryApi::V1,
        }
    }

    /// The request of an operation, with its arguments checked.
    ///
    /// # Errors
    /// If an argument does not fit.
    pub fn request(&self, operation: &'static Operation, args: &Args) -> Result<Request, CliError> {
        Ok(operation.request(args, self.client.spellings())?)
    }

    /// The body of an answer as it came.
    ///
    /// # Errors
    /// If an argument does not fit, or the call fails for good.
    pub async fn body(&self, operation: &'static Operation, args: Args) -> Result<Bytes, CliError> {
        let request = self.request(operation, &args)?;
        Ok(self.client.send(&request).await?.body)
    }

    /// The first object that one of several calls finds, for ids that do not say where they belong.
    ///
    /// # Errors
    /// If none finds one: the first error that says more than that.
    pub async fn first_found(
        &self,
        operation: &'static Operation,
        tries: Vec<Args>,
    ) -> Result<Bytes, CliError> {
        // All arguments are checked before the first call.
        let requests =
            tries.iter().map(|args| self.request(operation, args)).collect::<Result<Vec<_>, _>>()?;
        let mut failure: Option<Error> = None;
        for request in &requests {
            match self.client.send(request).await {
                Ok(answer) => return Ok(answer.body),
                // An unknown id may be refused as wrong as well as not found.
                Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::Refused) => {
                    failure = match failure {
                        Some(first) if first.kind() != ErrorKind::NotFound => Some(first),
                        _ => Some(e),
                    };
                }
                Err(e) => return Err(e.into()),
            }
        }
        Err(match failure {
            Some(e) => e.into(),
            None => CliError::new(Exit::NotFound, "there is nowhere to look").operation(operation.id),
        })
    }

    /// All rows of a listing.
    ///
    /// # Errors
    /// If a page fails, or rows are missing.
    pub async fn all_rows(&self, operation: &'static Operation, args: Args) -> Result<Vec<Bytes>, CliError> {
        let request = self.request(operation, &args)?;
        Ok(self.client.pages(request, PageOptions::default())?.collect_rows().await?)
    }

    /// What an operation reads; nothing where there is no such thing. A refusal is no proof of that, so it is an error.
    ///
    /// # Errors
    /// If an argument does not fit, or the call fails for good.
    pub async fn seen(&self, operation: &'static Operation, args: Args) -> Result<Option<Bytes>, CliError> {
        let request = self.request(operation, &args)?;
        match self.client.send(&request).await {
            Ok(answer) => Ok(Some(answer.body)),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    /// As [`seen`](Session::seen), for ids that may be wrong: an unknown id may be refused as wrong as well as not
    /// found.
    ///
    /// # Errors
    /// As [`seen`](Session::seen).
    pub async fn sought(&self, operation: &'static Operation, args: Args) -> Result<Option<Bytes>, CliError> {
        let request = self.request(operation, &args)?;
        match self.client.send(&request).await {
            Ok(answer) => Ok(Some(answer.body)),
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::Refused) => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    /// The first row of a listing that is looked for; the pages after it are not read.
    ///
    /// # Errors
    /// If a page fails, or rows are missing and it is not among those that came.
    pub async fn find_row(
        &self,
        operation: &'static Operation,
        args: Args,
        wanted: impl Fn(&serde_json::Value) -> bool,
    ) -> Result<Option<Bytes>, CliError> {
        let request = self.request(operation, &args)?;
        let mut pages = std::pin::pin!(self.client.pages(request, PageOptions::default())?);
        while let Some(page) = pages.next().await {
            let is = |row: &&Bytes| serde_json::from_slice(row).is_ok_and(|value| wanted(&value));
            if let Some(row) = page?.rows.iter().find(is) {
                return Ok(Some(row.clone()));
            }
        }
        Ok(None)
    }

    /// The accounts that have a connector, each once.
    ///
    /// # Errors
    /// If the connectors cannot be listed.
    pub async fn accounts(&self, providers: &[Provider]) -> Result<Vec<(Provider, String)>, CliError> {
        let operation = OperationId::ConnectorsList.operation();
        let mut found = Vec::new();
        for provider in providers {
            let args = Args::from_iter([("provider".to_owned(), provider.as_str().into())]);
            for row in self.all_rows(operation, args).await? {
                let connector = totalcloud_api::model::from_slice::<Connector>(&row).unwrap_or_default();
                if let Some(account) = connector.account() {
                    let place = (*provider, account.to_owned());
                    if !found.contains(&place) {
                        found.push(place);
                    }
                }
            }
        }
        Ok(found)
    }

    /// The provider of a connector, which its id does not say.
    ///
    /// # Errors
    /// If no provider has it, or a call fails for good.
    pub async fn provider_of_connector(
        &self,
        providers: &[Provider],
        id: &str,
    ) -> Result<Provider, CliError> {
        let operation = OperationId::ConnectorsGet.operation();
        for provider in providers {
            let args = Args::from_iter([
                ("provider".to_owned(), provider.as_str().into()),
                ("connectorId".to_owned(), id.into()),
            ]);
            let request = self.request(operation, &args)?;
            match self.client.send(&request).await {
                Ok(_) => return Ok(*provider),
                Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::Refused) => {}
                Err(e) => return Err(e.into()),
            }
        }
        Err(CliError::new(Exit::NotFound, format!("no provider has a connector with the id '{id}'"))
            .operation(operation.id)
            .hint("'totalcloud connectors list' shows the ids there are"))
    }
}

/// Puts the first line of standard input where the way to sign in wants its secret.
pub fn take_secret_from_stdin(settings: &mut Settings) -> Result<(), CliError> {
    let kind = settings.auth_kind()?.unwrap_or(AuthKind::Basic);
    let Some(key) = secret_of(kind, settings.text(Key::Username).is_some()) else {
        return Err(CliError::usage(format!("signing in by {kind} takes no secret from standard input")));
    };
    settings.set(key, Value::Secret(secret_from_stdin()?), Origin::Stdin);
    Ok(())
}
