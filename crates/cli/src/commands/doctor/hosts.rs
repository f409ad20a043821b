//! The way to each host, and what its clock says.

use super::finding::{Finding, Report};
use crate::error::CliError;
use bytes::Bytes;
use futures_util::future::join_all;
use jiff::Timestamp;
use std::time::Duration;
use totalcloud::transport::{
    Certificate, Probe, RealTransport, Stage, Transport as _, TransportError, TransportOptions,
};
use totalcloud::{Error, Hosts};

/// Certificates that end sooner than this are told.
const SOON_DAYS: i64 = 21;
/// Tokens are good from an instant on; clocks that differ more than this are told.
const SKEW: Duration = Duration::from_secs(60);
/// Beyond this, tokens are refused.
const MUCH_SKEW: Duration = Duration::from_secs(300);

/// The host kinds, those with one address together.
fn places(hosts: &Hosts) -> Vec<(String, url::Url)> {
    let mut places: Vec<(String, url::Url)> = Vec::new();
    for (kind, url) in [("base", hosts.base()), ("gateway", hosts.gateway()), ("api", hosts.api())] {
        match places.iter_mut().find(|(_, other)| other.origin() == url.origin()) {
            Some((kinds, _)) => *kinds = format!("{kinds}, {kind}"),
            None => places.push((kind.to_owned(), url.clone())),
        }
    }
    places
}

/// The origins that answer.
pub(super) async fn look(hosts: &Hosts, options: &TransportOptions, report: &mut Report) -> Vec<url::Origin> {
    let places = places(hosts);
    let ways = join_all(places.iter().map(|(_, url)| async move {
        let probe = options.probe(url).await;
        let whole = probe.as_ref().is_ok_and(|p| p.steps.iter().all(|s| s.outcome.is_ok()));
        let head = if whole { Some(head(url, options).await) } else { None };
        (probe, head)
    }))
    .await;
    let mut reached = Vec::new();
    for ((kinds, url), (probe, head)) in places.iter().zip(ways) {
        let target = format!("{} ({kinds})", url.origin().ascii_serialization());
        match probe {
            Ok(probe) => steps(&target, &probe, report),
            // The settings of the network hold for all of them.
            Err(e) => {
                report.add(Finding::failed("settings", "network", &e.into()));
                return reached;
            }
        }
        match head {
            Some(Ok((status, date))) => {
                report.add(Finding::ok("http", &target, format!("it answers (status {status})")));
                report.add(clock(&target, date, Timestamp::now()));
                reached.push(url.origin());
            }
            Some(Err(e)) => report.add(Finding::failed("http", &target, &error(&e))),
            None => {}
        }
    }
    reached
}

fn error(e: &TransportError) -> CliError {
    let error = Error::new(e.kind(), e.to_string());
    match e.advice() {
        Some(advice) => error.with_hint(advice),
        None => error,
    }
    .into()
}

fn steps(target: &str, probe: &Probe, report: &mut Report) {
    for step in &probe.steps {
        let via = probe.proxy.as_ref().filter(|_| step.stage != Stage::Tls);
        let (check, target) = match (step.stage, via) {
            (Stage::Dns, Some(proxy)) => ("dns", format!("{proxy} for {target}")),
            (Stage::Dns, None) => ("dns", target.to_owned()),
            (Stage::Tcp, Some(proxy)) => ("tcp", format!("{proxy} for {target}")),
            (Stage::Tcp, None) => ("tcp", target.to_owned()),
            (Stage::Proxy, _) => ("proxy", target.to_owned()),
            _ => ("tls", target.to_owned()),
        };
        match &step.outcome {
            Ok(found) if step.stage == Stage::Tls => match &probe.certificate {
                Some(cert) => report.add(certificate(&target, found, cert, Timestamp::now())),
                None => report.add(Finding::ok(check, target, found)),
            },
            Ok(found) => {
                let found = format!("{found} ({} ms)", step.took.as_millis());
                report.add(Finding::ok(check, target, found));
            }
            Err(e) => report.add(Finding::failed(check, target, &error(e))),
        }
    }
}

fn certificate(target: &str, found: &str, cert: &Certificate, now: Timestamp) -> Finding {
    let days = cert.not_after.duration_since(now).as_hours() / 24;
    let text = format!("{found}; issued by '{}', {days} days left", cert.issuer);
    if days < SOON_DAYS {
        return Finding::warning(
            "tls",
            target,
            text,
            "it ends soon: whoever runs the host (or the proxy that inspects TLS) should renew it",
        );
    }
    Finding::ok("tls", target, text)
}

/// Asks a host for its front page, which needs no sign-in.
async fn head(
    url: &url::Url,
    options: &TransportOptions,
) -> Result<(u16, Option<Timestamp>), TransportError> {
    let broken = |what: &str| TransportError::new(totalcloud::transport::Fault::Request, what);
    let transport = RealTransport::new(options).map_err(|e| broken(e.message()))?;
    let agent = concat!("totalcloud/", env!("CARGO_PKG_VERSION"));
    let request = http::Request::get(url.as_str()).header("user-agent", agent).body(Bytes::new());
    let answer = transport.send(request.map_err(|_| broken("the address cannot be used"))?).await?;
    let date = answer.headers().get("date").and_then(|v| v.to_str().ok());
    let date = date.and_then(|d| jiff::fmt::rfc2822::parse(d).ok()).map(|z| z.timestamp());
    Ok((answer.status().as_u16(), date))
}

fn clock(target: &str, theirs: Option<Timestamp>, ours: Timestamp) -> Finding {
    let Some(theirs) = theirs else {
        return Finding::skipped("clock", target, "the host does not say what time it is");
    };
    let apart = ours.duration_since(theirs);
    let seconds = apart.as_secs();
    let side = if seconds >= 0 { "ahead of" } else { "behind" };
    let text = format!("this machine is {} s {side} the host", seconds.abs());
    let advice = "set this machine's clock, best by NTP: tokens are good from one instant to another";
    if apart.unsigned_abs() > MUCH_SKEW {
        Finding::failed("clock", target, &CliError::failed(text).hint(advice))
    } else if apart.unsigned_abs() > SKEW {
        Finding::warning("clock", target, text, advice)
    } else {
        Finding::ok("clock", target, text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_and_certificates_are_judged_by_how_far_they_are() {
        let at = |s: i64| Timestamp::from_second(1_800_000_000 + s).unwrap();
        let state = |f: Finding| {
            let mut report = Report::default();
            report.add(f);
            (report.rows()[0]["state"].as_str().unwrap().to_owned(), report.verdict().is_err())
        };
        for (theirs, word) in
            [(0, "ok"), (59, "ok"), (-61, "warning"), (299, "warning"), (301, "failed"), (-90_000, "failed")]
        {
            let (state, fails) = state(clock("x", Some(at(theirs)), at(0)));
            assert_eq!((state.as_str(), fails), (word, word == "failed"), "{theirs}");
        }
        assert_eq!(state(clock("x", None, at(0))).0, "skipped");
    }

    #[test]
    fn hosts_with_one_address_are_looked_at_once() {
        let kinds = |hosts: &Hosts| places(hosts).into_iter().map(|(k, _)| k).collect::<Vec<_>>();
        assert_eq!(kinds(&Hosts::single("https://x.example.com").unwrap()), ["base, gateway, api"]);
        assert_eq!(kinds(&Hosts::platform("qg3").unwrap()), ["base", "gateway", "api"]);
    }
}
