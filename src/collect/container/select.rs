//! What a selector means in a saved inspect file: its containers, and the images that belong to them.
//!
//! In: everything that the file holds. Out: what was found, and what could not be learned. It reads nothing.

use super::inspect::{Container, Image};
use super::{Beside, Found, Missed};
use crate::collect::refusal::Refusal;
use crate::config::ContainerSelector;
use crate::evidence::{Cause, Name};
use std::sync::Arc;

/// What an inspect file holds.
pub(super) struct Saved {
    pub(super) containers: Vec<Result<Container, Option<Name>>>,
    pub(super) images: Vec<(Arc<Image>, Beside)>,
    /// How many objects are neither, or not what they should be.
    pub(super) unclear: usize,
}

impl Saved {
    /// The containers that a selector means; without one, all of them.
    pub(super) fn select(self, selector: &ContainerSelector) -> Found {
        let mut found = Found { identity: vec![("source", Name::fixed("inspect file"))], ..Found::default() };
        if self.unclear > 0 {
            let why = Refusal::new(Cause::Malformed)
                .because("an object that is neither a container nor an image, or misspells its members");
            found.missed.push(Missed { what: Some(Name::fixed("(inspect file)")), only: None, why });
        }
        for container in self.containers {
            match container {
                Ok(container) if matches(selector, &container) => {
                    let image = self.images.iter().find(|(image, _)| image.is(container.image.as_ref()));
                    found.containers.push((container, image.map(|(image, _)| image.clone())));
                }
                Ok(_) => {}
                Err(what) => found.missed.push(Missed {
                    what,
                    only: None,
                    why: Refusal::new(Cause::Malformed).because("a container without Config"),
                }),
            }
        }
        // An image that no container of the file was made from belongs to the file as a whole.
        let whole = selector.name.is_none() && selector.label.is_none() && selector.compose_project.is_none();
        for (image, beside) in self.images {
            let mut own = found.containers.iter().filter_map(|(_, own)| own.as_ref());
            let used = own.any(|own| Arc::ptr_eq(own, &image));
            if used || whole {
                found.beside.push(beside);
            }
            if whole && !used {
                found.images.push(image);
            }
        }
        found
    }
}

fn matches(selector: &ContainerSelector, container: &Container) -> bool {
    let labels = &container.config.labels.0;
    let labelled = |key: &str, value: Option<&str>| {
        labels.iter().any(|(name, is)| {
            name.name().is_ok_and(|name| name.as_str() == key)
                && value.is_none_or(|value| is.name().is_ok_and(|is| is.as_str() == value))
        })
    };
    let by_name = selector.name.as_ref().is_none_or(|name| *name == container.name);
    let by_label = selector.label.as_ref().is_none_or(|label| match label.as_str().split_once('=') {
        Some((key, value)) => labelled(key, Some(value)),
        None => labelled(label.as_str(), None),
    });
    let project = |name: &Name| labelled("com.docker.compose.project", Some(name.as_str()));
    by_name && by_label && selector.compose_project.as_ref().is_none_or(project)
}
