//! The exceptions behind all results that pass by one.

use super::World;
use super::controls::Outcome;
use super::evaluations::Subject;
use super::layout::Account;
use std::sync::Arc;
use totalcloud_api::Provider;

/// Where an exception is: a result of one control on one thing in one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Excepted {
    pub(crate) provider: Provider,
    account: u32,
    control: u32,
    row: u32,
}

impl World {
    /// All exceptions, found once until the world moves.
    pub(crate) fn exceptions(&self) -> Arc<Vec<Excepted>> {
        let mut known = self.excepted.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(known) = known.as_ref() {
            return known.clone();
        }
        let found = Arc::new(self.find_exceptions());
        *known = Some(found.clone());
        found
    }

    fn find_exceptions(&self) -> Vec<Excepted> {
        let mut found = Vec::new();
        for provider in Provider::ALL {
            for account in self.cloud(provider).connected().iter().filter(|a| a.evaluated()) {
                let counts = self.counts(account);
                for (at, index) in self.controls.of(provider).enumerate() {
                    if counts[at][Outcome::Excepted as usize] == 0 {
                        continue;
                    }
                    let control = &self.controls.all[index as usize];
                    let rows = self.evaluated_rows(provider, account.index, index);
                    let excepted = rows.page(0, rows.total()).map(|row| row as u32).filter(|row| {
                        let subject = Subject::new(self, account, control, *row);
                        subject.is_some_and(|s| self.outcome_of(index, &s) == Outcome::Excepted)
                    });
                    let (account, control) = (account.index, index);
                    found.extend(excepted.map(|row| Excepted { provider, account, control, row }));
                }
            }
        }
        found
    }

    /// The id of an exception.
    pub(crate) fn excepted_id(&self, place: Excepted) -> Option<String> {
        let (_, subject) = self.excepted_at(place)?;
        Some(self.exception_id(self.pair(place.control, &subject)))
    }

    fn excepted_at(&self, place: Excepted) -> Option<(&Account, Subject<'_>)> {
        let account = self.cloud(place.provider).accounts.get(place.account as usize)?;
        let control = self.controls.all.get(place.control as usize)?;
        Some((account, Subject::new(self, account, control, place.row)?))
    }

    /// Appends the row of an exception: what evaluated resources show of it, and its provider.
    pub(crate) fn write_excepted(&self, place: Excepted, out: &mut Vec<u8>) {
        let Some((account, subject)) = self.excepted_at(place) else { return };
        self.write_exception_of(account, place.control, &subject, out);
    }
}
