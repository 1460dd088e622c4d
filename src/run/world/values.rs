//! The worlds' credentials: generated from the world's name, so that none stands in a file and runs are equal.

use data_encoding::{BASE64, HEXLOWER};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

const WORDS: [&str; 16] = [
    "amber", "birch", "canyon", "delta", "ember", "fjord", "garnet", "harbor", "indigo", "juniper", "kestrel",
    "lagoon", "meadow", "nectar", "orchid", "pepper",
];

/// Markers and what they become.
pub(super) struct Values(BTreeMap<&'static str, String>);

impl Values {
    /// The values of a world.
    pub(super) fn new(world: &str) -> Self {
        let hex = |what: &str| HEXLOWER.encode(&Sha256::digest(format!("{world}/{what}")));
        let spoken = |what: &str| {
            let digest = Sha256::digest(format!("{world}/{what}"));
            let word = |i: usize| WORDS[usize::from(digest[i]) % WORDS.len()];
            format!("{}-{}-{}", word(0), word(1), 1000 + u32::from(digest[2]) * 7)
        };
        let database = format!("postgresql+asyncpg://appuser:{}@db.internal:5432/incidents", spoken("database"));
        let redis = format!("rediss://:{}@redis.internal:6380/0", spoken("redis"));
        let blob = format!("{{\"jwt\":{{\"secret\":\"{}\"}}}}", hex("blob"));
        Self(BTreeMap::from([
            ("jwt", hex("jwt")),
            ("old_jwt", hex("old-jwt")),
            ("database_url", database),
            ("redis_url", redis),
            ("dev_password", spoken("dev")),
            ("build_token", hex("build-token")),
            ("blob_b64", BASE64.encode(blob.as_bytes())),
        ]))
    }

    /// Adds a marker.
    pub(super) fn set(&mut self, marker: &'static str, value: String) {
        self.0.insert(marker, value);
    }

    /// Fills the markers of a text.
    pub(super) fn fill(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (marker, value)| text.replace(&format!("{{{{{marker}}}}}"), value))
    }
}
