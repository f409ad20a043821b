//! The targets under libFuzzer. `cargo xtask fuzz` builds it with the project's crates instrumented and says
//! by a variable which target is meant, so that all of them are linked once. With the target `list` it names
//! them.
#![no_main]
#![allow(unsafe_code)]

use libfuzzer_sys::fuzz_target;
use std::sync::OnceLock;
use totalcloud_fuzz::{TARGET_ENV, TARGETS, Target, target};

static TARGET: OnceLock<&Target> = OnceLock::new();

fuzz_target!(
    init: {
        let name = std::env::var(TARGET_ENV).unwrap_or_default();
        if name == "list" {
            for target in TARGETS {
                println!("{}", target.name);
            }
            std::process::exit(0);
        }
        let Some(target) = target(&name) else {
            eprintln!("{TARGET_ENV} names no target: '{name}'");
            std::process::exit(2);
        };
        TARGET.get_or_init(|| target);
    },
    |data: &[u8]| {
        if let Some(target) = TARGET.get() {
            (target.run)(data);
        }
    }
);
