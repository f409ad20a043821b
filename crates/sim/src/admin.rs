//! `/_sim`: what a test asks the simulator itself. No sign-in, no quota, no faults, no journal.

use crate::reply::Reply;
use crate::service::Service;
use http::{Method, StatusCode};
use serde_json::{Value, json};

pub(crate) fn answer(service: &Service, method: &Method, path: &str, body: &[u8]) -> Reply {
    match (method, path) {
        (&Method::GET, "/_sim/journal") => match serde_json::to_vec(&service.recorder.snapshot()) {
            Ok(body) => Reply::json(body),
            Err(e) => error(StatusCode::INTERNAL_SERVER_ERROR, &e.to_string()),
        },
        (&Method::GET, "/_sim/totals") => Reply::value(&service.true_counts()),
        (&Method::POST, "/_sim/advance") => advance(service, body),
        _ => error(
            StatusCode::NOT_FOUND,
            "the simulator has GET /_sim/journal, GET /_sim/totals and POST /_sim/advance",
        ),
    }
}

fn advance(service: &Service, body: &[u8]) -> Reply {
    let wrong = || {
        error(
            StatusCode::BAD_REQUEST,
            r#"send {"hours":24,"change":0.001} with hours from 0 and change 0 to 1"#,
        )
    };
    let Ok(Value::Object(ask)) = serde_json::from_slice(body) else { return wrong() };
    if ask.keys().any(|k| k != "hours" && k != "change") {
        return wrong();
    }
    let number = |name: &str| ask.get(name).map_or(Some(0.0), Value::as_f64);
    let (Some(hours), Some(change)) = (number("hours"), number("change")) else { return wrong() };
    if !(0.0..=87_600.0).contains(&hours) || !(0.0..=1.0).contains(&change) {
        return wrong();
    }
    service.advance(hours, change);
    let world = service.world();
    Reply::value(&json!({ "now": world.now().to_string(), "totals": world.totals() }))
}

fn error(status: StatusCode, message: &str) -> Reply {
    Reply { status, ..Reply::value(&json!({ "error": message })) }
}
