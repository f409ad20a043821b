//! The TotalCloud service simulated: a seeded company behind the rules of the real service.

pub mod world;
