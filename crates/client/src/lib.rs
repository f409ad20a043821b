//! totalcloud
