//! What an engine's client read, once more as the engine wrote it.
//!
//! In: bollard's models. Out: JSON, for the readers of saved files: one reading, whatever the source.

use super::OciConfig;
use serde::Serialize;
use zeroize::Zeroizing;

/// The JSON of a model. A member that the client does not know is not in it.
pub(in crate::collect) fn written(model: &impl Serialize) -> Option<Zeroizing<String>> {
    // By way of a tree, whose members are sorted: the client's maps come in another order every time.
    let tree = serde_json::to_value(model).ok()?;
    serde_json::to_string(&tree).ok().map(Zeroizing::new)
}

impl OciConfig {
    /// A `Config` object of a container or an image.
    pub(in crate::collect) fn of_engine(model: &impl Serialize) -> Option<Self> {
        serde_json::from_str(&written(model)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, HashMap};

    #[test]
    fn maps_are_written_in_one_order() {
        let entries = (0..50).map(|i| (format!("k{i}"), i));
        let (mixed, sorted): (HashMap<_, _>, BTreeMap<_, _>) = (entries.clone().collect(), entries.collect());
        assert_eq!(written(&mixed).unwrap().as_str(), serde_json::to_string(&sorted).unwrap());
    }
}
