//! Everything a subscription has, as tables: which there are, of what parts they are made, and how a part is
//! read.
//!
//! [`Choice`] says which families are wanted, [`Plan`] what to read for them, [`Fetcher`] reads one part,
//! [`Learned`] is what tables learn from one another, and a [`Verdict`] tells whether all of it came. What is
//! done with the rows is up to the caller.
//!
//! ```no_run
//! use totalcloud::subscription::{Choice, Fetcher, Learned, Plan, lookups};
//! # async fn run(client: totalcloud::Client) -> Result<(), Box<dyn std::error::Error>> {
//! let choice = Choice::new(&["aws".to_owned()], &[], &[])?;
//! let fetcher = Fetcher::new(&client, 4, None);
//! let learned = Learned::new(&choice);
//! let mut found = std::collections::BTreeMap::new();
//! for lookup in lookups(&choice) {
//!     found.insert(lookup.provider, fetcher.connectors(lookup).await.presence());
//! }
//! for table in Plan::new(&choice, &found).in_order() {
//!     for part in &table.parts {
//!         let mut reader = fetcher.open(part, &learned).await;
//!         while let Some(rows) = reader.next().await {
//!             println!("{}: {} rows", table.name, rows.len());
//!             rows.iter().for_each(|row| learned.row(&table, row));
//!         }
//!         println!("{}: {}", table.name, reader.end());
//!     }
//! }
//! # Ok(())
//! # }
//! ```

pub mod choice;
pub mod fetch;
pub mod learned;
pub mod plan;
pub mod rows;
mod verdict;

pub use choice::{Choice, Depth, Family, Menu, Piece};
pub use fetch::{Collected, Fetcher, Reader};
pub use learned::Learned;
pub use plan::{Evaluated, Lookup, Pair, Part, Plan, Presence, Table, lookups};
pub use verdict::{Verdict, number};
