//! A line that is typed at the terminal, with history and completion.

use console::{Key, Term, measure_text_width};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Entries that are kept of earlier times.
const KEPT: usize = 2_000;

/// What somebody did at the prompt.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// A line.
    Line(String),
    /// Ctrl-C.
    Cancelled,
    /// Ctrl-D, or the terminal is gone.
    End,
}

/// What a key does to the line.
#[derive(Debug, PartialEq, Eq)]
enum Did {
    Edited,
    Complete,
    Older,
    Newer,
    Ended(Typed),
}

/// The text and the place of the cursor in it.
#[derive(Debug, Default)]
struct Line {
    text: Vec<char>,
    at: usize,
}

impl Line {
    fn put(&mut self, text: &str) {
        self.text = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        self.at = self.text.len();
    }

    fn text(&self) -> String {
        self.text.iter().collect()
    }

    fn before(&self) -> String {
        self.text.iter().take(self.at).collect()
    }

    fn word_before(&self) -> usize {
        let mut at = self.at;
        while at > 0 && !self.text[at - 1].is_alphanumeric() {
            at -= 1;
        }
        while at > 0 && self.text[at - 1].is_alphanumeric() {
            at -= 1;
        }
        at
    }

    fn key(&mut self, key: Key) -> Did {
        match key {
            Key::Enter => return Did::Ended(Typed::Line(self.text())),
            Key::CtrlC => return Did::Ended(Typed::Cancelled),
            Key::Char('\u{4}') if self.text.is_empty() => return Did::Ended(Typed::End),
            Key::Tab => return Did::Complete,
            Key::ArrowUp | Key::Char('\u{10}') => return Did::Older,
            Key::ArrowDown | Key::Char('\u{e}') => return Did::Newer,
            Key::ArrowLeft | Key::Char('\u{2}') => self.at = self.at.saturating_sub(1),
            Key::ArrowRight | Key::Char('\u{6}') => self.at = (self.at + 1).min(self.text.len()),
            Key::Home | Key::Char('\u{1}') => self.at = 0,
            Key::End | Key::Char('\u{5}') => self.at = self.text.len(),
            Key::Backspace if self.at > 0 => {
                self.at -= 1;
                self.text.remove(self.at);
            }
            Key::Del | Key::Char('\u{4}') if self.at < self.text.len() => {
                self.text.remove(self.at);
            }
            // Ctrl-U, Ctrl-K and Ctrl-W, as everywhere.
            Key::Char('\u{15}') => {
                self.text.drain(..self.at);
                self.at = 0;
            }
            Key::Char('\u{b}') => self.text.truncate(self.at),
            Key::Char('\u{17}') => {
                let from = self.word_before();
                self.text.drain(from..self.at);
                self.at = from;
            }
            Key::Char(c) if !c.is_control() => {
                self.text.insert(self.at, c);
                self.at += 1;
            }
            _ => {}
        }
        Did::Edited
    }

    /// Puts in what all candidates begin with. What remains to choose from comes back.
    fn complete(&mut self, start: usize, candidates: &[String]) -> Vec<String> {
        let Some(first) = candidates.first() else { return Vec::new() };
        let alike = candidates.iter().skip(1).fold(first.chars().count(), |most, other| {
            let same =
                first.chars().zip(other.chars()).take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count();
            most.min(same)
        });
        let before = self.before();
        let typed = before.get(start..).map_or(0, |word| word.chars().count());
        if alike >= typed {
            let from = self.at - typed;
            let word: Vec<char> = first.chars().take(alike).collect();
            self.at = from + word.len();
            self.text.splice(from..from + typed, word);
        }
        if candidates.len() > 1 { candidates.to_vec() } else { Vec::new() }
    }

    /// The part that fits beside the prompt, and how far behind the cursor it ends.
    fn shown(&self, room: usize) -> (String, usize) {
        let width = |chars: &[char]| measure_text_width(&chars.iter().collect::<String>());
        let mut from = 0;
        while from < self.at && width(&self.text[from..self.at]) >= room {
            from += 1;
        }
        let mut to = self.text.len();
        while to > self.at && width(&self.text[from..to]) >= room {
            to -= 1;
        }
        (self.text[from..to].iter().collect(), width(&self.text[self.at..to]))
    }
}

/// Reads lines at the terminal.
pub(super) struct Editor {
    term: Term,
    file: Option<PathBuf>,
    history: Vec<String>,
}

impl Editor {
    /// An editor whose history is kept in a file, for its owner only.
    pub(super) fn new(file: Option<PathBuf>) -> Editor {
        let mut history = file.as_deref().map(load).unwrap_or_default();
        history.drain(..history.len().saturating_sub(KEPT));
        Editor { term: Term::stderr(), file, history }
    }

    /// Keeps a query for later.
    pub(super) fn keep(&mut self, query: &str) {
        if query.starts_with(' ') || self.history.last().is_some_and(|last| last == query) {
            return;
        }
        self.history.push(query.to_owned());
        if let Some(file) = &self.file {
            // A history that cannot be written is no reason to stop.
            let _ = append(file, query);
        }
    }

    /// Reads a line.
    ///
    /// # Errors
    /// If the terminal cannot be used.
    pub(super) fn read(
        &mut self,
        prompt: &str,
        complete: &dyn Fn(&str) -> (usize, Vec<String>),
    ) -> io::Result<Typed> {
        let mut line = Line::default();
        let mut at = self.history.len();
        let mut own = String::new();
        loop {
            self.draw(prompt, &line)?;
            let key = match self.term.read_key_raw() {
                Ok(key) => key,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => Key::CtrlC,
                Err(e) if matches!(e.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::NotConnected) => {
                    return Ok(Typed::End);
                }
                Err(e) => return Err(e),
            };
            match line.key(key) {
                Did::Edited => {}
                Did::Ended(typed) => {
                    self.term.write_line("")?;
                    return Ok(typed);
                }
                Did::Complete => {
                    let (start, candidates) = complete(&line.before());
                    let rest = line.complete(start, &candidates);
                    if !rest.is_empty() {
                        let more = if rest.len() > 40 {
                            format!("  … ({} in all)", rest.len())
                        } else {
                            String::new()
                        };
                        let shown: Vec<&str> = rest.iter().take(40).map(String::as_str).collect();
                        self.term.write_line("")?;
                        self.term.write_line(&format!("{}{more}", shown.join("  ")))?;
                    }
                }
                Did::Older if at > 0 => {
                    if at == self.history.len() {
                        own = line.text();
                    }
                    at -= 1;
                    line.put(&self.history[at]);
                }
                Did::Newer if at < self.history.len() => {
                    at += 1;
                    line.put(self.history.get(at).unwrap_or(&own));
                }
                Did::Older | Did::Newer => {}
            }
        }
    }

    fn draw(&self, prompt: &str, line: &Line) -> io::Result<()> {
        let width = usize::from(self.term.size().1);
        let room = width.saturating_sub(measure_text_width(prompt)).max(10);
        let (shown, behind) = line.shown(room);
        self.term.clear_line()?;
        self.term.write_str(&format!("{prompt}{shown}"))?;
        self.term.move_cursor_left(behind)?;
        self.term.flush()
    }
}

/// One query a line, as JSON text, because queries go over several lines.
fn load(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn append(file: &Path, query: &str) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(file)?;
    file.write_all(format!("{}\n", serde_json::Value::from(query)).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: impl IntoIterator<Item = Key>) -> Line {
        let mut line = Line::default();
        keys.into_iter().for_each(|key| {
            line.key(key);
        });
        line
    }

    fn chars(text: &str) -> Vec<Key> {
        text.chars().map(Key::Char).collect()
    }

    #[test]
    fn keys_edit_the_line() {
        let with = |text: &str, keys: &[Key]| typed(chars(text).into_iter().chain(keys.iter().cloned()));
        assert_eq!(with("ab", &[Key::ArrowLeft, Key::Char('é')]).text(), "aéb");
        assert_eq!(with("ab", &[Key::Home, Key::Del, Key::End, Key::Char('c')]).text(), "bc");
        assert_eq!(with("ab", &[Key::Backspace, Key::Backspace, Key::Backspace]).text(), "");
        assert_eq!(with("one two", &[Key::Char('\u{17}')]).text(), "one ");
        assert_eq!(with("one two", &[Key::Char('\u{15}')]).text(), "");
        assert_eq!(with("x", &[Key::Char('\u{4}')]).text(), "x", "Ctrl-D leaves from an empty line only");
        assert_eq!(typed([]).key(Key::Char('\u{4}')), Did::Ended(Typed::End));
        assert_eq!(with("x", &[]).key(Key::Enter), Did::Ended(Typed::Line("x".to_owned())));
        assert_eq!(with("x", &[]).key(Key::CtrlC), Did::Ended(Typed::Cancelled));
    }

    #[test]
    fn completion_puts_in_what_is_certain_and_shows_the_rest() {
        let words = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        let mut line = typed(chars("select RES from x").into_iter().chain([const { Key::ArrowLeft }; 7]));
        assert_eq!(line.complete(7, &words(&["resourceId", "resourceType"])), ["resourceId", "resourceType"]);
        assert_eq!(line.text(), "select resource from x");
        assert!(line.complete(7, &words(&["resourceId"])).is_empty());
        assert_eq!(line.text(), "select resourceId from x");
        assert!(line.complete(7, &[]).is_empty());
    }

    #[test]
    fn a_long_line_is_shown_around_the_cursor() {
        let mut line = typed(chars("0123456789"));
        assert_eq!(line.shown(5), ("6789".to_owned(), 0));
        line.key(Key::Home);
        assert_eq!(line.shown(5), ("0123".to_owned(), 4));
        assert_eq!(typed(chars("日本")).shown(80), ("日本".to_owned(), 0));
    }

    #[test]
    fn history_is_kept_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("history.sql");
        let mut editor = Editor::new(Some(file.clone()));
        for query in ["select\n1;", "select 2;", "select 2;", " hidden;"] {
            editor.keep(query);
        }
        assert_eq!(Editor::new(Some(file.clone())).history, ["select\n1;", "select 2;"]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}
