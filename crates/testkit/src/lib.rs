//! totalcloud-testkit
