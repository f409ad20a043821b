//! From what was typed to providers, resource types and accounts. Nothing here makes a call.

use crate::args::{ProviderArgs, TypeArgs};
use crate::error::CliError;
use totalcloud_api::resources::{self, Listed};
use totalcloud_api::{Operation, Provider};

/// The providers asked for, or all that have the operation.
///
/// # Errors
/// If the operation is not offered for one that was asked for.
pub fn providers(op: &'static Operation, asked: &ProviderArgs) -> Result<Vec<Provider>, CliError> {
    let mut found: Vec<Provider> = Vec::new();
    for provider in &asked.provider {
        if !op.providers.contains(provider) {
            let has: Vec<&str> = op.providers.iter().map(|p| p.as_str()).collect();
            return Err(CliError::usage(format!("the service does not offer {} for {provider}", op.id))
                .hint(format!("it offers it for {}", has.join(", "))));
        }
        if !found.contains(provider) {
            found.push(*provider);
        }
    }
    Ok(if found.is_empty() { op.providers.to_vec() } else { found })
}

/// A resource type of a provider.
#[derive(Debug, Clone)]
pub struct Target {
    /// The cloud.
    pub provider: Provider,
    /// The type.
    pub listed: Listed,
}

impl Target {
    /// `aws/EC2_INSTANCE`
    pub fn key(&self) -> String {
        format!("{}/{}", self.provider, self.listed.name())
    }
}

/// The types asked for, or all of the providers.
///
/// A name is looked up in each provider; it must be a type of at least one of them.
///
/// # Errors
/// If a name is unknown; the error names the nearest ones.
pub fn types(providers: &[Provider], asked: &TypeArgs) -> Result<Vec<Target>, CliError> {
    if asked.types.is_empty() {
        let all = providers.iter().flat_map(|p| resources::of(*p));
        return Ok(all.map(|t| Target { provider: t.provider, listed: Listed::Type(t) }).collect());
    }
    let mut targets: Vec<Target> = Vec::new();
    for name in &asked.types {
        // `aws/EC2_INSTANCE` is how totals are keyed, so it is read as well.
        let (wanted, name) = match name.split_once('/').and_then(|(p, n)| Some((p.parse().ok()?, n))) {
            Some((provider, name)) => (vec![provider], name),
            None => (providers.to_vec(), name.as_str()),
        };
        let mut known = Vec::new();
        let mut refused = Vec::new();
        for provider in wanted.iter().filter(|p| providers.contains(p)) {
            match resources::find(*provider, name, false) {
                Ok(listed) => known.push(Target { provider: *provider, listed }),
                Err(e) => refused.push(e),
            }
        }
        if known.is_empty() && asked.unlisted_type {
            for provider in &wanted {
                let listed = resources::find(*provider, name, true).map_err(|e| unknown(name, &[e]))?;
                known.push(Target { provider: *provider, listed });
            }
        }
        if known.is_empty() {
            return Err(unknown(name, &refused));
        }
        for target in known {
            if !targets.iter().any(|t| t.key() == target.key()) {
                targets.push(target);
            }
        }
    }
    Ok(targets)
}

fn unknown(name: &str, refused: &[resources::UnknownType]) -> CliError {
    let places: Vec<&str> = refused.iter().map(|e| e.provider.as_str()).collect();
    let error = CliError::usage(format!("there is no resource type '{name}' ({})", places.join(", ")));
    let near: Vec<String> = refused
        .iter()
        .filter(|e| !e.nearest.is_empty())
        .map(|e| format!("{}: {}", e.provider, e.nearest.join(", ")))
        .collect();
    let pass = if refused.iter().any(|e| e.well_formed) {
        "; if the service has this type, let it through with --unlisted-type"
    } else {
        ""
    };
    error.hint(if near.is_empty() {
        format!("'totalcloud resources types' lists them{pass}")
    } else {
        format!("nearest: {}{pass}", near.join("; "))
    })
}

/// The provider that an account id belongs to, by its form.
pub fn provider_of_account(account: &str) -> Provider {
    if account.starts_with("ocid1.") {
        Provider::Oci
    } else if account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit()) {
        Provider::Aws
    } else if totalcloud_api::operation::is_uuid(account) {
        Provider::Azure
    } else {
        Provider::Gcp
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(types: &[&str], unlisted_type: bool) -> TypeArgs {
        TypeArgs { types: types.iter().map(|t| (*t).to_owned()).collect(), unlisted_type }
    }

    fn keys(targets: &[Target]) -> Vec<String> {
        targets.iter().map(Target::key).collect()
    }

    #[test]
    fn a_name_stands_for_the_types_of_all_providers_that_know_it() {
        let both =
            types(&[Provider::Aws, Provider::Azure], &asked(&["security group", "s3"], false)).unwrap();
        assert_eq!(keys(&both), ["aws/VPC_SECURITY_GROUP", "azure/NETWORK_SECURITY_GROUP", "aws/BUCKET"]);
        let one = types(&Provider::ALL, &asked(&["aws/s3"], false)).unwrap();
        assert_eq!(keys(&one), ["aws/BUCKET"]);
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_nearest_of_each_provider() {
        let error = types(&Provider::ALL, &asked(&["buckit"], false)).unwrap_err();
        assert_eq!(error.exit, totalcloud::Exit::Usage);
        let hint = error.hint.unwrap();
        assert!(hint.contains("aws: BUCKET") && hint.contains("--unlisted-type"), "{hint}");
        let through = types(&[Provider::Gcp], &asked(&["disk"], true)).unwrap();
        assert_eq!(keys(&through), ["gcp/DISK"]);
    }

    #[test]
    fn the_form_of_an_account_says_its_provider() {
        for (account, provider) in [
            ("123456789012", Provider::Aws),
            ("00000000-0000-4000-8000-000000000001", Provider::Azure),
            ("my-project-1", Provider::Gcp),
            ("ocid1.tenancy.oc1..aaaa", Provider::Oci),
        ] {
            assert_eq!(provider_of_account(account), provider);
        }
    }
}
