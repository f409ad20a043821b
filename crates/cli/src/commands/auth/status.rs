//! `totalcloud auth status`

use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::CliError;
use crate::rows::Fields;
use crate::settings::{Key, describe, secret_of};
use crate::single;
use bytes::Bytes;
use serde_json::{Map, Value, json};
use totalcloud_table::Format;

/// `auth status`: who signs in, how and where, and whether the service accepts it. Costs one or two calls.
#[derive(clap::Args)]
pub struct Status {
    #[command(flatten)]
    output: OutputArgs,
}

impl Status {
    pub(super) fn run(self, context: &Context) -> Result<(), CliError> {
        let (session, progress) = context.session()?;
        let hosts = session.client.hosts();
        let kind = session.client.auth_kind();
        let settings = &session.settings;
        let mut row: Vec<(&str, Value)> = Vec::new();
        let mut say = |name, value| row.push((name, value));
        say("profile", if settings.profile_exists { settings.profile_name().into() } else { Value::Null });
        say("platform", hosts.platform_name().into());
        say("base", hosts.base().as_str().into());
        say("gateway", hosts.gateway().as_str().into());
        say("api", hosts.api().as_str().into());
        say("auth", kind.as_str().into());
        say("means", describe(kind).into());
        say("username", settings.text(Key::Username).into());
        say("client_id", settings.text(Key::ClientId).into());
        let secret = secret_of(kind, settings.text(Key::Username).is_some());
        let from = secret.and_then(|key| settings.values.get(&key)).map(|s| s.origin.to_string());
        say("secret_from", from.into());
        let outcome = context.block_on(async { Ok(session.client.check().await) })?;
        progress.end();
        let error = match outcome {
            Ok(sign_in) => {
                say("accepted", sign_in.module.is_ok().into());
                let token = sign_in.token.unwrap_or_default();
                say("token_expires", token.expires.map(|t| t.to_string()).into());
                say("token_subject", token.subject.into());
                let quotas = sign_in.quotas.iter().map(|(class, quota)| {
                    json!({
                        "class": class,
                        "limit": quota.limit,
                        "window_seconds": quota.window.map(|w| w.as_secs()),
                        "remaining": quota.remaining,
                        "concurrency": quota.concurrency,
                    })
                });
                say("quotas", quotas.collect());
                sign_in.module.err()
            }
            Err(e) => {
                say("accepted", false.into());
                Some(e)
            }
        };
        if crate::rows::format(&self.output, &context.printer)? == Format::Table
            && self.output.columns.is_empty()
        {
            // A person reads it in the order in which it is said.
            let rows = row.into_iter().filter(|(name, _)| *name != "quotas");
            let rows = rows.map(|(field, value)| json!({"field": field, "value": value}));
            single::own(context, &self.output, &["field", "value"], rows, "sign_in")?;
        } else {
            let map: Map<String, Value> =
                row.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            let object = Bytes::from(Value::Object(map).to_string());
            single::print(context, &self.output, &Fields::Any, &object, "sign_in")?;
        }
        error.map_or(Ok(()), |e| Err(e.into()))
    }
}
