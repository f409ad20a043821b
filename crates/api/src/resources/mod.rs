//! The registry of resource types: one row a type, from which typed models, lenient decoding, table
//! columns, the command's listings and the simulator's worlds are made.
//!
//! A type that is not listed passes through untyped: its rows are kept whole, and only the columns that
//! all types share are known of it.

/// Declares the types of one provider: model, API name, title and aliases; `newer` marks the newer payload
/// generation.
macro_rules! registry {
    ($provider:ident $source:literal $confidence:ident:
     $( $model:ident $name:literal $title:literal [$($alias:literal),*] $($newer:ident)? ; )*) => {
        /// The types, in the order of the reference.
        pub(super) static TYPES: &[super::ResourceType] = &[$(
            super::ResourceType::new::<$model>(
                crate::Provider::$provider,
                $name,
                $title,
                &[$($alias),*],
                super::registry!(@newer $($newer)?),
                $source,
                super::Confidence::$confidence,
            ),
        )*];
    };
    (@newer newer) => { true };
    (@newer) => { false };
}
use registry;

mod aws;
mod azure;
mod gcp;
mod names;
mod oci;
mod shared;

pub use aws::*;
pub use azure::*;
pub use gcp::*;
pub use names::{Listed, UnknownType, find, is_type_name};
pub use oci::*;
pub use shared::*;

use crate::Provider;
use crate::model::{self, Misfit, Model, Shape};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// How sure a fact about the service is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Confidence {
    /// Vendor text, vendor Swagger or vendor-authored code.
    Documented,
    /// Independent client code or client notes.
    Seen,
    /// Inference.
    Guess,
}

impl Confidence {
    /// The word the reference pages print.
    pub const fn as_str(self) -> &'static str {
        match self {
            Confidence::Documented => "documented",
            Confidence::Seen => "seen",
            Confidence::Guess => "guess",
        }
    }
}

/// One row of the registry.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct ResourceType {
    /// The cloud.
    pub provider: Provider,
    /// The name in paths and in the `resourceType` field, such as `EC2_INSTANCE`.
    pub name: &'static str,
    /// Other names people use, matched regardless of case, spaces, hyphens and underscores.
    pub aliases: &'static [&'static str],
    /// What the type is called in prose.
    pub title: &'static str,
    /// The columns of its rows.
    pub shape: &'static Shape,
    /// Whether rows of this type carry the fields of the newer payload generation
    /// (`connectorId`, `customerId`, `scanId`, `displayName`).
    pub newer: bool,
    /// Where the type name comes from; see the list of sources in the fidelity page.
    pub source: &'static str,
    /// How sure the name is.
    pub confidence: Confidence,
    check: fn(&[u8]) -> Result<Vec<Misfit>, serde_json::Error>,
    rewrite: fn(&[u8]) -> Result<Vec<u8>, serde_json::Error>,
}

impl PartialEq for ResourceType {
    fn eq(&self, other: &ResourceType) -> bool {
        (self.provider, self.name) == (other.provider, other.name)
    }
}

impl Eq for ResourceType {}

impl ResourceType {
    pub(crate) const fn new<T: Model + DeserializeOwned + Serialize>(
        provider: Provider,
        name: &'static str,
        title: &'static str,
        aliases: &'static [&'static str],
        newer: bool,
        source: &'static str,
        confidence: Confidence,
    ) -> ResourceType {
        ResourceType {
            provider,
            name,
            aliases,
            title,
            shape: T::SHAPE,
            newer,
            source,
            confidence,
            check: <T as model::RowValue>::check,
            rewrite: |json| model::from_slice::<T>(json).and_then(|row| serde_json::to_vec(&row)),
        }
    }

    /// Decodes a row as its typed model and names what did not fit.
    ///
    /// # Errors
    /// If the row is not one JSON object.
    pub fn check(&self, row: &[u8]) -> Result<Vec<Misfit>, serde_json::Error> {
        (self.check)(row)
    }

    /// Decodes a row as its typed model and writes it back: every value in the form of its column, values
    /// that do not fit and fields without a column as they came, nulls left out.
    ///
    /// # Errors
    /// If the row is not one JSON object.
    pub fn rewrite(&self, row: &[u8]) -> Result<Vec<u8>, serde_json::Error> {
        (self.rewrite)(row)
    }

    /// The name of its table in stores, SQL and pull folders: `aws_ec2_instance`.
    pub fn table(&self) -> String {
        format!("{}_{}", self.provider, self.name.to_ascii_lowercase())
    }

    /// `aws/EC2_INSTANCE`
    pub fn key(&self) -> String {
        format!("{}/{}", self.provider, self.name)
    }
}

/// All listed types, by provider and in the order of the reference.
pub fn all() -> impl Iterator<Item = &'static ResourceType> {
    aws::TYPES.iter().chain(azure::TYPES).chain(gcp::TYPES).chain(oci::TYPES)
}

/// The listed types of one provider.
pub fn of(provider: Provider) -> impl Iterator<Item = &'static ResourceType> {
    all().filter(move |t| t.provider == provider)
}

/// The listed type of this exact API name.
pub fn get(provider: Provider, name: &str) -> Option<&'static ResourceType> {
    of(provider).find(|t| t.name == name)
}

/// The columns that every type of the provider has, for types that are not listed.
pub fn base_shape(provider: Provider) -> &'static Shape {
    match provider {
        Provider::Aws => AwsBase::SHAPE,
        Provider::Azure => AzureBase::SHAPE,
        Provider::Gcp => GcpBase::SHAPE,
        Provider::Oci => OciBase::SHAPE,
    }
}
