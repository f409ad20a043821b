//! `totalcloud pull`: a whole subscription into a folder.
//!
//! What there is to fetch and how is [`totalcloud::subscription`]. [`engine`] runs the plan, [`table`] and
//! [`folder`] write, [`report`] says what became of it.
//! [`journal`] keeps pages for a pull that is stopped, [`resume`] goes on with one, [`forecast`] says beforehand
//! what a pull costs.

pub mod bars;
pub mod engine;
pub mod folder;
pub mod forecast;
pub mod journal;
pub mod posture;
pub mod posture_text;
pub mod report;
pub mod resume;
pub mod state;
pub mod table;

pub use engine::{Ask, Watch, pull};
pub use folder::Folder;
pub use report::{Report, TableReport, Verdict};
pub use resume::Resume;
pub use totalcloud::subscription::{Choice, Family};
// What is read and how is the client's.
use totalcloud::subscription::{choice, fetch, learned, plan, rows};
