//! A marker goes into every place that a secret can enter, and must be found nowhere afterwards: in no output, log,
//! file, journal or error, in no form in which it travels.

use crate::context::{Home, Run, finish, set_mode, sim};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use totalcloud_testkit::SimHandle;

/// Every form of it is told apart from the plain one by the characters in it.
const MARK: &str = "cAn4ry/K7&m%arker+x";

/// Pieces that give the marker away: itself, encoded for addresses, forms and JSON, and in Base64, whose letters
/// depend on what stands in front.
fn pieces() -> Vec<String> {
    let mut all = vec![
        MARK.to_owned(),
        MARK.trim_end_matches("+x").to_owned(),
        "cAn4ry%2FK7%26m%25arker".to_owned(),
        "cAn4ry%2fk7%26m%25arker".to_lowercase(),
        "cAn4ry\\/K7".to_owned(),
    ];
    for alphabet in [base64(MARK, 0), base64(MARK, 1), base64(MARK, 2)] {
        all.push(alphabet.replace('+', "-").replace('/', "_"));
        all.push(alphabet);
    }
    all
}

/// The letters of Base64 that do not depend on what stands around.
fn base64(text: &str, in_front: usize) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bytes: Vec<u8> = std::iter::repeat_n(0, in_front).chain(text.bytes()).collect();
    let whole = &bytes[..bytes.len() / 3 * 3];
    let letters: String = whole
        .chunks(3)
        .flat_map(|c| {
            let n = u32::from(c[0]) << 16 | u32::from(c[1]) << 8 | u32::from(c[2]);
            [18, 12, 6, 0].map(|shift| char::from(LETTERS[(n >> shift & 63) as usize]))
        })
        .collect();
    letters[if in_front == 0 { 0 } else { 4 }..].to_owned()
}

#[track_caller]
fn clean(what: &str, text: &str) {
    for piece in pieces() {
        assert!(!text.contains(&piece), "{what} holds {piece}: {text}");
    }
}

fn files(folder: &Path, look: &mut dyn FnMut(&Path, &str)) {
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, look);
        } else if let Ok(bytes) = std::fs::read(&path) {
            look(&path, &String::from_utf8_lossy(&bytes));
        }
    }
}

/// Nothing of a run gives the marker away, nor do the files it leaves. `given` are those that were given it.
#[track_caller]
fn nowhere(home: &Home, run: &Run, given: &[&str]) {
    clean("stdout", &run.stdout);
    clean("stderr", &run.stderr);
    files(&home.path(""), &mut |path, text| {
        if !given.iter().any(|g| path.ends_with(g)) {
            clean(&path.display().to_string(), text);
        }
    });
}

/// The ways to sign in with the marker as the secret: name, variables, file with the secret.
fn ways() -> Vec<(&'static str, Vec<(&'static str, &'static str)>)> {
    vec![
        ("basic", vec![("USERNAME", "simulator"), ("PASSWORD", MARK)]),
        ("jwt", vec![("USERNAME", "simulator"), ("PASSWORD", MARK)]),
        ("oidc", vec![("CLIENT_ID", "client"), ("CLIENT_SECRET", MARK)]),
        ("idp", vec![("CLIENT_ID", "c"), ("CLIENT_SECRET", MARK)]),
        ("idp", vec![("CLIENT_ID", "c"), ("USERNAME", "u"), ("PASSWORD", MARK)]),
        ("token", vec![("TOKEN", "eyJ4Ijoi.cAn4ryK7markerx.y"), ("PROXY_PASSWORD", MARK)]),
        ("token", vec![("TOKEN", MARK)]),
        ("command", vec![("TOKEN_COMMAND", "cat given")]),
    ]
}

const COMMANDS: [&str; 6] = [
    "connectors list",
    "resources list --provider aws --type ec2 --limit 3",
    "auth status",
    "config show --origin",
    "doctor --timeout 5",
    "api mandates.list",
];

fn home(url: &str, kind: &str, env: &[(&str, &str)]) -> Home {
    let mut home =
        Home::new().env("TOTALCLOUD_URL", url).env("TOTALCLOUD_AUTH", kind).env("RUST_LOG", "trace");
    home = home.env("RUST_BACKTRACE", "full").env("TOTALCLOUD_TOKEN_URL", format!("{url}/token"));
    if kind != "idp" {
        home = home.without("TOTALCLOUD_TOKEN_URL");
    }
    for (name, value) in env {
        home = home.env(&format!("TOTALCLOUD_{name}"), *value);
    }
    std::fs::write(home.path("given"), MARK).unwrap();
    set_mode(&home.path("given"), 0o600);
    home
}

/// A service that answers every call with a status and repeats in the body all that it was sent, as some do.
fn echo(status: u16, shape: fn(&str) -> String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut sent, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                match reader.read_line(&mut line) {
                    Ok(n) if n > 2 => {}
                    _ => break,
                }
                if let Some(n) = line.to_ascii_lowercase().strip_prefix("content-length: ") {
                    length = n.trim().parse().unwrap();
                }
                // The part that matters first: long messages are cut.
                if ["authorization", "clientsecret", "proxy-authorization"]
                    .iter()
                    .any(|h| line.to_ascii_lowercase().starts_with(h))
                {
                    sent.insert_str(0, &line);
                }
            }
            let mut body = vec![0; length];
            let _ = reader.read_exact(&mut body);
            let body = shape(
                &format!("{}{}", String::from_utf8_lossy(&body), sent).replace(['\r', '\n', '"', '\\'], " "),
            );
            let head =
                format!("HTTP/1.1 {status} X\r\nx-request-id: 1\r\nconnection: close\r\ncontent-length");
            let _ = write!(stream, "{head}: {}\r\n\r\n{body}", body.len());
        }
    });
    url
}

#[test]
fn the_pieces_find_the_marker_in_every_form() {
    let found = |text: &str| pieces().iter().any(|p| text.contains(p));
    for text in ["x cAn4ry/K7&m%arker+x y", "a=cAn4ry%2FK7%26m%25arker%2Bx", "cAn4ry\\/K7&m%arker+x"] {
        assert!(found(text), "{text}");
    }
    // u:MARK, simulator:MARK and MARK, as Basic and tokens carry them.
    for text in [
        "dTpjQW40cnkvSzcmbSVhcmtlcit4",
        "c2ltdWxhdG9yOmNBbjRyeS9LNyZtJWFya2VyK3g=",
        "Y0FuNHJ5L0s3Jm0lYXJrZXIreA==",
    ] {
        assert!(found(text), "{text}");
    }
    assert!(!found("nothing of it"));
}

#[test]
fn a_service_that_repeats_secrets_does_not_get_them_shown() {
    let shapes: [fn(&str) -> String; 4] = [
        |sent| format!(r#"{{"errorCode":"E1","message":"you sent {sent}","timestamp":1}}"#),
        |sent| format!(r#"{{"error":"invalid_client","error_description":"you sent {sent}"}}"#),
        |sent| format!("you sent {sent}"),
        |sent| format!("<html><title>{sent}</title></html>"),
    ];
    for (status, shape) in
        [(401, 0), (400, 1), (403, 0), (400, 0), (404, 0), (401, 2), (403, 3), (200, 1), (200, 3)]
    {
        let url = echo(status, shapes[shape]);
        for (kind, env) in ways() {
            let home = home(&url, kind, &env);
            let run = home.run(["connectors", "list", "--provider", "aws", "-vvv"]);
            assert_ne!(run.code, 0, "{status} {kind}: {run:?}");
            nowhere(&home, &run, &["given"]);
        }
    }
}

#[test]
fn a_service_that_fails_and_repeats_secrets_does_not_get_them_shown_while_it_is_tried_again() {
    let url =
        echo(500, |sent| format!(r#"{{"status":500,"error":"Internal","message":"failed on {sent}"}}"#));
    let home = home(&url, "jwt", &[("USERNAME", "u"), ("PASSWORD", MARK)]);
    let run = home.words("auth status -vvv");
    assert_ne!(run.code, 0);
    nowhere(&home, &run, &["given"]);
}

#[test]
fn secrets_that_are_right_are_shown_as_little_as_wrong_ones() {
    let sim = marked();
    for (kind, env) in ways().into_iter().take(3) {
        for command in COMMANDS {
            let home = home(sim.url(), kind, &env);
            let run = home.run(command.split(' ').chain(["-vvv"]));
            assert_eq!(run.code, 0, "{kind} {command}: {run:?}");
            nowhere(&home, &run, &["given"]);
            assert!(!run.stderr.contains("eyJ"), "{run:?}");
        }
    }
    clean("journal", &format!("{:?}", sim.journal()));
    clean("journal", &serde_json::to_string(&sim.journal()).unwrap());
}

/// A simulator whose password and client secret are the marker.
fn marked() -> SimHandle {
    totalcloud_testkit::sim(|c| {
        c.password = MARK.into();
        c.client_id = "client".into();
        c.client_secret = MARK.into();
    })
}

#[test]
fn a_pull_and_a_listing_leave_no_secret_in_their_files() {
    let sim = marked();
    let home = home(sim.url(), "basic", &[("USERNAME", "simulator"), ("PASSWORD", MARK)]);
    let run = home.words("pull --out estate --only connectors -vvv");
    let run = if run.code == 2 { home.words("pull --out estate -vvv") } else { run };
    assert_eq!(run.code, 0, "{run:?}");
    nowhere(&home, &run, &["given"]);
}

#[test]
fn secrets_from_stdin_and_files_are_kept_where_they_belong_and_nowhere_else() {
    let sim = marked();
    let home = home(sim.url(), "jwt", &[("USERNAME", "simulator")]);
    let run =
        home.run_with(&format!("{MARK}\n"), ["auth", "login", "--password-stdin", "--store", "file", "-vvv"]);
    assert_eq!(run.code, 0, "{run:?}");
    nowhere(&home, &run, &["given", "config.toml"]);
    assert!(std::fs::read_to_string(home.config()).unwrap().contains(MARK));
    for command in COMMANDS {
        let run = home.words(command);
        assert_eq!(run.code, 0, "{command}: {run:?}");
        nowhere(&home, &run, &["given", "config.toml"]);
    }
    #[cfg(unix)]
    {
        set_mode(&home.config(), 0o640);
        let run = home.words("connectors list").failed(2, &["others may read it (mode 0640)", "chmod 600"]);
        nowhere(&home, &run, &["given", "config.toml"]);
    }
}

#[test]
fn secrets_among_the_parameters_of_any_operation_come_from_files_of_their_owner() {
    let url = echo(400, |sent| format!(r#"{{"errorCode":"E1","message":"you sent {sent}","timestamp":1}}"#));
    let sim = sim();
    for (url, code) in [(url.as_str(), 3), (sim.url(), 3)] {
        let home = home(url, "basic", &[("USERNAME", "u"), ("PASSWORD", "other")]);
        for call in
            ["api auth.gateway username=u password=@given", "api auth.oidc clientId=c clientSecret=@given"]
        {
            let run = home.words(&format!("{call} -vvv"));
            assert_eq!(run.code, code, "{run:?}");
            nowhere(&home, &run, &["given"]);
        }
        let run = home.run(["api", "auth.gateway", "username=u", &format!("password={MARK}")]);
        nowhere(&home, &run.failed(2, &["no argument takes"]), &["given"]);
        #[cfg(unix)]
        {
            set_mode(&home.path("given"), 0o644);
            let run = home.words("api auth.gateway username=u password=@given");
            nowhere(&home, &run.failed(2, &["others may read it", "chmod 600 given"]), &["given"]);
        }
    }
    clean("journal", &format!("{:?}", sim.journal()));
}

#[test]
fn an_identity_provider_that_answers_with_secrets_does_not_get_them_shown() {
    let shapes: [fn(&str) -> String; 3] = [
        |_| format!(r#"{{"access_token":"{MARK}","expires_in":60,"refresh_token":"{MARK}"}}"#),
        |_| format!(r#"{{"access_tokn":"{MARK}"}}"#),
        |_| format!(r#"["{MARK}"]"#),
    ];
    for shape in shapes {
        let home = home(&echo(200, shape), "idp", &[("CLIENT_ID", "c"), ("CLIENT_SECRET", MARK)]);
        for command in ["connectors list --provider aws -vvv", "auth status -vvv", "doctor --timeout 5 -vvv"]
        {
            let run = home.words(command);
            assert_ne!(run.code, 0, "{run:?}");
            nowhere(&home, &run, &["given"]);
        }
    }
}

#[test]
fn commands_that_print_secrets_and_fail_do_not_get_them_shown() {
    let sim = sim();
    for env in [
        [("TOKEN_COMMAND", "cat given; exit 3")].as_slice(),
        &[("TOKEN_COMMAND", "cat given given | tr x '\\n'")],
    ] {
        let home = home(sim.url(), "command", env);
        let run = home.words("connectors list -vvv");
        assert_eq!(run.code, 3, "{run:?}");
        nowhere(&home, &run, &["given"]);
    }
    let home = home(sim.url(), "basic", &[("USERNAME", "u")]);
    home.write_config("[profiles.default]\npassword_command = 'cat given; exit 4'\n");
    let run = home.words("connectors list -vvv");
    assert_eq!(run.code, 1, "{run:?}");
    nowhere(&home, &run, &["given"]);
}

#[test]
fn the_login_of_a_proxy_is_not_shown_whatever_the_proxy_says() {
    let sim = sim();
    let (user, password) = sim.login();
    let encoded = "cAn4ry%2FK7%26m%25arker%2Bx";
    for status in [407, 403, 502] {
        let proxy =
            echo(status, |sent| format!(r#"{{"errorCode":"P","message":"you sent {sent}","timestamp":1}}"#));
        let with = proxy.replace("http://", &format!("http://jane:{encoded}@"));
        for (name, value) in [("TOTALCLOUD_PROXY", with.as_str()), ("HTTP_PROXY", &with)] {
            let home =
                home(sim.url(), "basic", &[("USERNAME", user), ("PASSWORD", password)]).env(name, value);
            for command in
                ["connectors list --provider aws -vvv", "doctor --timeout 5", "config show --origin"]
            {
                nowhere(&home, &home.words(command), &["given"]);
            }
        }
    }
}

/// A webhook and a key go into actions, and the service shows them in its answers.
#[test]
fn secrets_of_actions_are_shown_nowhere_though_the_service_answers_with_them() {
    let hook = format!("https://hooks.example.com/{MARK}");
    let echoes =
        echo(400, |sent| format!(r#"{{"errorCode":"E1","message":"you sent {sent}","timestamp":1}}"#));
    for faults in [&[][..], &["op=actions.create-slack,do=reset-body", "op=actions.create-pagerduty,do=cut"]]
    {
        let sim = totalcloud_testkit::sim(|config| {
            config.faults.extend(faults.iter().map(|fault| fault.parse().unwrap()));
        });
        let (user, password) = sim.login();
        for url in [sim.url(), &echoes] {
            let home = home(url, "basic", &[("USERNAME", user), ("PASSWORD", password)]);
            std::fs::write(home.path("hook"), &hook).unwrap();
            set_mode(&home.path("hook"), 0o600);
            for command in [
                "actions create slack --action-name S --channel c --webhook-uri-file hook",
                "actions create pagerduty --action-name P --subject-line s --service-key-file given",
                "actions create pagerduty --action-name P --subject-line s --service-key-file given --dry-run",
                "actions test slack --channel c --webhook-uri-file hook",
                "actions test pagerduty --service-key-file given",
                "api actions.create-slack actionName=T channel=c webhookUri=@hook",
                "api actions.test-pagerduty serviceKey=@given --raw",
                "actions list --format json",
                "actions list --output actions.csv",
                "actions list --output actions.ndjson",
                "actions list --format table --columns slackWebhookUri,pagerdutyServiceKey",
                "api actions.list",
                "api actions.list --raw --output raw.json",
            ] {
                let run = home.words(&format!("{command} -vvv"));
                assert!(url != sim.url() || !faults.is_empty() || run.code == 0, "{command}: {run:?}");
                nowhere(&home, &run, &["given", "hook"]);
            }
            if url == sim.url() {
                let shown = home.words("actions list --show-secrets").ok();
                assert!(shown.contains(MARK), "they are there, and can be asked for");
            }
        }
        clean("journal", &serde_json::to_string(&sim.journal()).unwrap());
    }
}

/// A terminal of Python's is the nearest one to be had without unsafe code.
#[cfg(unix)]
#[test]
fn a_secret_typed_at_the_prompt_is_not_echoed() {
    let sim = marked();
    let home = home(sim.url(), "basic", &[("USERNAME", "simulator")]);
    let script = r#"
import os, pty, sys, termios, time
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], [sys.argv[1], "connectors", "list", "--provider", "aws", "--format", "csv", "-vvv"])
said, typed = b"", False
while True:
    try:
        piece = os.read(terminal, 4096)
    except OSError:
        break
    if not piece:
        break
    said += piece
    if not typed and b"Password: " in said:
        typed = True
        # Whoever types ahead of the prompt sees it; whoever waits for it does not.
        while termios.tcgetattr(terminal)[3] & termios.ECHO:
            time.sleep(0.01)
        os.write(terminal, sys.argv[2].encode() + b"\n")
sys.stdout.buffer.write(said)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) if typed else 99)
"#;
    let mut command = home.command(["-c", script, env!("CARGO_BIN_EXE_totalcloud"), MARK]);
    let mut python = std::process::Command::new("python3");
    python.args(command.get_args()).env_clear().current_dir(home.path(""));
    python.envs(command.get_envs().filter_map(|(k, v)| Some((k, v?))));
    command = python;
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let run = finish(command.spawn().unwrap());
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.contains("AWS"), "{run:?}");
    nowhere(&home, &run, &["given"]);
}
