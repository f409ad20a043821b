//! The four clouds and how each family of endpoints spells them.

use crate::operation::BodyFamily;
use std::fmt;
use std::str::FromStr;

/// A cloud provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Provider {
    /// Amazon Web Services
    Aws,
    /// Microsoft Azure
    Azure,
    /// Google Cloud Platform
    Gcp,
    /// Oracle Cloud Infrastructure
    Oci,
}

/// Where a provider is spelled, because the families of endpoints disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Spelling {
    /// Path segment of connectors and evaluations: lower case (source: SW21, documented).
    Lower,
    /// Path segment of the inventory: `AWS`, `Azure`, `GCP`, `oci` by default; sources conflict, so it can be
    /// changed with [`Spellings`] (source: SDK, TCGH; QCLI differs).
    Inventory,
    /// The `cloudType` query parameter and most values in answers: upper case (source: SW21, documented).
    Upper,
    /// `cloudType` in report bodies: `AWS`, `Azure`, `GCP`, `OCI` (source: QCLI help, documented).
    Report,
    /// The kind of connector in a path of the Connector API v3: `awsassetdataconnector` and so on (documented).
    AssetDataConnector,
}

/// Which form goes out where the sources disagree on it: spellings in paths and the bodies of some writes. The
/// default is the documented form.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Spellings {
    /// `Azure` (SDK, official scripts) or `AZURE` (vendor command line tool).
    pub azure: String,
    /// `oci` (official scripts) or `OCI` (vendor command line tool).
    pub oci: String,
    /// Families of operations that send their other body.
    pub other_bodies: Vec<BodyFamily>,
    /// Whether listings begin with the other first page, where sources disagree on it: the list of assessment
    /// reports at 1 (QCLI, REGSCALE) instead of 0 (SW21).
    pub other_first_pages: bool,
}

impl Default for Spellings {
    fn default() -> Spellings {
        Spellings {
            azure: "Azure".into(),
            oci: "oci".into(),
            other_bodies: Vec::new(),
            other_first_pages: false,
        }
    }
}

impl Provider {
    /// All providers, in the order in which they are listed everywhere.
    pub const ALL: [Provider; 4] = [Provider::Aws, Provider::Azure, Provider::Gcp, Provider::Oci];

    /// The short lower-case name: `aws`, `azure`, `gcp`, `oci`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Provider::Aws => "aws",
            Provider::Azure => "azure",
            Provider::Gcp => "gcp",
            Provider::Oci => "oci",
        }
    }

    /// The upper-case name: `AWS`, `AZURE`, `GCP`, `OCI`.
    pub const fn upper(self) -> &'static str {
        match self {
            Provider::Aws => "AWS",
            Provider::Azure => "AZURE",
            Provider::Gcp => "GCP",
            Provider::Oci => "OCI",
        }
    }

    /// The name as it is spelled in the given place.
    pub fn spelled(self, place: Spelling, spellings: &Spellings) -> &str {
        match (place, self) {
            (Spelling::Lower, _) => self.as_str(),
            (Spelling::AssetDataConnector, Provider::Aws) => "awsassetdataconnector",
            (Spelling::AssetDataConnector, Provider::Azure) => "azureassetdataconnector",
            (Spelling::AssetDataConnector, Provider::Gcp) => "gcpassetdataconnector",
            // The Connector API v3 has none for OCI; an operation does not offer it.
            (Spelling::AssetDataConnector, Provider::Oci) => "ociassetdataconnector",
            (Spelling::Report, Provider::Azure) => "Azure",
            (Spelling::Upper | Spelling::Report, _) => self.upper(),
            (Spelling::Inventory, Provider::Azure) => &spellings.azure,
            (Spelling::Inventory, Provider::Oci) => &spellings.oci,
            (Spelling::Inventory, _) => self.upper(),
        }
    }

    /// The name of the field that holds the cloud account of a resource of this provider.
    ///
    /// The fields of AWS and Azure were seen; those of GCP and OCI are guesses.
    pub const fn account_field(self) -> &'static str {
        match self {
            Provider::Aws => "cloudAccountId",
            Provider::Azure => "subscriptionId",
            Provider::Gcp => "projectId",
            Provider::Oci => "tenantId",
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The name given is none of the four providers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no provider '{0}'; the providers are aws, azure, gcp and oci")]
pub struct UnknownProvider(pub String);

impl FromStr for Provider {
    type Err = UnknownProvider;

    fn from_str(text: &str) -> Result<Provider, UnknownProvider> {
        Provider::ALL
            .into_iter()
            .find(|p| p.as_str().eq_ignore_ascii_case(text.trim()))
            .ok_or_else(|| UnknownProvider(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_spell_providers_their_own_way() {
        let s = Spellings::default();
        let row = |p: Provider| {
            [Spelling::Lower, Spelling::Inventory, Spelling::Upper, Spelling::Report]
                .map(|k| p.spelled(k, &s).to_owned())
        };
        assert_eq!(row(Provider::Aws), ["aws", "AWS", "AWS", "AWS"]);
        assert_eq!(row(Provider::Azure), ["azure", "Azure", "AZURE", "Azure"]);
        assert_eq!(row(Provider::Gcp), ["gcp", "GCP", "GCP", "GCP"]);
        assert_eq!(row(Provider::Oci), ["oci", "oci", "OCI", "OCI"]);
    }

    #[test]
    fn names_are_read_in_any_case() {
        assert_eq!(" AZure".parse(), Ok(Provider::Azure));
        assert!("ibm".parse::<Provider>().is_err());
    }
}
