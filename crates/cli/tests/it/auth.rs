use crate::context::{Home, sim};
use std::io::{Read, Write};
use std::net::TcpListener;
use totalcloud_testkit::SimHandle;

/// A home that knows where the simulator is, and nobody to sign in.
fn stranger(sim: &SimHandle) -> Home {
    Home::new().env("TOTALCLOUD_URL", sim.url())
}

#[test]
fn login_keeps_the_secret_readable_by_its_owner_only_and_logout_forgets_it() {
    let sim = sim();
    let home = stranger(&sim);
    let (user, password) = sim.login();
    let run = home.run_with(
        &format!("{password}\n"),
        ["auth", "login", "--password-stdin", "--auth", "jwt", "--username", user, "--store", "file"],
    );
    let run = run.failed(0, &["signed in by jwt; profile default is kept in"]);
    assert!(!format!("{run:?}").contains(password), "{run:?}");
    let kept = std::fs::read_to_string(home.config()).unwrap();
    assert!(kept.contains(password) && kept.contains("auth = \"jwt\""), "{kept}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(home.config()).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let home = home.without("TOTALCLOUD_URL");
    assert!(!home.words("connectors list").rows().is_empty());

    let status = home.words("auth status --format json").ok();
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    assert_eq!((&status["accepted"], &status["username"]), (&true.into(), &user.into()));
    assert!(status["token_expires"].as_str().unwrap().ends_with('Z'), "{status}");
    assert!(status["secret_from"].as_str().unwrap().starts_with("profile default in"), "{status}");

    home.words("auth logout").failed(0, &["the secrets of profile default are removed"]);
    let kept = std::fs::read_to_string(home.config()).unwrap();
    assert!(!kept.contains(password) && kept.contains(user), "{kept}");
    home.words("connectors list").failed(2, &["needs password, which is not set"]);
    home.words("auth logout").failed(0, &["profile default holds no secret"]);
}

#[test]
fn without_a_keyring_login_says_where_the_secret_went() {
    let sim = sim();
    let (user, password) = sim.login();
    // No session bus: nothing answers for a keyring here.
    let home = stranger(&sim).env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent");
    let run = home
        .run_with(password, ["auth", "login", "--password-stdin", "--username", user, "--profile", "work"]);
    if cfg!(target_os = "linux") {
        let run = run.failed(0, &["no keyring takes the secret", "readable by you only", "--profile work"]);
        assert!(!run.stderr.contains(password));
        home.without("TOTALCLOUD_URL").words("connectors list --profile work --limit 1").ok();
    }
}

#[test]
fn wrong_credentials_are_not_kept_and_end_with_3() {
    let sim = sim();
    let home = stranger(&sim);
    for kind in ["basic", "jwt"] {
        let args = [
            "auth",
            "login",
            "--password-stdin",
            "--auth",
            kind,
            "--username",
            "simulator",
            "--store",
            "file",
        ];
        let run = home.run_with("canary-wrong\n", args).failed(3, &["error: ", "hint: "]);
        assert!(!run.stderr.contains("canary-wrong"));
        assert!(!home.config().exists());
    }
    let run = Home::at(&sim).env("TOTALCLOUD_PASSWORD", "canary-wrong").words("connectors list");
    let run = run.failed(3, &["connectors.list"]);
    assert_eq!(run.stdout, "");
    let run = Home::at(&sim).env("TOTALCLOUD_PASSWORD", "canary-wrong").words("auth status");
    let run = run.failed(3, &[]);
    assert!(run.stdout.contains("\"accepted\":false"), "{run:?}");
}

#[test]
fn a_token_is_printed_only_when_it_is_asked_for() {
    let sim = sim();
    let home = Home::at(&sim).env("TOTALCLOUD_AUTH", "jwt");
    let token = home.words("auth token").ok();
    assert_eq!(token.trim().split('.').count(), 3, "a JWT on a line of its own");
    for args in ["auth status", "connectors list -vvv", "config show --origin"] {
        let run = home.words(args);
        assert!(!format!("{run:?}").contains(token.trim()), "{args}");
    }
}

#[test]
fn every_way_to_sign_in_works() {
    let sim = sim();
    let (user, password) = sim.login();
    let (client_id, client_secret) = sim.client();
    let token = Home::at(&sim).env("TOTALCLOUD_AUTH", "jwt").words("auth token").ok().trim().to_owned();
    let idp = identity_provider(token.clone());
    let sets: [(&str, &[(&str, &str)]); 7] = [
        ("basic", &[("USERNAME", user), ("PASSWORD", password)]),
        ("jwt", &[("USERNAME", user), ("PASSWORD", password)]),
        ("oidc", &[("CLIENT_ID", client_id), ("CLIENT_SECRET", client_secret)]),
        ("idp", &[("TOKEN_URL", &idp), ("CLIENT_ID", "c"), ("CLIENT_SECRET", "idp-secret"), ("SCOPE", "s")]),
        ("idp", &[("TOKEN_URL", &idp), ("CLIENT_ID", "c"), ("USERNAME", "u"), ("PASSWORD", "idp-secret")]),
        ("token", &[("TOKEN", &token)]),
        ("command", &[("TOKEN_COMMAND", "cat token")]),
    ];
    for (kind, env) in sets {
        let mut home = stranger(&sim).env("TOTALCLOUD_AUTH", kind);
        std::fs::write(home.path("token"), format!("{token}\n")).unwrap();
        for (name, value) in env {
            home = home.env(&format!("TOTALCLOUD_{name}"), *value);
        }
        let before = sim.calls("connectors.list");
        assert!(!home.words("connectors list --provider aws").rows().is_empty(), "{kind}");
        let journal = sim.journal();
        let call = journal.of("connectors.list").nth(before).unwrap();
        assert_eq!(call.auth, if kind == "basic" { "basic" } else { "bearer" }, "{kind}");
    }
}

/// An identity provider that gives this token to whoever brings the secret.
fn identity_provider(token: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/oauth2/token", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = Vec::new();
            let mut buffer = [0; 4096];
            while !String::from_utf8_lossy(&request).contains("idp-secret") {
                match stream.read(&mut buffer).unwrap() {
                    0 => break,
                    n => request.extend_from_slice(&buffer[..n]),
                }
            }
            let body = format!(r#"{{"token_type":"Bearer","expires_in":3600,"access_token":"{token}"}}"#);
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n";
            write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len()).unwrap();
        }
    });
    url
}
