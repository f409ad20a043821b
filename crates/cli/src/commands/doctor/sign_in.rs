//! Each way to sign in that the settings hold, the permission, and the limits.

use super::finding::{Finding, Report};
use crate::error::CliError;
use crate::settings::{Key, Origin, Settings, Value, describe};
use std::time::Duration;
use totalcloud::limiter::Quota;
use totalcloud::transport::TransportOptions;
use totalcloud::{AuthKind, Client, Error, ErrorKind, Hosts, RetryPolicy, SignIn};
use totalcloud_api::endpoints::auth::LoginCheck;

/// Signs in by each way there is something for. A user name and a password that were refused once are not sent
/// again: a few wrong ones lock the user out.
pub(super) async fn look(
    settings: &mut Settings,
    hosts: &Hosts,
    options: &TransportOptions,
    reached: &[url::Origin],
    report: &mut Report,
) {
    let chosen = match settings.auth_kind() {
        Ok(Some(kind)) => kind,
        Ok(None) => {
            let e = CliError::usage("no credentials are given")
                .hint("run 'totalcloud auth login', or set TOTALCLOUD_USERNAME and TOTALCLOUD_PASSWORD");
            return report.add(Finding::failed("sign-in", "", &e));
        }
        Err(e) => return report.add(Finding::failed("sign-in", "", &e)),
    };
    let mut ways = vec![chosen];
    ways.extend(AuthKind::ALL.into_iter().filter(|kind| *kind != chosen && configured(settings, *kind)));
    let mut refused = false;
    let mut chosen_one = None;
    for kind in ways {
        let decisive = kind == chosen;
        let target = format!("{kind}: {}", describe(kind));
        let host = if kind == AuthKind::Basic { hosts.base() } else { hosts.gateway() };
        let by_password = matches!(kind, AuthKind::Basic | AuthKind::Jwt);
        if !reached.contains(&host.origin()) {
            report.add(Finding::skipped("sign-in", target, "its host cannot be reached"));
            continue;
        }
        if by_password && refused {
            report.add(Finding::skipped(
                "sign-in",
                target,
                "the password was refused; another try could lock the user out",
            ));
            continue;
        }
        match client(settings, kind, hosts, options) {
            Err(e) => report.add(Finding::failed("sign-in", target, &e).unless(decisive)),
            Ok(client) => match bounded(options, client.check()).await {
                Ok(sign_in) => {
                    report.add(accepted(&target, &sign_in));
                    for hint in &sign_in.hints {
                        report.add(Finding::warning(
                            "sign-in",
                            &target,
                            hint,
                            "check user name and platform",
                        ));
                    }
                    if decisive {
                        if by_password {
                            api_server(&client, hosts, options, reached, report).await;
                        }
                        chosen_one = Some(sign_in);
                    }
                }
                Err(e) => {
                    refused |= by_password && e.kind() == ErrorKind::Unauthenticated;
                    report.add(Finding::failed("sign-in", target, &e.into()).unless(decisive));
                }
            },
        }
    }
    if let Some(sign_in) = chosen_one {
        module(sign_in, report);
    }
}

/// Whether the settings hold what this way needs.
fn configured(settings: &Settings, kind: AuthKind) -> bool {
    let has = |key: Key| settings.values.contains_key(&key);
    let password = has(Key::Username) && (has(Key::Password) || has(Key::PasswordCommand));
    let client = has(Key::ClientId) && (has(Key::ClientSecret) || has(Key::ClientSecretCommand));
    match kind {
        // With an identity provider, user and client are its.
        AuthKind::Basic | AuthKind::Jwt => password && !has(Key::TokenUrl),
        AuthKind::Oidc => client && !has(Key::TokenUrl),
        AuthKind::Idp => has(Key::TokenUrl) && has(Key::ClientId) && (password || client),
        AuthKind::Token => has(Key::Token),
        AuthKind::Command => has(Key::TokenCommand),
        _ => false,
    }
}

fn client(
    settings: &Settings,
    kind: AuthKind,
    hosts: &Hosts,
    options: &TransportOptions,
) -> Result<Client, CliError> {
    let mut settings = settings.clone();
    settings.set(Key::Auth, Value::Text(kind.as_str().to_owned()), Origin::Default);
    let credentials = settings.credentials(&|_| Ok(None))?;
    let retry = RetryPolicy::never();
    Ok(Client::builder(hosts.clone())
        .network(options.clone())
        .credentials(credentials)
        .retry(retry)
        .build()?)
}

async fn bounded<T>(
    options: &TransportOptions,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    // A sign-in is up to three calls.
    let limit: Duration = options.timeouts.total * 3;
    match tokio::time::timeout(limit, work).await {
        Ok(done) => done,
        Err(_) => Err(Error::new(ErrorKind::Timeout, format!("no answer within {} s", limit.as_secs()))),
    }
}

fn accepted(target: &str, sign_in: &SignIn) -> Finding {
    let mut text = format!("{} accepts it", sign_in.host);
    let Some(expires) = sign_in.token.as_ref().and_then(|t| t.expires) else {
        return Finding::ok("sign-in", target, text);
    };
    text.push_str(&format!("; the token is good until {expires}"));
    if expires < jiff::Timestamp::now() {
        return Finding::warning(
            "sign-in",
            target,
            text,
            "by this machine's clock the token is over: check the clock",
        );
    }
    Finding::ok("sign-in", target, text)
}

/// The server of classic sign-ins, which few operations need.
async fn api_server(
    client: &Client,
    hosts: &Hosts,
    options: &TransportOptions,
    reached: &[url::Origin],
    report: &mut Report,
) {
    let target = format!("{} (api)", hosts.api().origin().ascii_serialization());
    if !reached.contains(&hosts.api().origin()) {
        return report.add(Finding::skipped("sign-in", target, "the host cannot be reached"));
    }
    match bounded(options, client.call(&LoginCheck::new())).await {
        Ok(_) => report.add(Finding::ok("sign-in", target, "the API server accepts it")),
        Err(e) => report.add(Finding::failed("sign-in", target, &e.into()).unless(false)),
    }
}

fn module(sign_in: SignIn, report: &mut Report) {
    match sign_in.module {
        Ok(()) => report.add(Finding::ok("module", "TotalCloud (CloudView)", "its API answers")),
        Err(e) => report.add(Finding::failed("module", "TotalCloud (CloudView)", &e.into())),
    }
    let told: Vec<&(&str, Quota)> =
        sign_in.quotas.iter().filter(|(_, q)| q.limit.is_some() || q.remaining.is_some()).collect();
    if told.is_empty() {
        report.add(Finding::ok("limits", "", "the service says nothing of limits"));
    }
    for (class, quota) in told {
        let window = quota.window.map(|w| format!(" in {} s", w.as_secs())).unwrap_or_default();
        let number = |n: Option<u64>| n.map_or_else(|| "?".to_owned(), |n| n.to_string());
        let text = format!(
            "{} of {} calls left{window}, {} at the same time",
            number(quota.remaining),
            number(quota.limit),
            quota.concurrency
        );
        report.add(match quota.remaining {
            Some(0) => {
                Finding::warning("limits", *class, text, "no call is let through until the window has passed")
            }
            _ => Finding::ok("limits", *class, text),
        });
    }
}
