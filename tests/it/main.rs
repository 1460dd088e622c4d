//! The one integration binary: collectors over real things, the trap each test is named after.

// The lint table allows these in test functions; their stand-ins are tests too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod dockerfile;
#[cfg(unix)]
mod host;
mod scene;
#[cfg(feature = "http")]
mod service;
