//! Which families are read: `--only`, `--skip` and `--with` as values.

use std::collections::BTreeSet;
use std::fmt;
use totalcloud_api::nearest::nearest;
use totalcloud_api::{Provider, resources};

/// A family of tables that need the same permission and cost alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// The connectors of all providers.
    Connectors,
    /// The control library.
    Controls,
    /// The policies.
    Policies,
    /// The exceptions.
    Exceptions,
    /// What was remediated, of each provider.
    RemediationActivity,
    /// The results of all controls in each account.
    AccountEvaluations,
    /// One table a resource type.
    Inventory,
    /// The results of each control on each resource: a call or more per account and control.
    ResourceEvaluations,
    /// Resources with all their details: a call per instance.
    Details,
}

impl Family {
    /// All of them, in the order in which they are listed.
    pub const ALL: [Family; 9] = [
        Family::Connectors,
        Family::Controls,
        Family::Policies,
        Family::Exceptions,
        Family::RemediationActivity,
        Family::AccountEvaluations,
        Family::Inventory,
        Family::ResourceEvaluations,
        Family::Details,
    ];

    /// Those that are pulled into a folder.
    pub const PULLED: [Family; 6] = [
        Family::Connectors,
        Family::Controls,
        Family::AccountEvaluations,
        Family::Inventory,
        Family::ResourceEvaluations,
        Family::Details,
    ];

    /// The name that flags and the profile take.
    pub const fn as_str(self) -> &'static str {
        match self {
            Family::Connectors => "connectors",
            Family::Controls => "controls",
            Family::Policies => "policies",
            Family::Exceptions => "exceptions",
            Family::RemediationActivity => "remediation-activity",
            Family::AccountEvaluations => "account-evaluations",
            Family::Inventory => "inventory",
            Family::ResourceEvaluations => "resource-evaluations",
            Family::Details => "details",
        }
    }

    /// Whether it costs a call per control or per instance, so that it is read only on request.
    pub const fn is_costly(self) -> bool {
        matches!(self, Family::ResourceEvaluations | Family::Details)
    }

    /// Whether it is one listing of no cloud.
    pub const fn is_of_no_cloud(self) -> bool {
        matches!(self, Family::Controls | Family::Policies | Family::Exceptions)
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What families there are to choose from, and what is done with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Menu {
    /// The families.
    pub families: &'static [Family],
    /// What is done, as in "nothing to pull".
    pub verb: &'static str,
    /// The same as it is done, as in "cannot be pulled".
    pub done: &'static str,
}

impl Menu {
    /// What a folder can hold.
    pub const PULL: Menu = Menu { families: &Family::PULLED, verb: "pull", done: "pulled" };
    /// Everything.
    pub const SYNC: Menu = Menu { families: &Family::ALL, verb: "sync", done: "synced" };

    fn family(&self, folded_word: &str) -> Option<Family> {
        let other = match folded_word {
            "resources" => Some(Family::Inventory),
            "evaluations" => Some(Family::AccountEvaluations),
            _ => None,
        };
        other.or_else(|| self.families.iter().copied().find(|f| folded(f.as_str()) == folded_word))
    }

    fn suggestions(&self, text: &str) -> Vec<String> {
        let mut known: Vec<String> = self.families.iter().map(|f| f.as_str().to_owned()).collect();
        known.extend(Provider::ALL.iter().map(|p| p.as_str().to_owned()));
        known.extend(resources::all().flat_map(|t| [t.table(), t.name.to_ascii_lowercase()]));
        let known: BTreeSet<&str> = known.iter().map(String::as_str).collect();
        let known: Vec<&str> = known.into_iter().collect();
        nearest(text, &known).into_iter().map(str::to_owned).collect()
    }
}

impl Default for Menu {
    fn default() -> Menu {
        Menu::PULL
    }
}

/// Which resource evaluations are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Depth {
    /// Only failures, and only of controls that have any.
    Failing,
    /// All of them.
    #[default]
    All,
}

/// A word of `--only` or `--skip`: a family, a provider, a type or a table, and `PROVIDER/…` of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    provider: Option<Provider>,
    what: What,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    Everything,
    Family(Family),
    Types(Vec<(Provider, &'static str)>),
}

/// The word means nothing that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownWord {
    /// As typed.
    pub word: String,
    /// What may have been meant.
    pub nearest: Vec<String>,
    /// What there was to choose from.
    pub menu: Menu,
}

impl fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is nothing to {} called '{}'", self.menu.verb, self.word)?;
        if !self.nearest.is_empty() {
            write!(f, "; nearest: {}", self.nearest.join(", "))?;
        }
        let families: Vec<&str> = self.menu.families.iter().map(|f| f.as_str()).collect();
        write!(f, "; families are {}", families.join(", "))
    }
}

impl std::error::Error for UnknownWord {}

fn folded(word: &str) -> String {
    word.chars().filter(|c| !matches!(c, ' ' | '-' | '_')).flat_map(char::to_lowercase).collect()
}

impl Word {
    /// Reads a word.
    ///
    /// # Errors
    /// If there is no such family, provider, type or table.
    pub fn parse(text: &str, menu: Menu) -> Result<Word, UnknownWord> {
        let unknown = || UnknownWord { word: text.to_owned(), nearest: menu.suggestions(text), menu };
        let (provider, rest) = match text.split_once('/') {
            Some((provider, rest)) => (Some(provider.parse().map_err(|_| unknown())?), rest),
            None => (None, text),
        };
        let wanted = folded(rest);
        if let Some(family) = menu.family(&wanted) {
            return Ok(Word { provider, what: What::Family(family) });
        }
        if provider.is_none()
            && let Ok(provider) = rest.parse()
        {
            return Ok(Word { provider: Some(provider), what: What::Everything });
        }
        let types: Vec<(Provider, &'static str)> = resources::all()
            .filter(|t| provider.is_none_or(|p| p == t.provider))
            .filter(|t| {
                let table = folded(&t.table());
                let names = std::iter::once(t.name).chain(t.aliases.iter().copied());
                table == wanted
                    || format!("{table}details") == wanted
                    || names.map(folded).any(|n| n == wanted)
            })
            .map(|t| (t.provider, t.name))
            .collect();
        if types.is_empty() { Err(unknown()) } else { Ok(Word { provider, what: What::Types(types) }) }
    }

    /// Whether the word stands for this family itself.
    fn names(&self, family: Family) -> bool {
        self.what == What::Family(family)
    }

    /// Whether the word says something about where a costly family is read from.
    fn binds(&self, costly: Family) -> bool {
        match self.what {
            What::Everything | What::Types(_) => true,
            What::Family(family) if costly == Family::Details => {
                family == costly || family == Family::Inventory
            }
            What::Family(family) => family == costly || self.provider.is_some(),
        }
    }

    /// Whether a costly family may be read from there.
    fn allows(&self, piece: Piece<'_>) -> bool {
        if self.provider.is_some() && self.provider != piece.provider {
            return false;
        }
        match &self.what {
            What::Everything | What::Family(_) => true,
            What::Types(types) => types
                .iter()
                .any(|(p, t)| Some(*p) == piece.provider && (piece.kind.is_none() || Some(*t) == piece.kind)),
        }
    }

    fn covers(&self, part: Piece<'_>) -> bool {
        if self.provider.is_some() && self.provider != part.provider {
            return false;
        }
        match &self.what {
            What::Everything => true,
            What::Family(family) => *family == part.family,
            What::Types(types) => {
                types.iter().any(|(p, t)| Some(*p) == part.provider && Some(*t) == part.kind)
            }
        }
    }
}

/// A piece of what the service has, as far as choices tell pieces apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece<'a> {
    /// The family.
    pub family: Family,
    /// The cloud, where the piece is of one.
    pub provider: Option<Provider>,
    /// The API name of the type, where the piece is of one.
    pub kind: Option<&'a str>,
}

impl Piece<'_> {
    /// A piece that is no resource type.
    pub const fn of(family: Family, provider: Option<Provider>) -> Piece<'static> {
        Piece { family, provider, kind: None }
    }
}

/// What is read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    menu: Menu,
    only: Vec<Word>,
    skip: Vec<Word>,
    depth: Option<Depth>,
    details: bool,
}

/// `--with` names something that is no costly family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadWith {
    /// As typed.
    pub word: String,
    /// What there was to choose from.
    pub menu: Menu,
}

impl fmt::Display for BadWith {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "'{}' cannot be {} in addition; --with takes resource-evaluations, resource-evaluations=failing, \
             resource-evaluations=all and details",
            self.word, self.menu.done
        )
    }
}

impl std::error::Error for BadWith {}

impl Choice {
    /// Reads the words of the three flags, for what is pulled into a folder.
    ///
    /// # Errors
    /// If a word means nothing; the text says what there is.
    pub fn new(only: &[String], skip: &[String], with: &[String]) -> Result<Choice, String> {
        Choice::of(Menu::PULL, only, skip, with)
    }

    /// Reads the words of the three flags.
    ///
    /// # Errors
    /// If a word means nothing; the text says what there is.
    pub fn of(menu: Menu, only: &[String], skip: &[String], with: &[String]) -> Result<Choice, String> {
        let read = |words: &[String]| {
            words
                .iter()
                .map(|w| Word::parse(w.trim(), menu))
                .collect::<Result<Vec<_>, _>>()
                .map_err(|e| e.to_string())
        };
        let mut choice = Choice { menu, only: read(only)?, skip: read(skip)?, depth: None, details: false };
        for word in with {
            choice.add(word.trim()).map_err(|e| e.to_string())?;
        }
        // Whoever asks only for a costly family has asked for it.
        if choice.only.iter().any(|w| w.names(Family::ResourceEvaluations)) {
            choice.depth.get_or_insert_default();
        }
        choice.details |= choice.only.iter().any(|w| w.names(Family::Details));
        Ok(choice)
    }

    fn add(&mut self, word: &str) -> Result<(), BadWith> {
        let (name, depth) = match word.split_once('=') {
            Some((name, depth)) => (name, Some(depth)),
            None => (word, None),
        };
        match (self.menu.family(&folded(name)), depth.map(str::to_ascii_lowercase).as_deref()) {
            (Some(Family::ResourceEvaluations), None | Some("all")) => self.depth = Some(Depth::All),
            (Some(Family::ResourceEvaluations), Some("failing")) => self.depth = Some(Depth::Failing),
            (Some(Family::Details), None) => self.details = true,
            _ => return Err(BadWith { word: word.to_owned(), menu: self.menu }),
        }
        Ok(())
    }

    /// The same choice with resource evaluations of this depth, where none were asked for.
    #[must_use]
    pub fn with_evaluations(mut self, depth: Depth) -> Choice {
        self.depth.get_or_insert(depth);
        self
    }

    /// The same choice with details.
    #[must_use]
    pub fn with_details(mut self) -> Choice {
        self.details = true;
        self
    }

    /// Which resource evaluations are asked for, if any.
    pub fn depth(&self) -> Option<Depth> {
        self.depth
    }

    /// Whether details are asked for.
    pub fn asks_for_details(&self) -> bool {
        self.details
    }

    /// Whether a costly family goes well with what was chosen, for those who read it without being asked to: with
    /// everything, with clouds, and details with types.
    pub fn implies(&self, costly: Family) -> bool {
        let goes_with = |word: &Word| match word.what {
            What::Everything => true,
            What::Types(_) => costly == Family::Details,
            What::Family(family) => family == costly,
        };
        self.only.is_empty() || self.only.iter().any(goes_with)
    }

    /// Whether the piece is to be read.
    pub fn wants(&self, piece: Piece<'_>) -> bool {
        if !self.menu.families.contains(&piece.family) {
            return false;
        }
        let asked = match piece.family {
            Family::ResourceEvaluations => self.depth.is_some(),
            Family::Details => self.details,
            _ => true,
        };
        if !asked || self.skip.iter().any(|w| w.covers(piece)) {
            return false;
        }
        if piece.family.is_costly() {
            // What --with asks for comes on top of the families of --only; its clouds and types still bind it.
            let mut binding = self.only.iter().filter(|w| w.binds(piece.family)).peekable();
            return binding.peek().is_none() || binding.any(|w| w.allows(piece));
        }
        self.only.is_empty() || self.only.iter().any(|w| w.covers(piece))
    }

    /// Whether any piece of the family is to be read, of this cloud where one is named.
    pub fn wants_some(&self, family: Family, provider: Option<Provider>) -> bool {
        match family {
            Family::Inventory | Family::Details => resources::all()
                .filter(|t| provider.is_none_or(|p| p == t.provider))
                .any(|t| self.wants(Piece { family, provider: Some(t.provider), kind: Some(t.name) })),
            _ if family.is_of_no_cloud() => self.wants(Piece::of(family, None)),
            _ => Provider::ALL
                .into_iter()
                .filter(|p| provider.is_none_or(|q| q == *p))
                .any(|p| self.wants(Piece::of(family, Some(p)))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Family::{AccountEvaluations, Connectors, Controls, Details, Inventory, ResourceEvaluations};
    use Provider::{Aws, Azure};

    fn choice(only: &[&str], skip: &[&str], with: &[&str]) -> Result<Choice, String> {
        let own = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        Choice::new(&own(only), &own(skip), &own(with))
    }

    fn kind(family: Family, provider: Provider, kind: &'static str) -> Piece<'static> {
        Piece { family, provider: Some(provider), kind: Some(kind) }
    }

    #[test]
    fn everything_but_the_costly_families_is_the_default() {
        let c = choice(&[], &[], &[]).unwrap();
        for family in [Connectors, Controls, AccountEvaluations, Inventory] {
            assert!(c.wants_some(family, None), "{family}");
        }
        assert!(!c.wants_some(ResourceEvaluations, None));
        assert!(!c.wants_some(Details, None));
    }

    #[test]
    fn words_are_families_clouds_types_tables_and_both() {
        let ec2 = kind(Inventory, Aws, "EC2_INSTANCE");
        for word in
            ["ec2", "EC2-Instance", "aws_ec2_instance", "aws/ec2", "aws", "inventory", "aws/inventory"]
        {
            assert!(choice(&[word], &[], &[]).unwrap().wants(ec2), "{word}");
            assert!(!choice(&[], &[word], &[]).unwrap().wants(ec2), "{word}");
        }
        assert!(!choice(&["azure", "controls"], &[], &[]).unwrap().wants(ec2));
        // An alias of several clouds is all of them, unless one is named.
        let both = choice(&["lb"], &[], &[]).unwrap();
        assert!(both.wants(kind(Inventory, Aws, "LOAD_BALANCER")));
        assert!(both.wants(kind(Inventory, Azure, "LOAD_BALANCER")));
        assert!(!choice(&["azure/lb"], &[], &[]).unwrap().wants(kind(Inventory, Aws, "LOAD_BALANCER")));
    }

    #[test]
    fn a_cloud_leaves_out_what_is_of_no_cloud() {
        let c = choice(&["aws"], &[], &[]).unwrap();
        assert!(!c.wants(Piece::of(Controls, None)));
        assert!(c.wants(Piece::of(Connectors, Some(Aws))));
        assert!(!c.wants(Piece::of(Connectors, Some(Azure))));
    }

    #[test]
    fn costly_families_come_on_top() {
        let c = choice(&["inventory"], &[], &["resource-evaluations=failing", "details"]).unwrap();
        assert_eq!(c.depth(), Some(Depth::Failing));
        assert!(c.wants(Piece::of(ResourceEvaluations, Some(Aws))));
        assert!(c.wants(kind(Details, Aws, "EC2_INSTANCE")));
        let aws = choice(&["aws"], &[], &["details"]).unwrap();
        assert!(!aws.wants(kind(Details, Azure, "VIRTUAL_MACHINE")));
        let mixed =
            choice(&["aws/account-evaluations", "aws/ec2"], &[], &["resource-evaluations", "details"])
                .unwrap();
        assert!(mixed.wants(Piece::of(ResourceEvaluations, Some(Aws))));
        assert!(!mixed.wants(Piece::of(ResourceEvaluations, Some(Azure))));
        assert!(mixed.wants(kind(Details, Aws, "EC2_INSTANCE")));
        assert!(!mixed.wants(kind(Details, Azure, "VIRTUAL_MACHINE")));
        let alone = choice(&["resource-evaluations"], &[], &[]).unwrap();
        assert_eq!(alone.depth(), Some(Depth::All));
        assert!(!alone.wants_some(Inventory, None));
        assert!(!choice(&[], &["details"], &["details"]).unwrap().wants_some(Details, None));
    }

    #[test]
    fn each_menu_has_its_own_families() {
        let pulled = choice(&[], &[], &[]).unwrap();
        let synced = Choice::of(Menu::SYNC, &[], &[], &[]).unwrap();
        for family in Family::ALL.into_iter().filter(|f| !f.is_costly()) {
            assert_eq!(pulled.wants_some(family, None), Family::PULLED.contains(&family), "{family}");
            assert!(synced.wants_some(family, None), "{family}");
        }
        let said = choice(&["policies"], &[], &[]).unwrap_err();
        assert!(said.starts_with("there is nothing to pull called 'policies'"), "{said}");
        assert!(!said.contains("exceptions"), "{said}");
        let only = Choice::of(Menu::SYNC, &["policies".into()], &[], &[]).unwrap();
        assert!(only.wants(Piece::of(Family::Policies, None)) && !only.wants_some(Controls, None));
        let said = Choice::of(Menu::SYNC, &[], &[], &["controls".into()]).unwrap_err();
        assert!(said.contains("cannot be synced in addition"), "{said}");
    }

    #[test]
    fn costly_families_go_with_everything_clouds_and_types() {
        let implies = |only: &[&str]| {
            let c = choice(only, &[], &[]).unwrap();
            [c.implies(ResourceEvaluations), c.implies(Details)]
        };
        assert_eq!(implies(&[]), [true, true]);
        assert_eq!(implies(&["aws"]), [true, true]);
        assert_eq!(implies(&["ec2"]), [false, true]);
        assert_eq!(implies(&["inventory", "controls"]), [false, false]);
    }

    #[test]
    fn what_means_nothing_is_refused_with_what_may_be_meant() {
        let said = choice(&["inventry"], &[], &[]).unwrap_err();
        assert!(said.contains("'inventry'; nearest: inventory"), "{said}");
        assert!(choice(&[], &["ibm/ec2"], &[]).is_err());
        assert!(choice(&[], &[], &["controls"]).unwrap_err().contains("--with takes"));
        assert!(choice(&[], &[], &["resource-evaluations=some"]).is_err());
    }
}
