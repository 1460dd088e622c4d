//! Containers: over a real engine, over saved inspect files, and over stand-ins for engines that misbehave.

mod engine;
mod files;
mod files_archive;
mod files_mounts;
mod inspect_file;
mod inspect_rest;
pub(crate) mod rig;
mod runner;
mod single_source;
pub(crate) mod stand_in;
mod versions;
