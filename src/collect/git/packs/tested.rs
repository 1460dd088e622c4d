//! A pack from bytes, for the tests that feed it with noise.
//!
//! In: a pack's two files. Out: how many of its objects decode and how many do not. Everything is decoded twice: the
//! tree layouts and the anchors that a delta takes over must be those that reading every byte gives.

use super::family::Families;
use super::pack::Pack;
use super::walk::{Base, Object, Visitor, Walk};
use crate::collect::git::layout::Layout;
use crate::collect::git::losses::Fault;
use crate::detect::{Detector, Trace};
use crate::evidence::{Key, SecretRegistry};
use git2::{ObjectType, Oid};
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex};

/// Larger objects are not decoded.
const LIMIT: u64 = 1 << 20;

/// Made once: it costs more than the packs of tests.
static DETECTOR: LazyLock<Option<Detector>> = LazyLock::new(|| {
    Key::random().map(|key| Detector::new(Vec::new(), Vec::new(), key, Arc::new(SecretRegistry::default())))
});

/// Counts, and whether what was inherited was ever wrong.
struct Counter(&'static Detector);

impl Visitor for Counter {
    type Hand = (u64, u64, bool);
    type State = (Layout<u64>, Trace);

    fn hand(&self) -> Self::Hand {
        (0, 0, false)
    }

    fn wants(&self, _: ObjectType) -> bool {
        true
    }

    fn stopped(&self) -> bool {
        false
    }

    fn object(&self, hand: &mut Self::Hand, object: &Object<'_>, base: Option<Base<'_, Self::State>>) -> Self::State {
        hand.0 += 1;
        let look = |entry: &crate::collect::git::objects::Entry<'_>| Some(entry.name.len() as u64);
        let alone = Layout::of(object.bytes, None, &mut { look });
        let made = Layout::of(object.bytes, base.as_ref().map(|base| (&base.state.0, base.parts)), &mut { look });
        let places = |layout: Option<&Layout<u64>>| layout.map(|layout| layout.marks().copied().collect::<Vec<_>>());
        let searched = self.0.trace(object.bytes, None);
        let inherited = self.0.trace(object.bytes, base.as_ref().map(|base| (&base.state.1, base.parts)));
        hand.2 |= places(alone.as_ref()) != places(made.as_ref()) || searched != inherited;
        (made.unwrap_or_default(), inherited)
    }

    fn lost(&self, hand: &mut Self::Hand, _: Oid, _: Option<ObjectType>, _: Fault) {
        hand.1 += 1;
    }
}

/// How many objects of a pack decode and how many do not; `None` if its files do not belong together.
///
/// # Panics
/// When a delta's object is read differently than by itself.
#[must_use]
pub fn count_objects(index: Vec<u8>, pack: Vec<u8>) -> Option<(u64, u64)> {
    let sha1 = gix_hash::Kind::Sha1;
    let index = gix_pack::index::File::from_data(index, PathBuf::new(), sha1).ok()?;
    let data = gix_pack::data::File::from_data(pack, PathBuf::new(), sha1).ok()?;
    let pack = Pack::of(index, data).ok()?;
    let families = Families::of(&pack.links());
    let (visitor, idle) = (Counter(DETECTOR.as_ref()?), Mutex::new(Vec::new()));
    let walk =
        Walk { pack: &pack, families: &families, visitor: &visitor, first: 0, limit: LIMIT, needed: None, idle: &idle };
    walk.run();
    let hands = idle.into_inner().unwrap_or_default().into_iter().map(|bench| bench.hand);
    let (read, lost, wrong) = hands.fold((0, 0, false), |sum, hand| (sum.0 + hand.0, sum.1 + hand.1, sum.2 | hand.2));
    assert!(!wrong, "what a delta takes over is not what its object has");
    Some((read, lost))
}
