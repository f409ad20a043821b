//! totalcloud-sim
