//! The one integration binary: the commands as a user meets them, and the collectors over real things.
//! A test that covers a trap is named after it.
//!
//! `#[cfg(test)]` on the rooms lets the lints know that their makers and helpers are tests as well.

#[cfg(test)]
mod architecture;
#[cfg(test)]
mod build_log;
#[cfg(test)]
mod canary;
#[cfg(test)]
mod commands;
#[cfg(test)]
mod configuration;
#[cfg(test)]
mod detection;
#[cfg(test)]
mod docker;
#[cfg(test)]
mod dockerfile;
#[cfg(test)]
mod first_run;
#[cfg(test)]
mod git;
#[cfg(test)]
mod host;
#[cfg(test)]
mod image;
#[cfg(test)]
mod known_values;
#[cfg(test)]
mod readme;
#[cfg(test)]
mod registry;
#[cfg(test)]
mod scene;
#[cfg(test)]
mod service;
#[cfg(test)]
mod shells;
#[cfg(test)]
mod verdicts;
#[cfg(test)]
mod worlds;
