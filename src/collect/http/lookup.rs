//! Host names to addresses by the system's resolver, with a limit of its own.
//!
//! A name that nobody answers is trouble on our side. Without a limit before the request's, it would look like a
//! service that does not answer. It must not know what is asked of the addresses.

use crate::evidence::Cause;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// The system's resolver.
pub(super) struct Lookup {
    limit: Duration,
}

/// A name that could not be resolved.
#[derive(Debug)]
pub(super) struct Unresolved {
    cause: Cause,
}

impl Unresolved {
    /// Whether nobody knew the name, or nobody answered.
    pub(super) fn cause(&self) -> Cause {
        self.cause
    }
}

impl fmt::Display for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name could not be resolved")
    }
}

impl std::error::Error for Unresolved {}

impl Lookup {
    /// Lookups that end after `limit`.
    pub(super) fn within(limit: Duration) -> Arc<Self> {
        Arc::new(Self { limit })
    }

    async fn limited<A>(self, lookup: impl Future<Output = io::Result<A>>) -> Result<A, Unresolved> {
        match tokio::time::timeout(self.limit, lookup).await {
            Ok(Ok(addresses)) => Ok(addresses),
            Ok(Err(_)) => Err(Unresolved { cause: Cause::NotFound }),
            Err(_) => Err(Unresolved { cause: Cause::Timeout }),
        }
    }
}

impl Resolve for Lookup {
    fn resolve(&self, name: Name) -> Resolving {
        let lookup = Self { limit: self.limit };
        Box::pin(async move {
            // The port is the caller's to set.
            let found = lookup.limited(tokio::net::lookup_host((name.as_str(), 0))).await?;
            let addresses: Vec<SocketAddr> = found.collect();
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resolver_that_never_answers_is_no_verdict_on_the_service() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let lookup = Lookup { limit: Duration::from_millis(1) };
        let answer = runtime.block_on(lookup.limited(std::future::pending::<io::Result<()>>()));
        assert_eq!(answer.unwrap_err().cause(), Cause::Timeout);
    }
}
