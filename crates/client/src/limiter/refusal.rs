//! What the words of a refusal say about it.

use super::About;
use std::time::Duration;
use totalcloud_api::fault::ServiceFault;

/// What a refusal is about, and the wait it names, as far as its words say.
pub(crate) fn read(fault: &ServiceFault) -> (Option<About>, Option<Duration>) {
    let code = fault.code.as_deref().unwrap_or_default().to_ascii_lowercase();
    let message = fault.message.as_deref().unwrap_or_default().to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|w| code.contains(w) || message.contains(w));
    let about = if code == "1960" || says(&["concurren", "currently running"]) {
        Some(About::Concurrency)
    } else if code == "1965" || says(&["rate limit", "rate_limit", "run again for another", "quota"]) {
        Some(About::Rate)
    } else {
        None
    };
    (about, wait(&message))
}

/// "… for another 3 hours, 12 minutes and 5 seconds"
fn wait(message: &str) -> Option<Duration> {
    let (_, rest) = message.split_once("another ")?;
    let mut words = rest.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty()).peekable();
    let mut secs = 0u64;
    while let Some(word) = words.next() {
        let Ok(n) = word.parse::<u64>() else { continue };
        let unit = match words.peek() {
            Some(w) if w.starts_with("day") => 86_400,
            Some(w) if w.starts_with("hour") => 3_600,
            Some(w) if w.starts_with("min") => 60,
            Some(w) if w.starts_with("sec") => 1,
            _ => continue,
        };
        secs = secs.saturating_add(n.saturating_mul(unit));
    }
    (1..=7 * 86_400).contains(&secs).then(|| Duration::from_secs(secs))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_refusals_are_understood() {
        let xml = |code: u32, text: &str| {
            format!(
                "<SIMPLE_RETURN><RESPONSE><CODE>{code}</CODE><TEXT>{text}</TEXT></RESPONSE></SIMPLE_RETURN>"
            )
        };
        let json = |code: &str, text: &str| format!(r#"{{"errorCode":"{code}","message":"{text}"}}"#);
        for (body, about, secs) in [
            (xml(1965, "This API cannot be run again for another 45 seconds."), Some(About::Rate), Some(45)),
            (
                xml(1965, "This API cannot be run again for another 23 hours, 57 minutes and 54 seconds."),
                Some(About::Rate),
                Some(86_274),
            ),
            (
                xml(
                    1960,
                    "This API cannot be run again until one of the currently running instances has finished.",
                ),
                Some(About::Concurrency),
                None,
            ),
            (json("RATE_LIMIT_EXCEEDED", "API rate limit exceeded"), Some(About::Rate), None),
            (json("X", "Concurrency limit exceeded"), Some(About::Concurrency), None),
            (json("X", "try again in another 99999999999999999999 days"), None, None),
            (json("X", "try again in another 9999999999999999999 days"), None, None),
            ("Too Many Requests".to_owned(), None, None),
            (String::new(), None, None),
        ] {
            let fault = ServiceFault::from_body(409, body.as_bytes());
            assert_eq!(read(&fault), (about, secs.map(Duration::from_secs)), "{body}");
        }
    }
}
