//! Images in registries: a real one with real pushes, and a stand-in for what no real one does on demand.
#![cfg(all(feature = "registry", unix))]

mod faults;
mod login;
mod platforms;
mod real;
mod rig;
mod stand_in;
mod trust;
