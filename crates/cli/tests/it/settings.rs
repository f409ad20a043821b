use crate::context::{Home, set_mode, sim};
use serde_json::Value;

fn shown(rows: &[Value], setting: &str) -> (Value, Value) {
    let row = rows.iter().find(|r| r["setting"] == setting).unwrap();
    (row["value"].clone(), row["origin"].clone())
}

#[test]
fn config_show_says_where_each_value_comes_from_and_shows_no_secret() {
    let home = Home::new().env("TOTALCLOUD_USERNAME", "from-env").env("TOTALCLOUD_TOKEN", "canary");
    home.write_config(
        "[profiles.default]\nusername = 'from-profile'\nscope = 'from-profile'\naudience = 'a'\n",
    );
    let run = home.words("config show --origin --audience from-flag");
    assert!(!run.stdout.contains("canary"));
    let rows = run.rows();
    assert_eq!(shown(&rows, "audience"), ("from-flag".into(), "flag --audience".into()));
    assert_eq!(shown(&rows, "username"), ("from-env".into(), "environment TOTALCLOUD_USERNAME".into()));
    let (value, origin) = shown(&rows, "scope");
    assert_eq!(value, "from-profile");
    assert_eq!(origin, format!("profile default in {}", home.config().display()));
    assert_eq!(shown(&rows, "concurrency"), ("5".into(), "default".into()));
    assert_eq!(shown(&rows, "token"), ("(set)".into(), "environment TOTALCLOUD_TOKEN".into()));
    assert_eq!(shown(&rows, "password"), (Value::Null, Value::Null));
    let scope = rows.iter().find(|r| r["setting"] == "scope").unwrap();
    assert_eq!((&scope["flag"], &scope["variable"]), (&"--scope".into(), &"TOTALCLOUD_SCOPE".into()));
}

#[cfg(unix)]
#[test]
fn a_secret_in_a_file_that_others_may_read_is_refused_with_advice() {
    let home = Home::new();
    home.write_config("[profiles.default]\npassword = 'canary'\n");
    home.words("config show").ok();
    set_mode(&home.config(), 0o644);
    let run = home.words("config show").failed(2, &["others may read it (mode 0644)", "hint: chmod 600"]);
    assert!(!run.stderr.contains("canary"));
}

#[test]
fn an_unknown_key_is_an_error_with_the_nearest_name() {
    let home = Home::new();
    home.write_config("[profiles.default]\nplatfrom = 'qg3'\n");
    home.words("config show").failed(2, &["unknown key 'platfrom'", "did you mean platform?"]);
}

#[test]
fn a_mistyped_variable_is_pointed_out() {
    let home = Home::new().env("TOTALCLOUD_USRENAME", "x");
    home.words("config show")
        .failed(0, &["TOTALCLOUD_USRENAME is no setting; did you mean TOTALCLOUD_USERNAME?"]);
}

#[test]
fn the_config_file_can_be_somewhere_else() {
    let home = Home::new();
    std::fs::write(home.path("other.toml"), "[profiles.p]\nusername = 'there'\n").unwrap();
    let home = {
        let path = home.path("other.toml").display().to_string();
        home.env("TOTALCLOUD_CONFIG", path)
    };
    assert_eq!(shown(&home.words("config show --profile p").rows(), "username").0, "there");
    home.words("config show --profile q").failed(2, &["there is no profile 'q'", "the profiles are p"]);
}

#[test]
fn nothing_to_sign_in_with_says_what_to_do() {
    Home::new().words("connectors list").failed(2, &["no platform is set", "--platform"]);
    let home = Home::new().env("TOTALCLOUD_USERNAME", "quays3ab1");
    home.words("connectors list").failed(2, &["your user name points to qg3"]);
    let home = Home::new();
    home.words("connectors list --platform qg3")
        .failed(2, &["no credentials are given", "totalcloud auth login"]);
    home.words("connectors list --platform qg33").failed(2, &["there is no platform 'qg33'", "qg3"]);
    home.words("connectors list --platform qg3 --username u")
        .failed(2, &["TOTALCLOUD_PASSWORD", "--password-stdin"]);
}

#[test]
fn plain_http_is_for_this_machine_only() {
    let home = Home::new().env("TOTALCLOUD_USERNAME", "u").env("TOTALCLOUD_PASSWORD", "canary");
    home.words("connectors list --url http://192.0.2.1").failed(2, &["plain http", "--allow-http"]);
}

#[test]
fn an_address_with_a_password_is_not_repeated() {
    let home = Home::new().env("TOTALCLOUD_URL", "https://user:canary@host.example.com");
    for args in ["config show --origin", "connectors list", "auth status"] {
        let run = home.words(args);
        assert!(!format!("{run:?}").contains("canary"), "{args}: {run:?}");
    }
}

#[test]
fn contradictions_are_errors() {
    let home = Home::new().env("TOTALCLOUD_URL", "https://a.example.com").env("TOTALCLOUD_PLATFORM", "qg3");
    home.words("config show").failed(2, &["url and platform contradict each other"]);
    let sim = sim();
    let home = Home::at(&sim).without("TOTALCLOUD_AUTH").env("TOTALCLOUD_TOKEN", "canary");
    let run = home.words("connectors list").failed(2, &["credentials for token and for basic", "--auth"]);
    assert!(!run.stderr.contains("canary"));
    assert_eq!(sim.journal().count, 0);
}
