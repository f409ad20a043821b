//! Values as templates: text with placeholders in angle brackets, compiled once into a short list of steps.
//!
//! A template is the JSON of one value. `<name:salt arguments>` stands for a value drawn for the row; places
//! with the same salt in one row draw the same value, and a place without a salt draws its own. A `!` before
//! the name makes the value one that changes when the row changes.
//!
//! | placeholder | stands for |
//! |---|---|
//! | `id` `name` `uuid` `enc` | of the row: resource id, name, UUID, the eight digits that identify it |
//! | `acct` `alias` `conn` `region` `az` `rg` `scan` | of its account and place |
//! | `customer` | id of the subscription at the service |
//! | `ref TYPE`, `refname TYPE` | id or name of a resource of the type in the same account and region |
//! | `h N` `d N` `l N` `u N` | N hexadecimal digits, digits, small letters and digits, capitals and digits |
//! | `int A B`, `bool N`, `pick a\|b\|c` | a number from A to B, true N times of 1000, one of the texts |
//! | `iso W`, `ms W`, `sec W` | an instant; W is `created`, `updated`, `since` (between both) or `past DAYS` |
//! | `ip pub`, `ip priv`, `guid` | addresses, a UUID of no meaning |
//! | `if N`…`else`…`end`, `rep A B`…`end` | N times of 1000; A to B times with commas between |
//! | `failed` `vulns` `vulnstats` `vulns345` `secrets` `secretstats` `hassecrets` | computed from the row |

mod compile;

pub(super) use compile::{BadTemplate, Compiler};

use super::layout::tag;
use super::resources::Row;
use super::rng::{below, chance, draw, hex, mix, named, uuid};
use super::{security, text};
use std::ops::Range;

/// Compiled templates, one after the other.
#[derive(Debug, Default)]
pub(super) struct Program {
    steps: Vec<Step>,
    text: Vec<u8>,
    picks: Vec<Box<[u8]>>,
}

/// A compiled template inside a [`Program`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    start: u32,
    end: u32,
}

#[derive(Debug, Clone, Copy)]
enum When {
    Created,
    Updated,
    Since,
    Past(u32),
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Text(u32, u32),
    Word(Word),
    Ref {
        of: u16,
        name: bool,
        salt: u64,
    },
    Hex {
        digits: u8,
        salt: u64,
        moving: bool,
    },
    Chars {
        set: &'static [u8],
        count: u8,
        salt: u64,
    },
    Int {
        low: u32,
        span: u32,
        salt: u64,
        moving: bool,
    },
    Bool {
        share: u16,
        salt: u64,
        moving: bool,
    },
    Pick {
        first: u32,
        count: u32,
        salt: u64,
        moving: bool,
    },
    Iso(When, u64),
    Millis(When, u64),
    Seconds(When, u64),
    Ip {
        public: bool,
        salt: u64,
    },
    Guid {
        salt: u64,
    },
    /// Goes to `otherwise` unless the share is met.
    If {
        share: u16,
        salt: u64,
        moving: bool,
        otherwise: u32,
    },
    Jump(u32),
    Repeat {
        low: u8,
        span: u8,
        salt: u64,
        end: u32,
    },
}

/// What needs no arguments.
#[derive(Debug, Clone, Copy)]
enum Word {
    Id,
    Name,
    Uuid,
    Enc,
    Account,
    Alias,
    Connector,
    Region,
    Az,
    Group,
    Customer,
    Scan,
    Failed,
    Vulns,
    VulnStats,
    VulnsHigh,
    Secrets,
    SecretStats,
    HasSecrets,
}

/// Texts up to this length are copied at this length.
const SHORT: usize = 32;

const DIGITS: &[u8] = b"0123456789";
const SMALL: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
const CAPITALS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The keys a run draws with: one that never changes and one that changes with the row.
#[derive(Debug, Clone, Copy)]
struct Keys {
    fixed: u64,
    moving: u64,
}

impl Keys {
    #[inline]
    fn of(self, moving: bool) -> u64 {
        if moving { self.moving } else { self.fixed }
    }
}

impl Program {
    /// Appends what a template stands for in a row.
    #[inline]
    pub(super) fn run(&self, part: Part, row: &Row<'_>, out: &mut Vec<u8>) {
        let keys = Keys { fixed: row.key, moving: row.moving_key };
        self.steps(part.start as usize..part.end as usize, row, keys, out);
    }

    /// Appends text of the program. Most are short: copying a fixed length and cutting it is faster than
    /// copying what is needed.
    #[inline]
    fn put(&self, start: usize, end: usize, out: &mut Vec<u8>) {
        match self.text[start..].first_chunk::<SHORT>() {
            Some(chunk) if end - start <= SHORT => {
                let end = out.len() + (end - start);
                out.extend_from_slice(chunk);
                out.truncate(end);
            }
            _ => out.extend_from_slice(&self.text[start..end]),
        }
    }

    fn steps(&self, range: Range<usize>, row: &Row<'_>, keys: Keys, out: &mut Vec<u8>) {
        let mut at = range.start;
        while at < range.end {
            match self.steps[at] {
                Step::Text(start, end) => self.put(start as usize, end as usize, out),
                Step::Word(word) => write_word(word, row, out),
                Step::Ref { of, name, salt } => row.related(of, draw(keys.fixed, salt)).write_ref(name, out),
                Step::Hex { digits, salt, moving } => {
                    let mut left = usize::from(digits);
                    let mut value = draw(keys.of(moving), salt);
                    while left > 16 {
                        hex(out, value, 16);
                        value = mix(value);
                        left -= 16;
                    }
                    hex(out, value, left);
                }
                Step::Chars { set, count, salt } => {
                    let mut value = draw(keys.fixed, salt);
                    for place in 0..u32::from(count) {
                        if place % 8 == 7 {
                            value = mix(value);
                        }
                        out.push(set[below(value << (place % 8 * 5), set.len() as u64) as usize]);
                    }
                }
                Step::Int { low, span, salt, moving } => {
                    text::int(out, (u64::from(low) + below(draw(keys.of(moving), salt), span.into())) as i64);
                }
                Step::Bool { share, salt, moving } => {
                    let yes = chance(draw(keys.of(moving), salt), share.into());
                    out.extend_from_slice(if yes { b"true" } else { b"false" });
                }
                Step::Pick { first, count, salt, moving } => {
                    let chosen = below(draw(keys.of(moving), salt), count.into());
                    out.extend_from_slice(&self.picks[first as usize + chosen as usize]);
                }
                Step::Iso(when, salt) => text::iso(out, instant(when, salt, row, keys)),
                Step::Millis(when, salt) => text::int(out, instant(when, salt, row, keys) * 1000),
                Step::Seconds(when, salt) => text::int(out, instant(when, salt, row, keys)),
                Step::Ip { public, salt } => write_ip(public, draw(keys.fixed, salt), out),
                Step::Guid { salt } => {
                    let index = draw(keys.fixed, salt) >> 16;
                    out.extend_from_slice(&uuid(tag::OTHER, index, row.world.config.seed));
                }
                Step::If { share, salt, moving, otherwise } => {
                    if !chance(draw(keys.of(moving), salt), share.into()) {
                        at = otherwise as usize;
                        continue;
                    }
                }
                Step::Jump(to) => {
                    at = to as usize;
                    continue;
                }
                Step::Repeat { low, span, salt, end } => {
                    let count = u64::from(low) + below(draw(keys.fixed, salt), span.into());
                    for turn in 0..count {
                        if turn > 0 {
                            out.push(b',');
                        }
                        let shift = mix(salt.wrapping_add(turn));
                        let keys = Keys {
                            fixed: keys.fixed.wrapping_add(shift),
                            moving: keys.moving.wrapping_add(shift),
                        };
                        self.steps(at + 1..end as usize, row, keys, out);
                    }
                    at = end as usize;
                    continue;
                }
            }
            at += 1;
        }
    }
}

fn write_word(word: Word, row: &Row<'_>, out: &mut Vec<u8>) {
    let account = row.account();
    match word {
        Word::Id => row.write_id(out),
        Word::Name => row.write_name(out),
        Word::Uuid => out.extend_from_slice(&row.uuid()),
        Word::Enc => hex(out, row.enc().into(), 8),
        Word::Account => out.extend_from_slice(account.id.as_bytes()),
        Word::Alias => out.extend_from_slice(account.alias.as_bytes()),
        Word::Connector => out.extend_from_slice(account.connector.as_bytes()),
        Word::Region => out.extend_from_slice(row.region().as_bytes()),
        Word::Az => {
            out.extend_from_slice(row.cell().region.as_bytes());
            out.push(b"abc"[below(draw(row.key, AZ), 3) as usize]);
        }
        Word::Group => {
            out.extend_from_slice(b"rg-");
            out.extend_from_slice(account.alias.as_bytes());
            out.push(b'-');
            text::int(out, below(draw(row.key, GROUP), 6) as i64 + 1);
        }
        Word::Customer => out.extend_from_slice(&uuid(tag::CUSTOMER, 0, row.world.config.seed)),
        Word::Scan => {
            let run = u64::from(account.index) << 24 | u64::from(row.world.epoch());
            out.extend_from_slice(&uuid(tag::SCAN + account.provider as u16, run, row.world.config.seed));
        }
        Word::Failed => text::int(out, row.failed().into()),
        Word::Vulns => security::write_vulnerabilities(row, out),
        Word::VulnStats => security::write_stats(row, out),
        Word::VulnsHigh => text::int(out, security::high(row).into()),
        Word::Secrets => security::write_secrets(row, out),
        Word::SecretStats => security::write_secret_stats(row, out),
        Word::HasSecrets => {
            out.extend_from_slice(if security::secrets(row) > 0 { b"true" } else { b"false" });
        }
    }
}

const AZ: u64 = named("az");
const GROUP: u64 = named("rg");

fn instant(when: When, salt: u64, row: &Row<'_>, keys: Keys) -> i64 {
    match when {
        When::Created => row.created(),
        When::Updated => row.updated(),
        When::Since => {
            let (from, to) = (row.created(), row.world.epochs[0].now);
            from + below(draw(keys.fixed, salt), (to - from).max(1) as u64) as i64
        }
        When::Past(days) => {
            row.world.epochs[0].now - 1 - below(draw(keys.fixed, salt), u64::from(days) * 86_400) as i64
        }
    }
}

/// An address of 10.0.0.0/8; public ones are of 198.18.0.0/15, which nobody owns: what reads a simulated
/// estate may scan what it finds.
fn write_ip(public: bool, hash: u64, out: &mut Vec<u8>) {
    let bytes = hash.to_be_bytes();
    let first = if public { [198, 18 + (bytes[0] & 1)] } else { [10, bytes[0]] };
    let (mut text, mut end) = ([b'.'; 16], 0);
    for byte in [first[0], first[1], bytes[1], bytes[2].clamp(1, 254)] {
        for (least, digit) in [(100, byte / 100), (10, byte / 10 % 10), (0, byte % 10)] {
            if byte >= least {
                text[end] = b'0' + digit;
                end += 1;
            }
        }
        end += 1;
    }
    out.extend_from_slice(&text[..end - 1]);
}
