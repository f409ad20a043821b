//! Text of the service, which writes HTML in places, as plain text.

/// Text without tags, with breaks where paragraphs, items and lines end.
pub(super) fn plain(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        let (before, markup) = rest.split_at(at);
        text.push_str(before);
        rest = match markup.as_bytes().get(1) {
            Some(b'a'..=b'z' | b'A'..=b'Z' | b'/' | b'!') if markup.starts_with('<') => {
                match markup.find('>') {
                    Some(end) => {
                        if breaks(&markup[1..end]) {
                            text.push('\n');
                        }
                        &markup[end + 1..]
                    }
                    None => {
                        text.push('<');
                        &markup[1..]
                    }
                }
            }
            _ => match entity(markup) {
                Some((c, after)) => {
                    text.push(c);
                    after
                }
                None => {
                    text.push_str(&markup[..1]);
                    &markup[1..]
                }
            },
        };
    }
    text.push_str(rest);
    let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// Whether a tag ends a line.
fn breaks(tag: &str) -> bool {
    let name: String = tag.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
    ["p", "br", "li", "div", "ul", "ol", "tr", "h1", "h2", "h3", "h4"]
        .contains(&name.to_ascii_lowercase().as_str())
}

fn entity(markup: &str) -> Option<(char, &str)> {
    let end = markup.bytes().take(10).position(|b| b == b';')?;
    let (name, after) = (markup.get(1..end)?, markup.get(end + 1..)?);
    let c = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        number => {
            let number = number.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?
        }
    };
    Some((c, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_go_and_what_they_hold_stays() {
        for (html, expected) in [
            ("plain text", "plain text"),
            ("<p>One  <b>two</b></p><p>three</p>", "One two\nthree"),
            ("a<br/>b<ol><li>c</li><li>d</li></ol>", "a\nb\nc\nd"),
            ("1 < 2 &amp;&#39;&#x41; &unknown; a<b", "1 < 2 &'A &unknown; a<b"),
            ("é <a href=\"https://x.example/?a>b\">link</a>", "é b\">link"),
            ("&", "&"),
            ("<", "<"),
            ("", ""),
        ] {
            assert_eq!(plain(html), expected, "{html}");
        }
    }
}
