//! Images: archives and layouts built here, and images that real builders made.

mod archives;
mod attestation_sources;
pub(crate) mod attestations;
pub(crate) mod builder;
mod builders;
mod cached;
mod disguises;
mod engine;
mod entries;
pub(crate) mod layers;
mod layouts;
mod repositories;
mod tools;
