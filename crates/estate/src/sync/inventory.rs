//! Reads a type of resources: whole, or what was updated where that tells enough.

use super::details::{Instances, Noting};
use super::engine::{BIG, Run, unexpected, wants_details};
use super::known::Readings;
use super::plan::{self, Then, Way};
use super::reading::{End, Open};
use crate::Result;
use crate::store::{How, Scope};
use jiff::civil::Date;
use totalcloud::subscription::{Part, Presence, Table, Verdict, number};
use totalcloud_api::endpoints::resources::ListResources;
use totalcloud_api::operation::Endpoint;
use totalcloud_api::{Provider, ResourceType};

/// Rows that come with one call of the inventory.
pub(super) fn page() -> u64 {
    ListResources::OPERATION.paging.map_or(1, |p| u64::from(p.largest_seen))
}

/// What became of reading what was updated.
enum Updates {
    /// It is in the estate.
    Read(End, u64),
    /// It tells too little, so all of it is to be read.
    Useless,
}

impl Run<'_> {
    /// Reads a type.
    pub(super) async fn resources(&self, table: &Table, of: &'static ResourceType) -> Result<Instances> {
        let mut noting = Noting::new(self, of, wants_details(&self.families.choice, of));
        let scope = Scope::whole();
        let mut open = Open::begin(self.tx, &table.name, vec![scope.clone()], self.watch).await?;
        let readings = Readings::of(self.tx.fresh(&table.name, &scope));
        let way = plan::inventory(readings, open.rows().await?, page(), self.tx.started(), self.ask.rhythm);
        let mut whole = true;
        if let Way::Since(day) = way {
            match self.updates(&mut open, &table.parts[0], day, &mut noting).await? {
                Updates::Useless => open.again(&scope)?,
                Updates::Read(end, total) => {
                    let then = plan::after_updates(open.rows().await?, total, page());
                    match (end.verdict.is_complete(), then) {
                        (true, Then::ReadWhole) => open.again(&scope)?,
                        (complete, then) => {
                            whole = false;
                            if complete {
                                open.note = Some(self.assumption(&mut open, then, day, total).await?);
                            }
                            let note = open.note.clone();
                            open.ended(&scope, How::Updated, end.verdict, note).await?;
                        }
                    }
                }
            }
        }
        if whole {
            noting.restart();
            let (end, _) = self.whole(&mut open, &table.parts[0], &scope, Some(&mut noting)).await?;
            let (how, note) = match (end.verdict.is_complete(), end.total) {
                (true, None) => {
                    let note = "the service told no total, so what vanished was not looked for";
                    (How::Updated, Some(note.to_owned()))
                }
                _ => (How::Whole, None),
            };
            noting.whole = end.verdict.is_complete() && how == How::Whole;
            open.note.clone_from(&note);
            open.ended(&scope, how, end.verdict, note).await?;
        }
        self.close(open).await?;
        Ok(noting.done())
    }

    /// What is taken for granted where only updates were read.
    async fn assumption(&self, open: &mut Open<'_>, then: Then, day: Date, total: u64) -> Result<String> {
        let held = open.rows().await?;
        let rest = format!("rows not updated since {day} are taken to be as they were");
        Ok(match then {
            Then::Agrees => rest,
            _ => format!(
                "{rest}, though the estate holds {} and the service counts {}: what vanished is found when all is \
                 read again",
                number(held),
                number(total)
            ),
        })
    }

    async fn updates(
        &self,
        open: &mut Open<'_>,
        part: &Part,
        day: Date,
        noting: &mut Noting,
    ) -> Result<Updates> {
        let mut stop = self.stop.clone();
        let total = tokio::select! {
            biased;
            () = stop.asked() => return Ok(Updates::Read(End::stopped(&stop), 0)),
            total = self.fetcher.count(part, &self.learned) => total,
        };
        // Whoever cannot count reads all of it, and is told then what is wrong.
        let Ok(Some(total)) = total else { return Ok(Updates::Useless) };
        let fetcher = self.fetcher.clone().updated(Some(&plan::range(day)));
        let mut reader = fetcher.open(part, &self.learned).await;
        let mut told = false;
        let mut _place = None;
        loop {
            let came = tokio::select! {
                biased;
                () = stop.asked() => return Ok(Updates::Read(End::stopped(&stop), total)),
                came = reader.next() => came,
            };
            let Some(page) = came else { break };
            if !told {
                told = true;
                match reader.total() {
                    Some(updated) if plan::nearly_all(updated, total) => return Ok(Updates::Useless),
                    Some(updated) if updated > BIG => _place = self.big.acquire().await.ok(),
                    _ => {}
                }
                open.expect(reader.total());
            }
            let moved = open.push(&Scope::whole(), &page).await?;
            noting.rows(&page, &moved);
        }
        self.note(reader.error());
        let verdict = match reader.end() {
            // A range that may not be asked for says nothing of the rest.
            Verdict::NotAvailable { .. } if !told => return Ok(Updates::Useless),
            verdict => verdict,
        };
        Ok(Updates::Read(End { total: reader.total(), verdict }, total))
    }

    /// Reads the instances of OCI, and which tenancies they are in. One that was known before is a tenancy still
    /// unless all instances were read.
    pub(super) async fn tenants(&self, table: &Table) -> Result<(Option<Instances>, Presence)> {
        let [Part::Resources(of)] = &table.parts[..] else {
            return Err(unexpected("the table of the instances of oci has no such part"));
        };
        let read = self.resources(table, of).await?;
        let mut accounts: Vec<String> = read.tenants.iter().cloned().collect();
        let whole = read.whole;
        if !whole {
            let known = self.tx.readings(totalcloud::subscription::plan::ACCOUNT_EVALUATIONS);
            let of_oci = known.filter(|f| f.last.provider.as_deref() == Some(Provider::Oci.as_str()));
            for account in of_oci.filter_map(|f| f.last.account.clone()) {
                if !accounts.contains(&account) {
                    accounts.push(account);
                }
            }
        }
        let missing = (!whole).then(|| "not all of its instances were read".to_owned());
        if accounts.is_empty() && whole {
            self.tell("oci has no instances, so nothing of it is there to sync".to_owned());
        }
        Ok((Some(read), Presence::Present { accounts, missing }))
    }
}
