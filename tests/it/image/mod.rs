//! Images: archives and layouts built here, and images that real builders made.

mod archives;
mod builder;
mod builders;
mod engine;
mod layouts;
