//! A token from a command of the user's.

use crate::error::{Error, ErrorKind};
use secrecy::SecretString;
use std::process::Stdio;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(60);
const LONGEST: usize = 64 << 10;

/// Runs the command in a shell and takes the token from its output. Neither the command nor what it prints is
/// repeated in errors: both may hold secrets.
pub(crate) async fn run(command: &str) -> Result<SecretString, Error> {
    let fail = |what: String| {
        Error::new(ErrorKind::Unauthenticated, format!("the token command {what}"))
            .with_hint("run the command by hand: it must print the token and nothing else, and end with 0")
    };
    let mut shell = if cfg!(windows) {
        let mut shell = tokio::process::Command::new("cmd");
        shell.arg("/C");
        shell
    } else {
        let mut shell = tokio::process::Command::new("/bin/sh");
        shell.arg("-c");
        shell
    };
    shell.arg(command).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let child = shell.spawn().map_err(|e| fail(format!("could not be started: {}", e.kind())))?;
    let output = tokio::time::timeout(LIMIT, child.wait_with_output())
        .await
        .map_err(|_| fail(format!("did not end within {} s", LIMIT.as_secs())))?
        .map_err(|e| fail(format!("could not be read: {}", e.kind())))?;
    if !output.status.success() {
        return Err(fail(match output.status.code() {
            Some(code) => format!("ended with {code}"),
            None => "was killed".to_owned(),
        }));
    }
    if output.stdout.len() > LONGEST {
        return Err(fail("printed too much for a token".to_owned()));
    }
    let text = SecretString::from(
        String::from_utf8(output.stdout).map_err(|_| fail("printed something that is no text".to_owned()))?,
    );
    clean(&text).ok_or_else(|| fail("printed no token, or more than one line".to_owned()))
}

/// The token in a text: without white space and quotes around it. `None` if that leaves no single word.
pub(crate) fn clean(text: &SecretString) -> Option<SecretString> {
    use secrecy::ExposeSecret;
    let text = text.expose_secret().trim().trim_matches('"').trim();
    let one_word = !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
    one_word.then(|| text.into())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[tokio::test]
    async fn the_output_is_the_token() {
        let token = run("printf '  a.b.c\\n\\n'").await.unwrap();
        assert_eq!(token.expose_secret(), "a.b.c");
    }

    #[tokio::test]
    async fn failures_are_told_without_what_the_command_is_or_prints() {
        for (command, word) in [
            ("echo canary; exit 3", "ended with 3"),
            ("echo canary; echo canary", "more than one line"),
            ("true canary", "no token"),
            ("echo canary >&2; exit 1", "ended with 1"),
            ("kill -9 $$; canary", "was killed"),
        ] {
            let e = run(command).await.err().unwrap();
            assert!(e.to_string().contains(word), "{e}");
            assert!(!format!("{e} {e:?}").contains("canary"), "{e:?}");
        }
    }
}
