//! Images: archives and layouts built here, and images that real builders made.

mod archives;
pub(crate) mod builder;
mod builders;
mod engine;
mod layouts;
