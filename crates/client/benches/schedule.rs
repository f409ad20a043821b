//! How well calls are packed into a quota. All time in it is simulated, so the figures are the same everywhere.
#![allow(clippy::print_stdout)]

#[path = "../tests/schedule/run.rs"]
mod run;

use run::{CASES, HEADERS, run};

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap_or_else(|e| panic!("no runtime: {e}"));
    println!("quota       headers        calls  refused      ideal s     actual s   ratio");
    let mut missed = false;
    for case in &CASES {
        for (name, headers) in HEADERS {
            let outcome = runtime.block_on(run(case, headers));
            missed |= outcome.ratio() > 1.05 || outcome.refused * 100 > outcome.calls;
            println!(
                "{:<11} {:<13} {:>6} {:>8} {:>12.1} {:>12.1} {:>7.4}",
                case.quota,
                name,
                outcome.calls,
                outcome.refused,
                outcome.ideal.as_secs_f64(),
                outcome.actual.as_secs_f64(),
                outcome.ratio()
            );
        }
    }
    if missed {
        println!("at most 1.05 times the ideal, and at most 1 in 100 refused: missed");
        std::process::exit(1);
    }
}
