//! The one table of settings. Flags, environment variables, profile keys, `config show` and the reference
//! page all come from it.

/// A setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Key {
    Profile,
    Platform,
    Url,
    BaseUrl,
    GatewayUrl,
    ApiUrl,
    AllowHttp,
    CaBundle,
    Proxy,
    ProxyPassword,
    ProxyPasswordCommand,
    NoProxy,
    ClientCert,
    ClientKey,
    Http2,
    Auth,
    Username,
    Password,
    PasswordCommand,
    ClientId,
    ClientSecret,
    ClientSecretCommand,
    Token,
    TokenCommand,
    TokenUrl,
    Scope,
    Audience,
    Concurrency,
    Deadline,
    MaxWait,
    AzureSpelling,
    OciSpelling,
    Skip,
    SecretStore,
    StateDir,
    InventoryApi,
    ConnectorIds,
    RuleIds,
    ReportPagesFrom,
    LiveShare,
    Estate,
    PostgresUrl,
    PostgresPassword,
}

/// What a setting holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One line of text.
    Text,
    /// Text that must not be shown. It has no flag.
    Secret,
    /// The address of a proxy, which may hold a password.
    Proxy,
    /// A switch.
    Switch,
    /// A whole number from 1 on.
    Number,
    /// A span of time.
    Duration,
    /// A span of time or an instant.
    Moment,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A list of words.
    List,
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// The setting.
    pub key: Key,
    /// Its flag, without dashes.
    pub flag: Option<&'static str>,
    /// Its environment variable.
    pub env: Option<&'static str>,
    /// Its key in a profile.
    pub profile: Option<&'static str>,
    /// Its value where nothing else says so.
    pub default: Option<&'static str>,
    /// What it holds.
    pub form: Form,
    /// What the value is called in help texts.
    pub value_name: &'static str,
    /// What it means.
    pub doc: &'static str,
}

/// The ways to sign in, as `--auth` takes them.
pub const AUTH_WORDS: &[&str] = &["basic", "jwt", "oidc", "idp", "token", "command"];

macro_rules! settings {
    ($($key:ident: $flag:expr, $env:expr, $profile:expr, $default:expr, $form:expr, $value:literal, $doc:literal;)*) => {
        /// Every setting, in the order in which they are shown.
        pub static SETTINGS: &[Setting] = &[$(Setting {
            key: Key::$key, flag: $flag, env: $env, profile: $profile, default: $default, form: $form,
            value_name: $value, doc: $doc,
        }),*];
    };
}

settings! {
    Profile: Some("profile"), Some("TOTALCLOUD_PROFILE"), None, Some("default"), Form::Text, "NAME",
        "Profile of the config file to use";
    Platform: Some("platform"), Some("TOTALCLOUD_PLATFORM"), Some("platform"), None, Form::Text, "NAME",
        "Platform, such as qg3 or eu2, or the domain of a private cloud, such as cloud.example.com";
    Url: Some("url"), Some("TOTALCLOUD_URL"), Some("url"), None, Form::Text, "URL",
        "One address for all three kinds of hosts, in place of a platform";
    BaseUrl: Some("base-url"), Some("TOTALCLOUD_BASE_URL"), Some("base_url"), None, Form::Text, "URL",
        "Address of the base (portal) host, in place of the platform's";
    GatewayUrl: Some("gateway-url"), Some("TOTALCLOUD_GATEWAY_URL"), Some("gateway_url"), None, Form::Text, "URL",
        "Address of the gateway, in place of the platform's";
    ApiUrl: Some("api-url"), Some("TOTALCLOUD_API_URL"), Some("api_url"), None, Form::Text, "URL",
        "Address of the API server, in place of the platform's";
    AllowHttp: Some("allow-http"), None, Some("allow_http"), Some("false"), Form::Switch, "",
        "Allow addresses without TLS outside this machine; what is sent there can be read on the way";
    CaBundle: Some("ca-bundle"), Some("TOTALCLOUD_CA_BUNDLE"), Some("ca_bundle"), None, Form::Text, "FILE",
        "PEM file with certificate authorities to trust besides those of the system";
    Proxy: Some("proxy"), Some("TOTALCLOUD_PROXY"), Some("proxy"), None, Form::Proxy, "URL",
        "Proxy to go through: http://, https://, socks5:// or socks5h://, with NAME@ before the host where it asks for one; none for none; by default the one of HTTPS_PROXY and NO_PROXY";
    ProxyPassword: None, Some("TOTALCLOUD_PROXY_PASSWORD"), Some("proxy_password"), None, Form::Secret, "",
        "Password of the proxy";
    ProxyPasswordCommand: None, None, Some("proxy_password_command"), None, Form::Text, "COMMAND",
        "Command that prints the password of the proxy";
    NoProxy: Some("no-proxy"), Some("TOTALCLOUD_NO_PROXY"), Some("no_proxy"), None, Form::Text, "HOSTS",
        "Names, addresses and networks to reach without the proxy, with commas in between; by default those of NO_PROXY";
    ClientCert: Some("client-cert"), Some("TOTALCLOUD_CLIENT_CERT"), Some("client_cert"), None, Form::Text, "FILE",
        "PEM file with a certificate to present to the service or the proxy that inspects TLS";
    ClientKey: Some("client-key"), Some("TOTALCLOUD_CLIENT_KEY"), Some("client_key"), None, Form::Text, "FILE",
        "PEM file with the key of the client certificate, where it is not in the same file; readable by you only";
    Http2: Some("http2"), None, Some("http2"), Some("auto"), Form::Word(&["auto", "off"]), "WHEN",
        "HTTP/2 where the host offers it, or HTTP/1.1 always";
    Auth: Some("auth"), Some("TOTALCLOUD_AUTH"), Some("auth"), None, Form::Word(AUTH_WORDS), "KIND",
        "How to sign in; without it, by what is given";
    Username: Some("username"), Some("TOTALCLOUD_USERNAME"), Some("username"), None, Form::Text, "NAME",
        "User name";
    Password: None, Some("TOTALCLOUD_PASSWORD"), Some("password"), None, Form::Secret, "",
        "Password";
    PasswordCommand: None, None, Some("password_command"), None, Form::Text, "COMMAND",
        "Command that prints the password";
    ClientId: Some("client-id"), Some("TOTALCLOUD_CLIENT_ID"), Some("client_id"), None, Form::Text, "ID",
        "Client id (oidc, idp)";
    ClientSecret: None, Some("TOTALCLOUD_CLIENT_SECRET"), Some("client_secret"), None, Form::Secret, "",
        "Client secret (oidc, idp)";
    ClientSecretCommand: None, None, Some("client_secret_command"), None, Form::Text, "COMMAND",
        "Command that prints the client secret";
    Token: None, Some("TOTALCLOUD_TOKEN"), Some("token"), None, Form::Secret, "",
        "A ready bearer token";
    TokenCommand: Some("token-command"), Some("TOTALCLOUD_TOKEN_COMMAND"), Some("token_command"), None, Form::Text, "COMMAND",
        "Command that prints a bearer token";
    TokenUrl: Some("token-url"), Some("TOTALCLOUD_TOKEN_URL"), Some("token_url"), None, Form::Text, "URL",
        "Token address of your identity provider (idp)";
    Scope: Some("scope"), Some("TOTALCLOUD_SCOPE"), Some("scope"), None, Form::Text, "SCOPE",
        "Scope to ask your identity provider for (idp)";
    Audience: Some("audience"), Some("TOTALCLOUD_AUDIENCE"), Some("audience"), None, Form::Text, "AUDIENCE",
        "Audience to ask your identity provider for (idp)";
    Concurrency: Some("concurrency"), None, Some("concurrency"), Some("5"), Form::Number, "N",
        "Calls at the same time, at most; the service may allow fewer";
    Deadline: Some("deadline"), None, Some("deadline"), None, Form::Moment, "DURATION",
        "End in time: after so long (90s, 30m, 2h) or at an instant; what came by then is kept, and a pull can be resumed";
    MaxWait: Some("max-wait"), None, Some("max_wait"), None, Form::Duration, "DURATION",
        "Longest single wait that the service may ask for; by default 5m, and for a pull as long as the service asks";
    AzureSpelling: None, None, Some("azure_spelling"), Some("Azure"), Form::Word(&["Azure", "AZURE"]), "WORD",
        "How inventory paths spell Azure";
    OciSpelling: None, None, Some("oci_spelling"), Some("oci"), Form::Word(&["oci", "OCI"]), "WORD",
        "How inventory paths spell OCI";
    Skip: None, None, Some("skip"), None, Form::List, "FAMILY",
        "Families that pull leaves out";
    SecretStore: None, None, Some("secret_store"), None, Form::Word(&["keyring", "file"]), "PLACE",
        "Where auth login put the secret";
    StateDir: Some("state-dir"), Some("TOTALCLOUD_STATE_DIR"), Some("state_dir"), None, Form::Text, "FOLDER",
        "Folder where runs share what they know of a subscription's quota, by default the user's state folder; 'none' shares nothing";
    InventoryApi: Some("inventory-api"), None, Some("inventory_api"), Some("v1"), Form::Word(&["v1", "v2", "auto"]), "VERSION",
        "Which inventory operation lists resources: v1, which is documented, v2, which one client was seen to use, or auto, which takes v2 where its totals agree with v1";
    ConnectorIds: None, None, Some("connector_ids"), Some("array"), Form::Word(&["array", "object"]), "FORM",
        "Body by which connectors are deleted: a bare array of ids, which is documented, or an object with connectorIds, which two clients send";
    RuleIds: None, None, Some("rule_ids"), Some("ids"), Form::Word(&["ids", "ruleIds"]), "FIELD",
        "Field that holds the ids where alert rules are enabled, disabled and deleted: ids, which is documented, or ruleIds, which the vendor's command line tool sends";
    ReportPagesFrom: None, None, Some("report_pages_from"), Some("0"), Form::Word(&["0", "1"]), "NUMBER",
        "Number of the first page of the list of assessment reports: 0, which is documented, or 1, from which two clients count";
    LiveShare: Some("live-share"), None, Some("live_share"), Some("25"), Form::Number, "PERCENT",
        "Part of a quota's window, in percent, that a query on live tables may use without asking";
    Estate: Some("estate"), Some("TOTALCLOUD_ESTATE"), Some("estate"), None, Form::Text, "PATH|URL",
        "Where the estate is: a folder, or s3://, az:// or gs:// with a prefix; by default a folder per profile in the user's data folder";
    PostgresUrl: None, Some("TOTALCLOUD_POSTGRES_URL"), Some("postgres_url"), None, Form::Secret, "postgres://…",
        "Address of the PostgreSQL database that 'export --to postgres' writes to; may hold the password";
    PostgresPassword: None, Some("TOTALCLOUD_POSTGRES_PASSWORD"), Some("postgres_password"), None, Form::Secret, "TEXT",
        "Password at the PostgreSQL database; without it PGPASSWORD counts";
}

impl Key {
    /// Its row.
    pub fn setting(self) -> &'static Setting {
        // The structural test proves that every key has its row, at its own place.
        &SETTINGS[self as usize]
    }
}

impl Setting {
    /// Whether its value must not be shown.
    pub fn is_secret(&self) -> bool {
        self.form == Form::Secret
    }

    /// The name by which messages speak of it: the profile key, or the flag.
    pub fn name(&self) -> &'static str {
        self.profile.or(self.flag).unwrap_or_default()
    }
}

/// The variable that says where the config file is.
pub const CONFIG_ENV: &str = "TOTALCLOUD_CONFIG";

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_key_has_its_row_at_its_place_and_names_are_unique() {
        for (at, setting) in SETTINGS.iter().enumerate() {
            assert_eq!(setting.key as usize, at, "{:?}", setting.key);
            assert_eq!(setting.key.setting().doc, setting.doc);
        }
        for names in [
            SETTINGS.iter().filter_map(|s| s.flag).collect::<Vec<_>>(),
            SETTINGS.iter().filter_map(|s| s.env).collect(),
            SETTINGS.iter().filter_map(|s| s.profile).collect(),
        ] {
            assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len());
        }
    }

    #[test]
    fn no_flag_takes_a_secret() {
        assert!(SETTINGS.iter().filter(|s| s.is_secret()).all(|s| s.flag.is_none()));
    }

    #[test]
    fn environment_variables_are_the_documented_ones() {
        let names: Vec<&str> = SETTINGS.iter().filter_map(|s| s.env).collect();
        for name in [
            "PROFILE",
            "PLATFORM",
            "URL",
            "AUTH",
            "USERNAME",
            "PASSWORD",
            "CLIENT_ID",
            "CLIENT_SECRET",
            "TOKEN",
            "TOKEN_COMMAND",
            "TOKEN_URL",
            "SCOPE",
            "AUDIENCE",
            "BASE_URL",
            "GATEWAY_URL",
            "API_URL",
            "CA_BUNDLE",
            "PROXY",
            "PROXY_PASSWORD",
            "NO_PROXY",
            "CLIENT_CERT",
            "CLIENT_KEY",
            "STATE_DIR",
            "ESTATE",
            "POSTGRES_URL",
            "POSTGRES_PASSWORD",
        ] {
            assert!(names.contains(&format!("TOTALCLOUD_{name}").as_str()), "{name}");
        }
        assert_eq!(names.len(), 26);
    }
}
