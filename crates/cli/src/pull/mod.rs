//! `totalcloud pull`: a whole subscription into a folder.
//!
//! [`choice`] says which families are wanted, [`plan`] what to fetch for them, [`fetch`] fetches one part,
//! [`engine`] runs the plan, [`table`] and [`folder`] write, [`report`] says what became of it.
//! [`journal`] keeps pages for a pull that is stopped, [`resume`] goes on with one, [`forecast`] says beforehand
//! what a pull costs.

pub mod bars;
pub mod choice;
pub mod engine;
pub mod fetch;
pub mod folder;
pub mod forecast;
pub mod journal;
pub mod learned;
pub mod plan;
pub mod posture;
pub mod posture_text;
pub mod report;
pub mod resume;
pub mod rows;
pub mod state;
pub mod table;

pub use choice::{Choice, Family};
pub use engine::{Ask, Watch, pull};
pub use folder::Folder;
pub use report::{Report, TableReport, Verdict};
pub use resume::Resume;
