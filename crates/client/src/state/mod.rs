//! What the processes of one user share about a subscription: the state of its quota, and facts that were
//! found out, in one small file.
//!
//! The file holds no secret and no name in clear. Nothing in it must be right: one that is damaged, too
//! large or missing means that nothing is known.

mod data;
mod file;

pub use data::{Calls, Class, Fact, LARGEST, Live, State, decode, encode};
pub use file::SharedState;
