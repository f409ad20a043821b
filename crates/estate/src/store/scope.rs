//! What is read at once: a whole table, an account of it, or a control in an account.

use std::fmt;
use totalcloud_api::Provider;

/// What is read at once. Its text is what is stored: empty, `aws/123456789012` or `aws/123456789012/52`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Scope {
    /// The cloud.
    pub provider: Option<Provider>,
    /// The account.
    pub account: Option<String>,
    /// The control.
    pub control: Option<String>,
}

impl Scope {
    /// The whole table.
    pub fn whole() -> Scope {
        Scope::default()
    }

    /// One account.
    pub fn account(provider: Provider, account: &str) -> Scope {
        Scope { provider: Some(provider), account: Some(account.to_owned()), control: None }
    }

    /// One control in an account.
    pub fn control(provider: Provider, account: &str, control: &str) -> Scope {
        Scope { control: Some(control.to_owned()), ..Scope::account(provider, account) }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(provider) = self.provider else { return Ok(()) };
        write!(f, "{provider}")?;
        for part in [&self.account, &self.control].into_iter().flatten() {
            // Accounts and controls hold no slash; one that did must not look like another.
            write!(f, "/{}", part.replace('%', "%25").replace('/', "%2F"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_scopes_have_different_names() {
        assert_eq!(Scope::whole().to_string(), "");
        assert_eq!(Scope::control(Provider::Aws, "1", "52").to_string(), "aws/1/52");
        let odd = Scope::account(Provider::Aws, "1/52").to_string();
        assert_ne!(odd, Scope::control(Provider::Aws, "1", "52").to_string());
    }
}
