//! How texts are compared: by words without regard to case, by number, by pattern.

use std::cmp::Ordering;

/// Lower case character by character, so that both sides of a comparison are treated alike.
pub(super) fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// Whether a text is the given one, which is folded.
pub(super) fn same(text: &str, folded: &str) -> bool {
    if text.is_ascii() {
        return text.eq_ignore_ascii_case(folded);
    }
    text.chars().flat_map(char::to_lowercase).eq(folded.chars())
}

/// The words of a text: runs of letters, digits and `_`.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> + Clone {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty())
}

/// Whether the text contains these folded words one after the other.
pub(super) fn contains_run(text: &str, run: &[String]) -> bool {
    let Some((first, others)) = run.split_first() else { return true };
    let mut ahead = words(text);
    while let Some(word) = ahead.next() {
        if same(word, first) {
            let mut following = ahead.clone();
            if others.iter().all(|wanted| following.next().is_some_and(|found| same(found, wanted))) {
                return true;
            }
        }
    }
    false
}

/// Whether the folded text fits a folded pattern, in which `*` stands for any text.
pub(super) fn fits(text: &str, pattern: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut left) = text.strip_prefix(pieces.next().unwrap_or_default()) else { return false };
    let Some(last) = pieces.next_back() else { return left.is_empty() };
    for piece in pieces {
        match left.find(piece) {
            Some(found) => left = &left[found + piece.len()..],
            None => return false,
        }
    }
    left.ends_with(last)
}

/// A number as written in a query or held by a field. Whole numbers are compared exactly.
#[derive(Debug, Clone, Copy)]
pub(super) enum Number {
    Whole(i64),
    Real(f64),
}

impl Number {
    /// Reads digits with an optional sign and an optional fraction; nothing else is a number.
    pub(super) fn parse(text: &str) -> Option<Number> {
        let text = text.trim();
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        if !digits.starts_with(|c: char| c.is_ascii_digit())
            || !digits.ends_with(|c: char| c.is_ascii_digit())
            || !digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        {
            return None;
        }
        match text.parse::<i64>() {
            Ok(whole) => Some(Number::Whole(whole)),
            Err(_) => text.parse::<f64>().ok().map(Number::Real),
        }
    }

    pub(super) fn compare(self, other: Number) -> Option<Ordering> {
        match (self, other) {
            (Number::Whole(a), Number::Whole(b)) => Some(a.cmp(&b)),
            _ => self.real().partial_cmp(&other.real()),
        }
    }

    fn real(self) -> f64 {
        match self {
            Number::Whole(n) => n as f64,
            Number::Real(n) => n,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_words_are_found_without_regard_to_case() {
        let run = |text: &str| words(&fold(text)).map(str::to_owned).collect::<Vec<_>>();
        for (text, wanted, expected) in [
            ("Ensure MFA is enabled", "mfa", true),
            ("Ensure MFA is enabled", "MFA enabled", false),
            ("a a b", "a b", true),
            ("us-east-1", "us-east-1", true),
            ("us-east-10", "us-east-1", false),
            ("PASSE", "PASS", false),
            ("REGIONS_DISCOVERED", "regions", false),
            ("ÉCOLE Straße", "école", true),
            ("", "a", false),
            ("a", "", true),
        ] {
            assert_eq!(contains_run(text, &run(wanted)), expected, "{wanted} in {text}");
        }
    }

    #[test]
    fn patterns() {
        for (text, pattern, expected) in [
            ("webserver", "web*", true),
            ("webserver", "*server", true),
            ("webserver", "w*s*r", true),
            ("webserver", "*", true),
            ("webserver", "**", true),
            ("web", "web*web", false),
            ("webweb", "web*web", true),
            ("aba", "ab*ba", false),
            ("myweb", "web*", false),
            ("", "*", true),
            ("web", "web", true),
            ("webs", "web", false),
        ] {
            assert_eq!(fits(text, pattern), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn numbers() {
        for text in ["", "-", ".5", "5.", "1e5", "nan", "inf", "0x1", "1.2.3", "12a"] {
            assert!(Number::parse(text).is_none(), "{text}");
        }
        let cmp = |a: &str, b: &str| Number::parse(a).unwrap().compare(Number::parse(b).unwrap());
        assert_eq!(cmp("9007199254740993", "9007199254740992"), Some(Ordering::Greater));
        assert_eq!(cmp("2", "2.5"), Some(Ordering::Less));
        assert_eq!(cmp("-1", "+1"), Some(Ordering::Less));
        assert_eq!(cmp("10", "9"), Some(Ordering::Greater));
    }
}
