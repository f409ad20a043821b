use super::*;
use std::fs;
use std::path::Path;
use totalcloud::AuthKind;

struct World {
    folder: tempfile::TempDir,
    env: Vec<(String, String)>,
    flags: Layer,
}

impl World {
    fn new(profiles: &str) -> World {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        write(&path, profiles, 0o600);
        World {
            env: vec![(CONFIG_ENV.to_owned(), path.display().to_string())],
            folder,
            flags: Layer::default(),
        }
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("config.toml")
    }

    fn env(mut self, name: &str, value: &str) -> World {
        self.env.push((format!("TOTALCLOUD_{name}"), value.to_owned()));
        self
    }

    fn flag(mut self, key: Key, value: &str) -> World {
        let flag = key.setting().flag.unwrap();
        self.flags.put(key.setting(), value.to_owned(), Origin::Flag(flag)).unwrap();
        self
    }

    fn load(&self) -> Result<Settings, CliError> {
        let get = |name: &str| self.env.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
        Settings::load(self.flags.clone(), &get, false)
    }

    fn kind(&self) -> Result<Option<AuthKind>, CliError> {
        self.load().unwrap().auth_kind()
    }
}

fn write(path: &Path, text: &str, mode: u32) {
    fs::write(path, text).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
}

fn refused(result: Result<Settings, CliError>) -> String {
    let e = result.unwrap_err();
    assert_eq!(e.exit, totalcloud::Exit::Usage);
    format!("{e}; {}", e.hint.as_deref().unwrap_or_default())
}

#[test]
fn flags_go_before_environment_before_profile_before_defaults() {
    let world =
        World::new("[profiles.default]\nusername = 'p'\nscope = 'p'\naudience = 'p'\nconcurrency = 3\n")
            .env("USERNAME", "e")
            .env("SCOPE", "e")
            .flag(Key::Username, "f");
    let settings = world.load().unwrap();
    let shown = |key| {
        let s = &settings.values[&key];
        (s.value.shown(), s.origin.to_string())
    };
    assert_eq!(shown(Key::Username), ("f".into(), "flag --username".into()));
    assert_eq!(shown(Key::Scope), ("e".into(), "environment TOTALCLOUD_SCOPE".into()));
    let (value, origin) = shown(Key::Audience);
    assert_eq!(value, "p");
    assert!(origin.starts_with("profile default in "), "{origin}");
    assert_eq!(shown(Key::Concurrency).0, "3");
    assert_eq!(shown(Key::AzureSpelling), ("Azure".into(), "default".into()));
}

#[test]
fn a_platform_or_address_of_a_higher_layer_hides_the_addresses_below() {
    let profile = "[profiles.default]\nplatform = 'qg3'\ngateway_url = 'https://g.example.com'\n";
    let settings = World::new(profile).env("URL", "https://one.example.com").load().unwrap();
    assert_eq!(settings.text(Key::Url), Some("https://one.example.com"));
    assert_eq!((settings.text(Key::Platform), settings.text(Key::GatewayUrl)), (None, None));
    let settings = World::new(profile).env("BASE_URL", "https://b.example.com").load().unwrap();
    assert_eq!(settings.text(Key::Platform), Some("qg3"), "one address replaces one of the platform's");
}

#[test]
fn what_contradicts_itself_in_one_place_is_refused() {
    let said = refused(World::new("").env("URL", "https://a.example.com").env("PLATFORM", "qg1").load());
    assert!(said.contains("url and platform contradict each other"), "{said}");
    let e = World::new("").env("TOKEN", "t").env("CLIENT_ID", "c").kind().unwrap_err();
    assert!(e.to_string().contains("token and for oidc"), "{e}");
    let named = World::new("").env("TOKEN", "t").env("CLIENT_ID", "c").env("AUTH", "oidc");
    assert_eq!(named.kind().unwrap(), Some(AuthKind::Oidc));
}

#[test]
fn the_way_to_sign_in_follows_from_what_is_given() {
    for (env, kind) in [
        (&[("USERNAME", "u")][..], AuthKind::Basic),
        (&[("USERNAME", "u"), ("AUTH", "JWT")], AuthKind::Jwt),
        (&[("CLIENT_ID", "c")], AuthKind::Oidc),
        (&[("TOKEN_URL", "https://i"), ("CLIENT_ID", "c"), ("USERNAME", "u")], AuthKind::Idp),
        (&[("TOKEN", "t")], AuthKind::Token),
        (&[("TOKEN_COMMAND", "c")], AuthKind::Command),
    ] {
        let world = env.iter().fold(World::new(""), |w, (n, v)| w.env(n, v));
        assert_eq!(world.kind().unwrap(), Some(kind), "{env:?}");
    }
    assert_eq!(World::new("").kind().unwrap(), None);
}

#[test]
fn credentials_of_a_higher_layer_go_before_the_kind_of_a_lower_one() {
    let profile = "[profiles.default]\nauth = 'jwt'\nusername = 'u'\n";
    assert_eq!(World::new(profile).env("TOKEN", "t").kind().unwrap(), Some(AuthKind::Token));
    assert_eq!(World::new(profile).env("PASSWORD", "p").kind().unwrap(), Some(AuthKind::Jwt));
}

#[test]
fn unknown_keys_and_wrong_values_are_refused_with_the_nearest_name() {
    let said = refused(World::new("[profiles.default]\nuser_name = 'x'\n").load());
    assert!(
        said.contains("unknown key 'user_name' in profile default") && said.contains("username"),
        "{said}"
    );
    let said = refused(World::new("[profile.default]\n").load());
    assert!(said.contains("unknown key 'profile' at the top") && said.contains("profiles"), "{said}");
    let said = refused(World::new("[profiles.default]\nconcurrency = 'many'\n").load());
    assert!(said.contains("profiles.default.concurrency has the wrong kind of value"), "{said}");
    let said = refused(World::new("").env("AUTH", "magic").load());
    assert!(said.contains("auth wants one of basic, jwt"), "{said}");
}

#[test]
fn a_broken_file_is_named_by_its_line_and_not_shown() {
    let said = refused(World::new("[profiles.default]\nusername = 'u'\npassword = \"canary\n").load());
    assert!(said.contains("line 3") && !said.contains("canary"), "{said}");
}

#[cfg(unix)]
#[test]
fn secrets_in_a_file_that_others_may_read_are_refused() {
    let world = World::new("");
    for mode in [0o644, 0o640, 0o604, 0o620] {
        write(&world.path(), "[profiles.other]\npassword = 'canary'\n", mode);
        let said = refused(world.load());
        assert!(said.contains("others may read it") && said.contains("chmod 600"), "{said}");
        assert!(!said.contains("canary"));
    }
    write(&world.path(), "[profiles.default]\nusername = 'u'\n", 0o644);
    world.load().unwrap();
}

#[test]
fn a_profile_that_was_asked_for_must_be_there() {
    let said = refused(World::new("[profiles.work]\n").env("PROFILE", "wrok").load());
    assert!(said.contains("no profile 'wrok'") && said.contains("the profiles are work"), "{said}");
    let settings = World::new("default_profile = 'work'\n[profiles.work]\nusername = 'w'\n").load().unwrap();
    assert_eq!((settings.profile_name(), settings.text(Key::Username)), ("work", Some("w")));
}

#[test]
fn secrets_are_never_shown() {
    let world = World::new("[profiles.default]\npassword = 'canary-1'\n")
        .env("TOKEN", "canary-2")
        .env("CLIENT_SECRET", "canary-3")
        .env("URL", "https://user:canary-4@host.example.com/x");
    let settings = world.load().unwrap();
    let shown: String = settings.values.values().map(|s| s.value.shown()).collect();
    assert!(!shown.contains("canary") && shown.contains("(set)"), "{shown}");
    assert!(shown.contains("host.example.com"), "{shown}");
    let debug = format!("{settings:?}");
    assert!(!debug.contains("canary"), "{debug}");
}

#[test]
fn writing_a_profile_keeps_the_rest_of_the_file() {
    let world = World::new("# mine\n[profiles.a] # first\nusername = 'u'\npassword = 'p'\n");
    let mut file = profile::ConfigFile::read(world.path()).unwrap();
    file.set(
        "a",
        &[(Key::Password, None), (Key::Skip, Some(profile::Entry::List(vec!["remediation".to_owned()])))],
    );
    file.set("b", &[(Key::AllowHttp, Some(profile::Entry::Text("true".to_owned())))]);
    file.write().unwrap();
    let text = fs::read_to_string(world.path()).unwrap();
    assert_eq!(
        text,
        "# mine\n[profiles.a] # first\nusername = 'u'\nskip = [\"remediation\"]\n\n[profiles.b]\nallow_http = true\n"
    );
    let settings = world.flag(Key::Profile, "b").load().unwrap();
    assert!(settings.switch(Key::AllowHttp));
}

#[cfg(unix)]
#[test]
fn the_file_is_written_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new("");
    write(&world.path(), "", 0o644);
    let mut file = profile::ConfigFile::read(world.path()).unwrap();
    file.set("a", &[(Key::Password, Some(profile::Entry::Text("p".to_owned())))]);
    file.write().unwrap();
    assert_eq!(fs::metadata(world.path()).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn mistyped_variables_are_noticed_and_others_are_not_ours() {
    let names =
        ["TOTALCLOUD_USER_NAME", "TOTALCLOUD_USERNAME", "TOTALCLOUD_CONFIG", "TOTALCLOUD_XYZ", "HOME"];
    let found = mistyped_variables(names.iter().map(|n| (*n).to_owned()));
    assert_eq!(found, [("TOTALCLOUD_USER_NAME".to_owned(), "TOTALCLOUD_USERNAME")]);
}

#[test]
fn the_address_of_a_proxy_shows_neither_name_nor_password_and_no_flag_takes_one() {
    for (given, shown) in [
        ("http://user:canary@proxy.example.com:3128", "http://…@proxy.example.com:3128"),
        ("canary:canary@proxy.example.com:3128", "http://…@proxy.example.com:3128"),
        ("socks5h://proxy.example.com", "socks5h://proxy.example.com:1080"),
        ("none", "none"),
    ] {
        let settings = World::new("").env("PROXY", given).load().unwrap();
        assert_eq!(settings.values[&Key::Proxy].value.shown(), shown);
        assert!(!format!("{settings:?}").contains("canary"));
    }
    let said = refused(World::new("").env("PROXY", "ftp://user:canary@host").load());
    assert!(
        said.contains("proxy") && said.contains("TOTALCLOUD_PROXY") && !said.contains("canary"),
        "{said}"
    );
    let flag = Origin::Flag("proxy");
    let e = proxy("http://user:canary@host".to_owned().into(), &flag).unwrap_err();
    assert!(e.to_string().contains("no password") && !format!("{e:?}").contains("canary"), "{e:?}");
    proxy("http://user@host".to_owned().into(), &flag).unwrap();
}

#[cfg(unix)]
#[test]
fn a_proxy_with_a_login_in_a_file_that_others_may_read_is_refused() {
    let world = World::new("");
    write(&world.path(), "[profiles.default]\nproxy = 'http://u:canary@h'\n", 0o644);
    let said = refused(world.load());
    assert!(said.contains("others may read it") && !said.contains("canary"), "{said}");
    write(&world.path(), "[profiles.default]\nproxy = 'http://h'\n", 0o644);
    world.load().unwrap();
}
