//! From what a user types to a resource type.

use super::{ResourceType, of};
use crate::Provider;

/// What a name stands for.
#[derive(Debug, Clone)]
pub enum Listed {
    /// A type of the registry.
    Type(&'static ResourceType),
    /// A well-formed API name that the registry does not list, let through on request.
    Unlisted(String),
}

impl Listed {
    /// The API name.
    pub fn name(&self) -> &str {
        match self {
            Listed::Type(t) => t.name,
            Listed::Unlisted(name) => name,
        }
    }
}

/// The name is neither a type nor an alias of the provider.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{provider} has no resource type '{name}'{}", hint(.nearest, *.well_formed))]
pub struct UnknownType {
    /// The provider that was asked for.
    pub provider: Provider,
    /// The name as typed.
    pub name: String,
    /// The nearest names, best first.
    pub nearest: Vec<&'static str>,
    /// Whether the name could be let through as an unlisted type.
    pub well_formed: bool,
}

fn hint(nearest: &[&'static str], well_formed: bool) -> String {
    let mut text = String::new();
    if !nearest.is_empty() {
        text.push_str("; nearest: ");
        text.push_str(&nearest.join(", "));
    }
    if well_formed {
        text.push_str(". If the service has this type, let it through with --unlisted-type");
    }
    text
}

/// Names are compared without case, spaces, hyphens and underscores.
fn folded(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, ' ' | '-' | '_')).flat_map(char::to_lowercase).collect()
}

/// Whether the text has the form of an API type name, `[A-Z0-9_]+`.
pub fn is_type_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

/// Finds the type a user means.
///
/// With `unlisted`, a well-formed name that the registry does not list passes through as it is.
///
/// # Errors
/// If the provider has no such type; the error names the nearest ones.
pub fn find(provider: Provider, name: &str, unlisted: bool) -> Result<Listed, UnknownType> {
    let wanted = folded(name);
    let found =
        of(provider).find(|t| folded(t.name) == wanted || t.aliases.iter().any(|a| folded(a) == wanted));
    if let Some(listed) = found {
        return Ok(Listed::Type(listed));
    }
    let upper = name.trim().to_ascii_uppercase().replace([' ', '-'], "_");
    let well_formed = is_type_name(&upper);
    if unlisted && well_formed {
        return Ok(Listed::Unlisted(upper));
    }
    let mut near: Vec<(f64, &'static str)> = of(provider)
        .map(|t| {
            let names = std::iter::once(t.name).chain(t.aliases.iter().copied());
            let best = names.map(|n| strsim::jaro_winkler(&folded(n), &wanted)).fold(0.0, f64::max);
            (best, t.name)
        })
        .filter(|(score, _)| *score >= 0.7)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    let nearest = near.into_iter().take(3).map(|(_, name)| name).collect();
    Err(UnknownType { provider, name: name.to_owned(), nearest, well_formed })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(provider: Provider, text: &str) -> String {
        find(provider, text, false).unwrap().name().to_owned()
    }

    #[test]
    fn aliases_ignore_case_spaces_hyphens_and_underscores_and_know_their_provider() {
        assert_eq!(name(Provider::Aws, "ec2"), "EC2_INSTANCE");
        assert_eq!(name(Provider::Aws, "Ec2-Instance"), "EC2_INSTANCE");
        assert_eq!(name(Provider::Aws, "security_group"), "VPC_SECURITY_GROUP");
        assert_eq!(name(Provider::Azure, "Security Group"), "NETWORK_SECURITY_GROUP");
        assert_eq!(name(Provider::Aws, "lb"), "LOAD_BALANCER");
        assert_eq!(name(Provider::Azure, "lb"), "LOAD_BALANCER");
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_nearest() {
        let error = find(Provider::Aws, "ec2_instnce", false).unwrap_err();
        assert_eq!(error.nearest.first(), Some(&"EC2_INSTANCE"));
        assert!(find(Provider::Aws, "vm", false).is_err(), "an alias of Azure is none of AWS");
        assert_eq!(find(Provider::Aws, "glue job", true).unwrap().name(), "GLUE_JOB");
        assert!(find(Provider::Aws, "../x", true).is_err(), "what cannot be a type name never passes");
    }
}
