//! Where mounts really are: a destination may be a link of the image, or lie behind one.
//!
//! In: mounts as inspect has them. Out: the same at the places that the engine's lists and archives name. Where the
//! engine does not say what a path is, it counts as no link: an archive of a link is refused later.

use super::mounts::Mounts;
use crate::collect::docker::Engine;
use crate::collect::entry_path::clean;
use crate::config::ContainerSelector;
use std::collections::BTreeSet;

/// Follows the links on the way to each mount and each declared path.
pub(super) async fn follow(engine: &Engine, id: &str, mounts: &mut Mounts, selector: &ContainerSelector) {
    let declared = selector.memory_backed.iter().flatten().map(|path| clean(path.as_bytes()));
    let places: Vec<Vec<u8>> = mounts.all.iter().map(|mount| mount.destination.clone()).chain(declared).collect();
    let mut asked = BTreeSet::new();
    for place in places {
        // One part more each time, behind the links that are known by then.
        for (end, _) in place.iter().enumerate().filter(|(_, b)| **b == b'/').chain([(place.len(), &b'/')]) {
            let at = mounts.before_last(&place[..end]);
            if asked.insert(at.clone()) {
                match engine.link(id, &format!("/{}", String::from_utf8_lossy(&at))).await {
                    Ok(Some(target)) => drop(mounts.links.insert(at, clean(target.as_bytes()))),
                    Ok(None) => {}
                    Err(_) => break,
                }
            }
        }
    }
    settle(mounts);
}

/// Puts mounts where they really are. Of two at one place only one is seen, and nobody says which.
fn settle(mounts: &mut Mounts) {
    let places: Vec<Vec<u8>> = mounts.all.iter().map(|mount| mounts.real(&mount.destination)).collect();
    for (mount, place) in mounts.all.iter_mut().zip(&places) {
        mount.in_memory &= places.iter().filter(|other| *other == place).count() == 1;
        mount.destination.clone_from(place);
    }
}
