//! The one integration binary: collectors over real things, the trap each test is named after.

mod dockerfile;
mod host;
mod scene;
mod service;
