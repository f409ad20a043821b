//! What every decoder holds for any bytes.
//!
//! A [`Target`] is a function over bytes that panics if a law is broken. Under libFuzzer (`cargo xtask fuzz`)
//! the bytes are searched for; as a plain test all kept ones (`corpus/<target>`) are read again.

mod targets;

/// A decoder, or a family of them, and its laws.
#[derive(Debug)]
pub struct Target {
    /// Its name, and that of its folder of kept inputs.
    pub name: &'static str,
    /// Panics if a law does not hold for the bytes.
    pub run: fn(&[u8]),
}

/// The variable that says which target the program runs.
pub const TARGET_ENV: &str = "TOTALCLOUD_FUZZ_TARGET";

pub use targets::TARGETS;

/// The target of this name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|t| t.name == name)
}
