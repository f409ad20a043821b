//! Tests of whole runs of the command against the simulated service.

mod demo;
mod guide;
mod pull;
mod reference;
