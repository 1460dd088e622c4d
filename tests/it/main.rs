//! The one integration binary.

mod docker;
mod image;
