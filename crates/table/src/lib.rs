//! totalcloud-table
