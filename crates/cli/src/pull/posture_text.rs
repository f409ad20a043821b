//! The posture as a page for a person, 80 columns wide.

use super::posture::{Criticality, Posture};
use super::report::{count, number};
use std::fmt::Write;
use totalcloud_api::Provider;

/// How many entries lists show.
const TOP: usize = 8;
/// The width of the page.
const WIDTH: usize = 80;

/// Where words stand out, if they may.
struct Page {
    text: String,
    color: bool,
}

impl Page {
    fn paint(&self, text: &str, code: &str) -> String {
        if self.color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn title(&mut self, text: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        let title = self.paint(text, "1");
        self.text.push_str(&title);
        self.text.push('\n');
    }

    fn line(&mut self, text: &str) {
        self.text.push_str(format!("  {text}").trim_end());
        self.text.push('\n');
    }

    fn more(&mut self, shown: usize, all: usize) {
        if all > shown {
            self.line(&format!("… and {} more", number((all - shown) as u64)));
        }
    }
}

const COLORS: [&str; 3] = ["31", "33", "36"];

fn cut(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    let mut out: String = text.chars().take(room.saturating_sub(1)).collect();
    out.push('…');
    out
}

fn bar(value: u64, largest: u64, room: usize) -> String {
    if value == 0 {
        return String::new();
    }
    let length = (value as f64 / largest.max(1) as f64 * room as f64).round() as usize;
    "█".repeat(length.clamp(1, room))
}

/// Writes the page.
pub fn render(posture: &Posture, color: bool) -> String {
    let mut page = Page { text: String::new(), color };
    overview(posture, &mut page);
    criticality(posture, &mut page);
    controls(posture, &mut page);
    accounts(posture, &mut page);
    exposed(posture, &mut page);
    resources(posture, &mut page);
    broken(posture, &mut page);
    page.text
}

fn overview(posture: &Posture, page: &mut Page) {
    page.title("The estate");
    for provider in Provider::ALL {
        let name = provider.as_str();
        let accounts = posture.accounts.keys().filter(|(p, _)| p == name).count() as u64;
        let prefix = format!("{name}_");
        let of: Vec<u64> = posture
            .resources
            .iter()
            .filter(|(t, n)| t.starts_with(&prefix) && **n > 0)
            .map(|(_, n)| *n)
            .collect();
        if accounts == 0 && of.is_empty() {
            continue;
        }
        page.line(&format!(
            "{name:<6} {:>14}  {:>18} of {}",
            count(accounts, "account", "accounts"),
            count(of.iter().sum(), "resource", "resources"),
            count(of.len() as u64, "type", "types"),
        ));
    }
}

fn criticality(posture: &Posture, page: &mut Page) {
    let sum = |f: fn(&super::posture::Results) -> u64| posture.results.iter().map(f).sum::<u64>();
    let (passed, failed, open) = (sum(|r| r.passed), sum(|r| r.failed), sum(|r| r.open));
    if passed + failed + open == 0 {
        return;
    }
    page.title("Controls, evaluated in each account");
    let share = failed as f64 * 100.0 / (passed + failed).max(1) as f64;
    page.line(&format!(
        "{} passed, {} failed ({share:.0} %), {} not evaluated yet",
        number(passed),
        number(failed),
        number(open)
    ));
    let largest = posture.results.iter().map(|r| r.failed).max().unwrap_or(0);
    for (at, level) in Criticality::ALL.into_iter().enumerate() {
        let failed = posture.results[at].failed;
        let drawn = page.paint(&bar(failed, largest, 48), COLORS[at]);
        page.line(&format!("{:<6} {:>7} failed  {drawn}", level.as_str(), number(failed)));
    }
}

fn controls(posture: &Posture, page: &mut Page) {
    let mut failing: Vec<_> = posture.controls.iter().collect();
    if failing.is_empty() {
        return;
    }
    failing.sort_by_key(|(key, c)| {
        (c.criticality, std::cmp::Reverse((c.accounts, c.resources)), (*key).clone())
    });
    page.title("What fails most, the most critical first");
    page.line(&format!(
        "{:<6} {:<5} {:>5}  {:<40} {:>4} {:>9}",
        "", "cloud", "cid", "control", "accs", "resources"
    ));
    for ((provider, id), control) in failing.iter().take(TOP) {
        let level = format!("{:<6}", Criticality::ALL[control.criticality].as_str());
        page.line(&format!(
            "{} {provider:<5} {id:>5}  {:<40} {:>4} {:>9}",
            page.paint(&level, COLORS[control.criticality]),
            cut(&control.name, 40),
            number(control.accounts),
            number(control.resources)
        ));
    }
    page.more(TOP, failing.len());
}

fn accounts(posture: &Posture, page: &mut Page) {
    let mut worst: Vec<_> = posture.accounts.iter().filter(|(_, a)| a.failed != [0; 3]).collect();
    if worst.is_empty() {
        return;
    }
    worst.sort_by_key(|(key, a)| (std::cmp::Reverse((a.failed, a.failed_resources)), (*key).clone()));
    page.title("The worst accounts");
    page.line(&format!(
        "{:<5} {:<41} {:>6} {:>6} {:>6} {:>9}",
        "cloud", "account", "HIGH", "MEDIUM", "LOW", "resources"
    ));
    for ((provider, id), account) in worst.iter().take(TOP) {
        let name = match &account.name {
            Some(name) if name != id => {
                format!("{} ({})", cut(name, 38usize.saturating_sub(id.chars().count().min(20))), cut(id, 20))
            }
            _ => id.clone(),
        };
        let [high, medium, low] = account.failed.map(number);
        page.line(&format!(
            "{provider:<5} {:<41} {} {medium:>6} {low:>6} {:>9}",
            cut(&name, 41),
            page.paint(&format!("{high:>6}"), COLORS[0]),
            number(account.failed_resources)
        ));
    }
    page.more(TOP, worst.len());
}

fn exposed(posture: &Posture, page: &mut Page) {
    page.title("Instances with a public address and severe vulnerabilities");
    page.line(&format!(
        "{} of {} with a public address",
        number(posture.exposed.len() as u64),
        count(posture.reachable, "instance", "instances")
    ));
    let mut found: Vec<_> = posture.exposed.iter().collect();
    found.sort_by_key(|e| (std::cmp::Reverse(e.severe), &e.provider, &e.name));
    if !found.is_empty() {
        page.line(&format!(
            "{:<5} {:<27} {:<15} {:<14} {:>5} {:>5}",
            "cloud", "instance", "address", "region", "sev 5", "sev 4"
        ));
    }
    for e in found.iter().take(TOP) {
        let [urgent, critical] = e.severe.map(number);
        page.line(&format!(
            "{:<5} {:<27} {:<15} {:<14} {} {critical:>5}",
            e.provider,
            cut(&e.name, 27),
            cut(&e.address, 15),
            cut(&e.region, 14),
            page.paint(&format!("{urgent:>5}"), COLORS[0]),
        ));
    }
    page.more(TOP, found.len());
}

fn resources(posture: &Posture, page: &mut Page) {
    let mut types: Vec<(&String, &u64)> = posture.resources.iter().filter(|(_, n)| **n > 0).collect();
    if types.is_empty() {
        return;
    }
    types.sort_by_key(|(name, n)| (std::cmp::Reverse(**n), (*name).clone()));
    page.title("Resources by type");
    let largest = types.first().map_or(0, |(_, n)| **n);
    for (name, n) in types.iter().take(TOP) {
        page.line(&format!("{name:<32} {:>8}  {}", number(**n), bar(**n, largest, 30)));
    }
    page.more(TOP, types.len());
}

fn broken(posture: &Posture, page: &mut Page) {
    if posture.broken.is_empty() {
        return;
    }
    let mut broken: Vec<_> = posture.broken.iter().collect();
    broken.sort();
    page.title("Connectors that do not work; what they stand for is out of date");
    for b in broken.iter().take(TOP) {
        let mut line = String::new();
        let _ = write!(line, "{:<5} {}: {}", b.provider, b.name, b.error);
        page.line(&cut(&line, WIDTH - 2));
    }
    page.more(TOP, broken.len());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pull::posture::{Broken, Exposed, Failing, Results};

    fn posture() -> Posture {
        let mut p = Posture::default();
        p.resources.insert("aws_ec2_instance".into(), 1200);
        p.resources.insert("aws_vpc".into(), 0);
        let account = p.accounts.entry(("aws".into(), "123456789012".into())).or_default();
        account.name = Some("a-very-long-name-of-an-account-that-somebody-gave-it".into());
        account.failed = [3, 2, 1];
        account.failed_resources = 12_345;
        p.results[0] = Results { passed: 7, failed: 3, open: 1 };
        let name = "Ensure that a name that is much longer than its column is cut".to_owned();
        p.controls
            .insert(("aws".into(), "41".into()), Failing { name, criticality: 0, accounts: 1, resources: 9 });
        p.reachable = 2;
        p.exposed.push(Exposed {
            severe: [2, 10],
            provider: "azure".into(),
            name: "i-0123456789abcdef0".into(),
            address: "192.0.2.1".into(),
            region: "ap-southeast-2".into(),
        });
        p.broken.push(Broken { provider: "gcp".into(), name: "c".into(), error: "x".repeat(100) });
        p
    }

    #[test]
    fn the_page_fits_and_is_plain_where_it_should_be() {
        let text = render(&posture(), false);
        for line in text.lines() {
            assert!(line.chars().count() <= WIDTH, "{}: {line}", line.chars().count());
            assert_eq!(line, line.trim_end());
        }
        assert!(!text.contains('\x1b'));
        for part in ["3 failed (30 %)", "1,200", "123456789012", "1 of 2 instances", "12,345"] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        assert!(!text.contains("aws_vpc"), "{text}");
        assert!(render(&posture(), true).contains("\x1b[31m"));
    }

    #[test]
    fn what_is_not_there_has_no_section() {
        let text = render(&Posture::default(), false);
        assert!(!text.contains("worst") && !text.contains("Controls"), "{text}");
    }
}
