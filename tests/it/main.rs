//! The one integration binary.

#[cfg(test)]
mod docker;
#[cfg(test)]
mod image;
