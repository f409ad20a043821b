//! The command `totalcloud`. Everything is in the library part, so that tests can call it.

fn main() -> std::process::ExitCode {
    totalcloud_cli::main()
}
