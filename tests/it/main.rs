//! The one integration binary: the commands as a user meets them, and the collectors over real things.
//! A test that covers a trap is named after it.

mod architecture;
mod canary;
mod commands;
mod configuration;
// The lint table allows these in test functions; their stand-ins are tests too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod dockerfile;
mod git;
mod host;
mod readme;
mod scene;
mod service;
mod worlds;
//! The one integration binary.

mod docker;
mod image;
