//! A way through the text of JSON, for those who need a little of it and need it of millions of rows.
//!
//! Nothing is copied and nothing decoded: a name or a text is given as it is written between its quotes. The
//! structure is checked, and so are numbers, escapes, `true`, `false` and `null`. Control characters inside of text,
//! which JSON forbids, are not looked for: see [`has_control`].
//! Whoever meets `None` has broken JSON, or some that is nested too deep, and reads it with `serde_json`, which
//! says what is wrong.

/// Values nested deeper are not gone down into.
pub const DEEPEST: usize = 64;

/// A place in the text.
///
/// ```
/// use totalcloud_api::scan::Scan;
/// let mut scan = Scan::new(br#" {"a": [1, "x"], "b": null} "#);
/// let mut fields = Vec::new();
/// scan.object(|scan, name| {
///     fields.push((name, scan.value()?));
///     Some(())
/// });
/// assert!(scan.ended());
/// assert_eq!(fields, [(&b"a"[..], &br#"[1, "x"]"#[..]), (b"b", b"null")]);
/// ```
#[derive(Debug, Clone)]
pub struct Scan<'a> {
    text: &'a [u8],
    at: usize,
    depth: usize,
}

impl<'a> Scan<'a> {
    /// The beginning of a text.
    pub fn new(text: &'a [u8]) -> Scan<'a> {
        Scan { text, at: 0, depth: 0 }
    }

    /// How many bytes are behind.
    #[inline]
    pub fn at(&self) -> usize {
        self.at
    }

    /// What lies between two places.
    #[inline]
    pub fn between(&self, from: usize, to: usize) -> Option<&'a [u8]> {
        self.text.get(from..to)
    }

    /// The next byte that is no white space, which is not passed.
    #[inline]
    pub fn peek(&mut self) -> Option<u8> {
        loop {
            match *self.text.get(self.at)? {
                byte if byte > b' ' => return Some(byte),
                b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
                byte => return Some(byte),
            }
        }
    }

    /// Whether nothing but white space is left.
    pub fn ended(&mut self) -> bool {
        self.peek().is_none()
    }

    #[inline]
    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    /// Passes an object. The function is called at the value of each field with its name, and has to pass it.
    #[inline]
    pub fn object(&mut self, mut field: impl FnMut(&mut Scan<'a>, &'a [u8]) -> Option<()>) -> Option<()> {
        self.take(b'{')?;
        self.depth += 1;
        if self.peek()? != b'}' {
            loop {
                let name = self.string()?;
                self.take(b':')?;
                self.peek()?;
                field(self, name)?;
                match self.peek()? {
                    b',' => self.at += 1,
                    b'}' => break,
                    _ => return None,
                }
            }
        }
        self.depth -= 1;
        self.at += 1;
        Some(())
    }

    /// Passes a list. The function is called at each item, and has to pass it.
    #[inline]
    pub fn array(&mut self, mut item: impl FnMut(&mut Scan<'a>) -> Option<()>) -> Option<()> {
        self.take(b'[')?;
        self.depth += 1;
        if self.peek()? != b']' {
            loop {
                self.peek()?;
                item(self)?;
                match self.peek()? {
                    b',' => self.at += 1,
                    b']' => break,
                    _ => return None,
                }
            }
        }
        self.depth -= 1;
        self.at += 1;
        Some(())
    }

    /// Passes a text; gives what is between its quotes, as it is written.
    #[inline]
    pub fn string(&mut self) -> Option<&'a [u8]> {
        self.take(b'"')?;
        let start = self.at;
        let mut at = start;
        loop {
            at = quote_or_escape(self.text, at)?;
            if self.text[at] == b'"' {
                self.at = at + 1;
                return self.text.get(start..at);
            }
            at += match self.text.get(at + 1)? {
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => 2,
                b'u' if self.text.get(at + 2..at + 6)?.iter().all(u8::is_ascii_hexdigit) => 6,
                _ => return None,
            };
        }
    }

    /// Passes a text without escapes; gives what is between its quotes. One with escapes is not passed.
    #[inline]
    pub fn plain(&mut self) -> Option<&'a [u8]> {
        self.take(b'"')?;
        let start = self.at;
        match quote_or_escape(self.text, start) {
            Some(at) if self.text[at] == b'"' => {
                self.at = at + 1;
                self.text.get(start..at)
            }
            _ => {
                self.at -= 1;
                None
            }
        }
    }

    /// Passes a number, `true`, `false` or `null`; gives it as it is written. What follows is for the next step.
    #[inline]
    pub fn scalar(&mut self) -> Option<&'a [u8]> {
        let first = self.peek()?;
        let rest = &self.text[self.at..];
        let length = match first {
            b'n' => rest.starts_with(b"null").then_some(4)?,
            b't' => rest.starts_with(b"true").then_some(4)?,
            b'f' => rest.starts_with(b"false").then_some(5)?,
            _ => number(rest)?,
        };
        self.at += length;
        rest.get(..length)
    }

    /// Passes any value; gives it as it is written.
    pub fn value(&mut self) -> Option<&'a [u8]> {
        let first = self.peek()?;
        let start = self.at;
        match first {
            b'{' | b'[' if self.depth >= DEEPEST => return None,
            b'{' => self.object(|scan, _| scan.value().map(drop))?,
            b'[' => self.array(|scan| scan.value().map(drop))?,
            b'"' => drop(self.string()?),
            _ => return self.scalar(),
        }
        self.text.get(start..self.at)
    }

    /// Passes an object or a list by its brackets alone, however deep it is; gives it as it is written.
    pub fn brackets(&mut self) -> Option<&'a [u8]> {
        self.peek()?;
        let start = self.at;
        let mut open = 0usize;
        loop {
            match *self.text.get(self.at)? {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'{' | b'[' => open += 1,
                b'}' | b']' => open = open.checked_sub(1)?,
                _ => {}
            }
            self.at += 1;
            if open == 0 {
                return self.text.get(start..self.at);
            }
        }
    }
}

/// The next quote or backslash. Names and texts are short, so that eight bytes at a time are looked at: longer steps
/// begin too slowly.
#[inline]
fn quote_or_escape(text: &[u8], mut at: usize) -> Option<usize> {
    const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & HIGH;
    while let Some(bytes) = text.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let word = u64::from_le_bytes(*bytes);
        // The lowest bit that is set is that of the first one; those above it may be wrong.
        let found =
            zeros(word ^ u64::from_ne_bytes([b'"'; 8])) | zeros(word ^ u64::from_ne_bytes([b'\\'; 8]));
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    let rest = text.get(at..)?.iter().position(|b| matches!(b, b'"' | b'\\'))?;
    Some(at + rest)
}

/// Whether there are control characters in it, be it in text, where they are wrong, or as line breaks outside.
pub fn has_control(text: &[u8]) -> bool {
    // Without a way out of the loop, so that many bytes are compared at once.
    text.iter().fold(u8::MAX, |least, byte| least.min(*byte)) < b' '
}

/// How long the number is with which a text begins, as JSON writes numbers.
#[inline]
fn number(text: &[u8]) -> Option<usize> {
    let digits = |from: usize| {
        let count = text.get(from..)?.iter().take_while(|b| b.is_ascii_digit()).count();
        (count > 0).then_some(from + count)
    };
    let start = usize::from(text.first() == Some(&b'-'));
    let mut at = if text.get(start) == Some(&b'0') { start + 1 } else { digits(start)? };
    if text.get(at) == Some(&b'.') {
        at = digits(at + 1)?;
    }
    if matches!(text.get(at), Some(b'e' | b'E')) {
        at = digits(at + 1 + usize::from(matches!(text.get(at + 1), Some(b'+' | b'-'))))?;
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    /// The value put together again from what is passed.
    fn rebuilt(scan: &mut Scan<'_>) -> Option<Value> {
        let text = |raw: &[u8]| serde_json::from_slice::<String>(&[b"\"", raw, b"\""].concat()).ok();
        Some(match scan.peek()? {
            b'{' => {
                let mut map = serde_json::Map::new();
                scan.object(|scan, name| {
                    map.insert(text(name)?, rebuilt(scan)?);
                    Some(())
                })?;
                map.into()
            }
            b'[' => {
                let mut list = Vec::new();
                scan.array(|scan| {
                    list.push(rebuilt(scan)?);
                    Some(())
                })?;
                list.into()
            }
            b'"' => text(scan.string()?)?.into(),
            _ => serde_json::from_slice(scan.scalar()?).ok()?,
        })
    }

    fn whole(text: &str) -> bool {
        let mut scan = Scan::new(text.as_bytes());
        scan.value().is_some_and(|value| value == text.trim().as_bytes()) && scan.ended()
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "[ -~\\n\"\\\\é日]{0,9}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                proptest::collection::vec(("[ -~\\n]{0,6}", inner), 0..5)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    #[test]
    fn broken_text_is_refused() {
        for broken in [
            "",
            " ",
            "{",
            "[",
            "\"",
            "\"\\",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{,}",
            "{a:1}",
            "[1,]",
            "[,1]",
            "[1 2]",
            "tru",
            "nul",
            "+1",
            "01",
            "-",
            "1.",
            ".5",
            "1e",
            "1e+",
            "0x1",
            "NaN",
            "1-2",
            "{\"a\" 1}",
            "]",
            "}",
            "{]",
            "[}",
        ] {
            assert!(!whole(broken), "{broken}");
            assert!(serde_json::from_str::<Value>(broken).is_err(), "{broken}");
        }
        assert!(!whole("1 1") && !whole("{} x"));
    }

    #[test]
    fn what_is_too_deep_is_passed_by_its_brackets_alone() {
        let nested = |deep: usize| format!("{}\"]\"{}", "[".repeat(deep), "]".repeat(deep));
        assert!(whole(&nested(DEEPEST)) && !whole(&nested(DEEPEST + 1)));
        let deep = nested(100_000);
        let mut scan = Scan::new(deep.as_bytes());
        assert_eq!(scan.brackets(), Some(deep.as_bytes()));
        assert!(scan.ended());
        for broken in ["", "[", "]", "{\"", "[\"\\\"]"] {
            assert_eq!(Scan::new(broken.as_bytes()).brackets(), None, "{broken}");
        }
    }

    proptest! {
        #[test]
        fn all_json_is_passed_and_read_as_others_read_it(value in values(), pretty in any::<bool>()) {
            let text = if pretty { format!("{value:#} ") } else { value.to_string() };
            prop_assert!(whole(&text));
            let mut scan = Scan::new(text.as_bytes());
            prop_assert_eq!(rebuilt(&mut scan), serde_json::from_str(&text).ok());
        }

        #[test]
        fn what_is_passed_is_json(text in "[\\[\\]{}\",:\\\\/tfnubl0-9.eE+\\- ]{0,30}") {
            let sound = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
            prop_assert_eq!(whole(&text), sound, "{}", text);
        }

        #[test]
        fn texts_with_escapes_are_passed(text in "\"(\\\\[\"\\\\/bfnrtux0]|[a-f0-9]{1,4}|[ -!]){0,8}\"?") {
            let sound = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
            prop_assert_eq!(whole(&text), sound, "{}", text);
        }

        #[test]
        fn a_text_is_plain_if_it_has_no_escapes(text in " ?\"[ -~é]{0,40}\"?x") {
            let (mut plain, mut string) = (Scan::new(text.as_bytes()), Scan::new(text.as_bytes()));
            let expected = string.string().filter(|raw| !raw.contains(&b'\\'));
            prop_assert_eq!(plain.plain(), expected);
            let next = if expected.is_some() { string.peek() } else { Some(b'"') };
            prop_assert_eq!(plain.peek(), next);
        }

        #[test]
        fn the_first_quote_or_escape_is_found(text in "[ -~é日\\x01\\x21\\x23]{0,40}", from in 0..10usize) {
            let found = text.bytes().enumerate().skip(from).find(|(_, b)| matches!(b, b'"' | b'\\')).map(|(at, _)| at);
            prop_assert_eq!(quote_or_escape(text.as_bytes(), from), found);
        }

        #[test]
        fn control_characters_are_seen(text in "[ -~é日]{0,40}[\\x00-\\x1f]?[ -~]{0,40}") {
            prop_assert_eq!(has_control(text.as_bytes()), text.bytes().any(|b| b < 32));
        }

        #[test]
        fn nothing_makes_it_fail(text in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = Scan::new(&text).value();
            let _ = Scan::new(&text).brackets();
            let _ = rebuilt(&mut Scan::new(&text));
        }
    }
}
