//! From template to steps.

use super::{CAPITALS, DIGITS, Part, Program, SHORT, SMALL, Step, When, Word};
use crate::world::rng::{mix, named};

/// Why a template cannot be compiled. Only tests see it: templates are constants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::world) struct BadTemplate(pub(in crate::world) String);

/// Compiles templates into a [`Program`].
pub(in crate::world) struct Compiler<'a> {
    program: Program,
    /// Finds the index of a type of the same provider.
    type_of: &'a dyn Fn(&str) -> Option<u16>,
    scope: u64,
    ordinal: u64,
    /// Text before this step must not be extended: something jumps here.
    barrier: usize,
}

impl<'a> Compiler<'a> {
    pub(in crate::world) fn new(type_of: &'a dyn Fn(&str) -> Option<u16>) -> Compiler<'a> {
        Compiler { program: Program::default(), type_of, scope: 0, ordinal: 0, barrier: 0 }
    }

    pub(in crate::world) fn here(&mut self) -> u32 {
        self.barrier = self.program.steps.len();
        self.barrier as u32
    }

    pub(in crate::world) fn since(&mut self, start: u32) -> Part {
        Part { start, end: self.here() }
    }

    pub(in crate::world) fn finish(mut self) -> Program {
        // So that even the last text can be copied at fixed length.
        self.program.text.extend_from_slice(&[0; SHORT]);
        self.program
    }

    pub(in crate::world) fn text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        let at = self.program.text.len() as u32;
        self.program.text.extend_from_slice(text.as_bytes());
        let end = self.program.text.len() as u32;
        if self.program.steps.len() > self.barrier
            && let Some(Step::Text(_, before)) = self.program.steps.last_mut()
            && *before == at
        {
            *before = end;
            return;
        }
        self.program.steps.push(Step::Text(at, end));
    }

    /// Compiles the template of the field of this name.
    pub(in crate::world) fn value(&mut self, scope: &str, template: &str) -> Result<(), BadTemplate> {
        self.scope = named(scope);
        self.ordinal = 0;
        let rest = self.block(template, false)?;
        if rest.is_empty() { Ok(()) } else { Err(BadTemplate(format!("{scope}: {rest}"))) }
    }

    /// Compiles up to the matching `<else>` or `<end>`, which it leaves.
    fn block<'t>(&mut self, mut rest: &'t str, nested: bool) -> Result<&'t str, BadTemplate> {
        loop {
            let Some(open) = rest.find('<') else {
                self.text(rest);
                return if nested { Err(BadTemplate("no <end>".into())) } else { Ok("") };
            };
            self.text(&rest[..open]);
            let close = rest[open..].find('>').ok_or_else(|| BadTemplate(rest.into()))? + open;
            let inner = &rest[open + 1..close];
            if nested && matches!(inner, "end" | "else") {
                return Ok(&rest[open..]);
            }
            rest = self.placeholder(inner, &rest[close + 1..])?;
        }
    }

    fn placeholder<'t>(&mut self, inner: &'t str, rest: &'t str) -> Result<&'t str, BadTemplate> {
        let bad = || BadTemplate(inner.to_owned());
        let (head, arguments) = inner.split_once(' ').unwrap_or((inner, ""));
        let (head, salt_name) = head.split_once(':').map_or((head, None), |(h, s)| (h, Some(s)));
        let (head, moving) = head.strip_prefix('!').map_or((head, false), |h| (h, true));
        self.ordinal += 1;
        let salt = match salt_name {
            Some(name) => named(name),
            None => mix(self.scope.wrapping_add(self.ordinal)),
        };
        let number = |at: usize| -> Result<u64, BadTemplate> {
            arguments.split(' ').nth(at).and_then(|a| a.parse().ok()).ok_or_else(bad)
        };
        let step = match head {
            "ref" | "refname" => match (self.type_of)(arguments) {
                Some(of) => Step::Ref { of, name: head == "refname", salt },
                None => return Err(bad()),
            },
            "h" => Step::Hex { digits: number(0)? as u8, salt, moving },
            "d" => Step::Chars { set: DIGITS, count: number(0)? as u8, salt },
            "l" => Step::Chars { set: SMALL, count: number(0)? as u8, salt },
            "u" => Step::Chars { set: CAPITALS, count: number(0)? as u8, salt },
            "int" => {
                let (low, high) = (number(0)?, number(1)?);
                Step::Int { low: low as u32, span: (high - low + 1) as u32, salt, moving }
            }
            "bool" => Step::Bool { share: number(0)? as u16, salt, moving },
            "pick" => {
                let first = self.program.picks.len() as u32;
                self.program.picks.extend(arguments.split('|').map(|p| p.as_bytes().into()));
                let count = self.program.picks.len() as u32 - first;
                Step::Pick { first, count, salt, moving }
            }
            "iso" | "ms" | "sec" => {
                let when = match arguments.split_once(' ').unwrap_or((arguments, "")) {
                    ("created", _) => When::Created,
                    ("updated", _) => When::Updated,
                    ("since", _) => When::Since,
                    ("past", days) => When::Past(days.parse().map_err(|_| bad())?),
                    _ => return Err(bad()),
                };
                match head {
                    "iso" => Step::Iso(when, salt),
                    "ms" => Step::Millis(when, salt),
                    _ => Step::Seconds(when, salt),
                }
            }
            "ip" => Step::Ip { public: arguments == "pub", salt },
            "guid" => Step::Guid { salt },
            "if" => return self.choice(number(0)? as u16, salt, moving, rest),
            "rep" => {
                let (low, high) = (number(0)?, number(1)?);
                let at = self.program.steps.len();
                self.program.steps.push(Step::Jump(0));
                self.here();
                let rest = self.block(rest, true)?;
                let end = self.here();
                self.program.steps[at] =
                    Step::Repeat { low: low as u8, span: (high - low + 1) as u8, salt, end };
                return rest.strip_prefix("<end>").ok_or_else(bad);
            }
            word => Step::Word(match word {
                "id" => Word::Id,
                "name" => Word::Name,
                "uuid" => Word::Uuid,
                "enc" => Word::Enc,
                "acct" => Word::Account,
                "alias" => Word::Alias,
                "conn" => Word::Connector,
                "region" => Word::Region,
                "az" => Word::Az,
                "rg" => Word::Group,
                "customer" => Word::Customer,
                "scan" => Word::Scan,
                "failed" => Word::Failed,
                "vulns" => Word::Vulns,
                "vulnstats" => Word::VulnStats,
                "vulns345" => Word::VulnsHigh,
                "secrets" => Word::Secrets,
                "secretstats" => Word::SecretStats,
                "hassecrets" => Word::HasSecrets,
                _ => return Err(bad()),
            }),
        };
        self.program.steps.push(step);
        Ok(rest)
    }

    fn choice<'t>(
        &mut self,
        share: u16,
        salt: u64,
        moving: bool,
        rest: &'t str,
    ) -> Result<&'t str, BadTemplate> {
        let at = self.program.steps.len();
        self.program.steps.push(Step::Jump(0));
        self.here();
        let mut rest = self.block(rest, true)?;
        let mut otherwise = self.here();
        if let Some(after) = rest.strip_prefix("<else>") {
            let jump = self.program.steps.len();
            self.program.steps.push(Step::Jump(0));
            otherwise = self.here();
            rest = self.block(after, true)?;
            let end = self.here();
            self.program.steps[jump] = Step::Jump(end);
        }
        self.program.steps[at] = Step::If { share, salt, moving, otherwise };
        rest.strip_prefix("<end>").ok_or_else(|| BadTemplate("if without <end>".into()))
    }
}
