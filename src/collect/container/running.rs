//! Which image a container runs, by every digest that is known of it. A tag says nothing: it moves.
//!
//! In: a wrapped container and its image. Out: one piece of evidence. Whether it is the right image, it does not know.

use super::IMAGE;
use super::facts::Out;
use super::inspect::{Container, Image};
use crate::collect::image_id;
use crate::config::ContainerSelector;
use crate::evidence::{Cause, Fact, Gap, Name, Place, Subject};
use std::collections::BTreeSet;

/// How a container may have been started.
pub(super) static STARTED_BY: [&str; 4] = ["tag", "digest", "id", "unknown"];

/// Adds what a container runs to its selector's batch.
pub(super) fn examine(
    out: &mut Out<'_>,
    selector: &ContainerSelector,
    container: &Container,
    image: Option<&Image>,
    place: &Place,
) {
    let Some(id) = &container.image else {
        let gap = Gap::new(&IMAGE, Subject::at(out.target, place.clone()), Cause::Unproven);
        return out.gap(gap.with("key", Name::fixed("Image")));
    };
    out.image.add("containers", 1);
    let registry: BTreeSet<Name> = image.map(|image| image.digests.iter().cloned().collect()).unwrap_or_default();
    let mut facts = vec![
        ("image_id", Fact::Name(id.clone())),
        ("id_is", Fact::word(id_is(id, container, image))),
        ("started_by", Fact::word(started_by(container.reference.as_ref()))),
        ("registry", Fact::List(registry.into_iter().map(Fact::Name).collect())),
    ];
    let platform = container.platform.as_ref().or(image.and_then(|image| image.platform.as_ref()));
    let more = [
        ("manifest", container.manifest.as_ref()),
        ("platform", platform),
        ("declared", selector.image_digest.as_ref()),
        ("reference", container.reference.as_ref()),
    ];
    facts.extend(more.into_iter().filter_map(|(field, name)| Some((field, Fact::Name(name?.clone())))));
    out.fact(&IMAGE, place.clone(), facts);
}

/// What the id is a digest of.
fn id_is(id: &Name, container: &Container, image: Option<&Image>) -> &'static str {
    if container.manifest.as_ref() == Some(id) {
        return "manifest";
    }
    if let Some(kind) = image.and_then(|image| image.id_is) {
        return kind;
    }
    if container.manifest.is_some() {
        return "index";
    }
    container.driver.as_ref().and_then(|driver| image_id::by_driver(driver.as_str())).unwrap_or("unknown")
}

fn started_by(reference: Option<&Name>) -> &'static str {
    let Some(text) = reference.map(Name::as_str) else { return "unknown" };
    let is_id = |text: &str| text.len() >= 12 && text.bytes().all(|b| b.is_ascii_hexdigit());
    if text.contains('@') {
        "digest"
    } else if is_id(text.trim_start_matches("sha256:")) {
        "id"
    } else {
        "tag"
    }
}
