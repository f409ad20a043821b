//! The platforms of the service and their three kinds of hosts.

use std::fmt;

/// One platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Platform {
    /// The short name, such as `qg3`.
    pub name: &'static str,
    /// Other names.
    pub synonyms: &'static [&'static str],
    /// The characters of a user name that stand for it.
    pub ids: &'static [char],
    /// Base (portal) host.
    pub base: &'static str,
    /// Gateway host.
    pub gateway: &'static str,
    /// API server host.
    pub api: &'static str,
    /// What is not documented about it, for the reference page.
    pub remark: &'static str,
}

macro_rules! platforms {
    ($($name:literal $syn:tt $ids:tt $base:literal $gateway:literal $api:literal $remark:literal;)*) => {
        /// All shared platforms.
        pub static PLATFORMS: &[Platform] = &[$(Platform {
            name: $name, synonyms: &$syn, ids: &$ids, base: $base, gateway: $gateway, api: $api, remark: $remark,
        }),*];
    };
}

platforms! {
    "qg1" ["us1"] ['_'] "qualysguard.qualys.com" "gateway.qg1.apps.qualys.com" "qualysapi.qualys.com" "";
    "qg2" ["us2"] ['2'] "qualysguard.qg2.apps.qualys.com" "gateway.qg2.apps.qualys.com" "qualysapi.qg2.apps.qualys.com" "";
    "qg3" ["us3"] ['3'] "qualysguard.qg3.apps.qualys.com" "gateway.qg3.apps.qualys.com" "qualysapi.qg3.apps.qualys.com" "";
    "qg4" ["us4"] ['6'] "qualysguard.qg4.apps.qualys.com" "gateway.qg4.apps.qualys.com" "qualysapi.qg4.apps.qualys.com" "";
    "qg5" ["us5"] ['D'] "qualysguard.qg5.apps.qualys.com" "gateway.qg5.apps.qualys.com" "qualysapi.qg5.apps.qualys.com" "base host from the vendor's IaC tool only; gateway derived, API server a guess";
    "gov1" ["us gov", "usgov", "gov"] ['C'] "qualysguard.gov1.qualys.us" "gateway.gov1.qualys.us" "qualysapi.gov1.qualys.us" "base host derived";
    "eu1" [] ['-'] "qualysguard.qualys.eu" "gateway.qg1.apps.qualys.eu" "qualysapi.qualys.eu" "";
    "eu2" [] ['5', '!'] "qualysguard.qg2.apps.qualys.eu" "gateway.qg2.apps.qualys.eu" "qualysapi.qg2.apps.qualys.eu" "";
    "eu3" ["italy", "it1"] ['B'] "qualysguard.qg3.apps.qualys.it" "gateway.qg3.apps.qualys.it" "qualysapi.qg3.apps.qualys.it" "";
    "in1" ["india"] ['8'] "qualysguard.qg1.apps.qualys.in" "gateway.qg1.apps.qualys.in" "qualysapi.qg1.apps.qualys.in" "";
    "ca1" ["canada"] ['9'] "qualysguard.qg1.apps.qualys.ca" "gateway.qg1.apps.qualys.ca" "qualysapi.qg1.apps.qualys.ca" "";
    "ae1" ["uae"] ['7'] "qualysguard.qg1.apps.qualys.ae" "gateway.qg1.apps.qualys.ae" "qualysapi.qg1.apps.qualys.ae" "";
    "uk1" ["uk"] ['1'] "qualysguard.qg1.apps.qualys.co.uk" "gateway.qg1.apps.qualys.co.uk" "qualysapi.qg1.apps.qualys.co.uk" "";
    "au1" ["australia"] ['4'] "qualysguard.qg1.apps.qualys.com.au" "gateway.qg1.apps.qualys.com.au" "qualysapi.qg1.apps.qualys.com.au" "";
    "ksa1" ["ksa"] ['A'] "qualysguard.qg1.apps.qualysksa.com" "gateway.qg1.apps.qualysksa.com" "qualysapi.qg1.apps.qualysksa.com" "";
}

/// The name given is no platform.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no platform '{name}'; the platforms are {}", names())]
pub struct UnknownPlatform {
    /// The name as typed.
    pub name: String,
}

fn names() -> String {
    PLATFORMS.iter().map(|p| p.name).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Platform {
    /// Finds a platform by its name or a synonym; case, spaces, hyphens and padding zeros (`US01`) do not count.
    ///
    /// # Errors
    /// If there is none of this name.
    pub fn find(name: &str) -> Result<&'static Platform, UnknownPlatform> {
        let wanted = folded(name);
        PLATFORMS
            .iter()
            .find(|p| folded(p.name) == wanted || p.synonyms.iter().any(|s| folded(s) == wanted))
            .ok_or_else(|| UnknownPlatform { name: name.to_owned() })
    }

    /// The platform that a user name points to, by the character at index 5 of names such as `quays3ab1`
    /// (source: QCLI, QIAC). Names of another form, mail addresses among them, point nowhere.
    pub fn of_user(user: &str) -> Option<&'static Platform> {
        let chars: Vec<char> = user.trim().chars().collect();
        if chars.len() < 8 || !chars[..5].iter().all(char::is_ascii_alphabetic) || chars.contains(&'@') {
            return None;
        }
        // A letter may also be one of a longer company prefix, so only what is followed by initials and a number counts.
        let tail = &chars[6..];
        let initials = tail.iter().take_while(|c| c.is_ascii_alphabetic()).count();
        let number = tail.len() - initials;
        if !(1..=3).contains(&initials) || number == 0 || !tail[initials..].iter().all(char::is_ascii_digit) {
            return None;
        }
        PLATFORMS.iter().find(|p| p.ids.contains(&chars[5]))
    }

    /// The hosts of a private cloud platform, from the customer's part of the name (`cloud.example.com`).
    /// Its gateway has a prefix of its own.
    pub fn private_hosts(customer_base: &str) -> [String; 3] {
        let base = customer_base.trim().trim_start_matches("https://").trim_matches('/');
        [format!("qualysguard.{base}"), format!("qualysgateway.{base}"), format!("qualysapi.{base}")]
    }
}

fn folded(name: &str) -> String {
    let plain: String =
        name.chars().filter(|c| !matches!(c, ' ' | '-' | '_')).flat_map(char::to_lowercase).collect();
    let letters = plain.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = plain[letters.len()..].trim_start_matches('0');
    format!("{letters}{digits}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_synonyms_are_found() {
        for (name, platform) in [
            ("qg3", "qg3"),
            ("US1", "qg1"),
            ("us01", "qg1"),
            ("EU3", "eu3"),
            ("Italy", "eu3"),
            ("US Gov", "gov1"),
            ("KSA1", "ksa1"),
        ] {
            assert_eq!(Platform::find(name).unwrap().name, platform, "{name}");
        }
        assert!(Platform::find("qg9").unwrap_err().to_string().contains("qg3"));
    }

    #[test]
    fn names_do_not_clash() {
        let mut all: Vec<String> =
            PLATFORMS.iter().flat_map(|p| p.synonyms.iter().chain([&p.name]).map(|n| folded(n))).collect();
        let count = all.len();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), count - 1, "only 'US Gov' and 'usgov' fold to the same");
    }

    #[test]
    fn the_letter_of_a_user_name_points_to_its_platform() {
        assert_eq!(Platform::of_user("quays3ab1").map(|p| p.name), Some("qg3"));
        assert_eq!(Platform::of_user("quays_ab12").map(|p| p.name), Some("qg1"));
        assert_eq!(Platform::of_user("quays-ab").map(|p| p.name), None);
        assert_eq!(Platform::of_user("quaysBxy7").map(|p| p.name), Some("eu3"));
        assert_eq!(Platform::of_user("jane@example.com"), None);
        assert_eq!(Platform::of_user("api"), None);
        assert_eq!(Platform::of_user("administrator"), None);
    }

    #[test]
    fn private_clouds_have_their_own_gateway_prefix() {
        assert_eq!(
            Platform::private_hosts("https://cloud.example.com/"),
            [
                "qualysguard.cloud.example.com",
                "qualysgateway.cloud.example.com",
                "qualysapi.cloud.example.com"
            ]
        );
    }
}
