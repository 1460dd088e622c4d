//! The one integration binary: the commands as a user meets them, and the collectors over real things.
//! A test that covers a trap is named after it.

mod architecture;
mod canary;
mod commands;
mod configuration;
mod docker;
mod dockerfile;
mod first_run;
mod git;
mod host;
mod image;
mod readme;
mod scene;
mod service;
mod worlds;
