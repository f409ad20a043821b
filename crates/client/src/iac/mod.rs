//! Infrastructure as code: from a folder of templates to the result of its scan.

mod archive;
mod pack;
mod scan;

pub use pack::{IacUpload, LeftOut, LeftOutReason, PackedFile};
pub use scan::{IacDocument, IacOptions};
