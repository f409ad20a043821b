//! Infrastructure as code: from a folder of templates to the result of its scan.

mod archive;
mod pack;

pub use pack::{IacUpload, LeftOut, LeftOutReason, PackedFile};
