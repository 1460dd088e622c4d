//! The one integration binary.

mod architecture;
mod canary;
mod commands;
mod configuration;
mod worlds;
