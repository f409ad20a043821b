//! How is a Slack channel told of each failing control that matters?
//!
//! Makes an action that posts to the channel and a rule that uses it. The webhook is a secret, so it comes from the
//! environment: `SLACK_WEBHOOK=https://…`
//!
//! `cargo run -p totalcloud --example alert_on_findings -- '#cloud-alerts'`
#![allow(clippy::print_stdout)]

mod shared;

use totalcloud::api::Provider;
use totalcloud::api::endpoints::alerts::{ActionRequest, CreateRule, CreateSlackAction, GetRule, Wrapped};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let channel = std::env::args().nth(1).ok_or("which channel?")?;
    let client = shared::client()?;

    let webhook = std::env::var("SLACK_WEBHOOK")?;
    let made = client.get(&CreateSlackAction::new("Cloud alerts", &channel, webhook)).await?;
    let action = id_of(made).ok_or("the service does not say which action it made")?;

    let mut request = ActionRequest::default();
    request.action_id = Some(action);
    request.action_type = Some("slack".to_owned());
    request.slack_channel = Some(channel);
    let query = "control.criticality:HIGH AND control.result:FAIL";
    let rule = CreateRule::new(Provider::Aws, "simple_alert", "High findings to Slack", query, vec![request]);
    let rule = id_of(client.get(&rule).await?).ok_or("the service does not say which rule it made")?;

    // What the service stored is what counts.
    let stored = client.get(&GetRule::new(rule)).await?.ok_or("the rule is not there")?;
    println!(
        "{} is {}",
        stored.name.as_deref().unwrap_or("(no name)"),
        stored.rule_state.as_deref().unwrap_or("(no state)")
    );
    Ok(())
}

/// The id of what was made: the answers to writes are wrapped.
fn id_of(made: Option<Wrapped>) -> Option<String> {
    Some(made?.body?.get("id")?.as_str()?.to_owned())
}
