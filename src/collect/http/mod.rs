//! What all HTTP of the collectors has in common: trust, names, and what an error means. Not a collector.
//!
//! In: a limit, and the HTTP library's errors. Out: the beginning of a client that follows nothing and trusts no
//! environment variable, and causes with codes of ours. Errors of the library quote URLs and peers: only their sort
//! leaves this room. It must not know what is asked.

mod lookup;

use crate::evidence::Cause;
use lookup::{Lookup, Unresolved};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder};
use std::error::Error;
use std::time::Duration;

/// What every client has in common. The library's own defaults follow ten redirects, obey `HTTP_PROXY`
/// and never time out. Names are resolved within `lookup`.
pub(super) fn client(lookup: Duration) -> ClientBuilder {
    // Some provider must be there before the client is built; another part of the process may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .redirect(Policy::none())
        .referer(false)
        .no_proxy()
        .retry(reqwest::retry::never())
        .dns_resolver(Lookup::within(lookup))
        .user_agent(concat!("leakproof/", env!("CARGO_PKG_VERSION")))
}

/// Trouble on this side of the connection, and a code of ours: TLS that cannot be trusted, a name nobody knows.
pub(super) fn own_trouble(error: &reqwest::Error) -> Option<(Cause, &'static str)> {
    let unresolved = |error: &(dyn Error + 'static)| error.downcast_ref::<Unresolved>().map(Unresolved::cause);
    find(error, tls_trouble).or_else(|| find(error, unresolved).map(|cause| (cause, "dns")))
}

/// The code of a connection to something that does not speak TLS.
#[cfg(feature = "registry")]
pub(super) const NOT_TLS: &str = "NotTls";

/// Looks through an error and everything inside it; `io::Error` hides what it wraps from `source`.
fn find<T>(error: &(dyn Error + 'static), look: fn(&(dyn Error + 'static)) -> Option<T>) -> Option<T> {
    let mut at = Some(error);
    while let Some(error) = at {
        if let Some(found) = look(error) {
            return Some(found);
        }
        let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if let Some(found) = inner.and_then(|inner| find(inner, look)) {
            return Some(found);
        }
        at = error.source();
    }
    None
}

fn tls_trouble(error: &(dyn Error + 'static)) -> Option<(Cause, &'static str)> {
    use rustls::{AlertDescription, CertificateError, Error as Tls};
    Some(match error.downcast_ref::<Tls>()? {
        Tls::InvalidCertificate(why) => match why {
            CertificateError::UnknownIssuer => (Cause::Untrusted, "UnknownIssuer"),
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => (Cause::Untrusted, "Expired"),
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                (Cause::Untrusted, "NotValidForName")
            }
            _ => (Cause::Untrusted, "InvalidCertificate"),
        },
        Tls::AlertReceived(AlertDescription::CertificateRequired) => (Cause::Denied, "CertificateRequired"),
        Tls::InvalidMessage(_) => (Cause::Untrusted, "NotTls"),
        _ => (Cause::Untrusted, "TlsHandshake"),
    })
}
