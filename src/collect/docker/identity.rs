//! Whether the engine that answered is the one that was meant.
//!
//! In: what is known of the engine, what was declared of it, and the machine. Out: a doubt, or none. Pure.

use crate::collect::refusal::Refusal;
use crate::evidence::{Cause, Name};

/// What is known of an engine.
pub(super) struct Identity {
    /// Whether it is reached over a socket of this machine.
    pub(super) local: bool,
    /// What it calls itself; `None` where it does not say.
    pub(super) name: Option<Name>,
}

impl Identity {
    /// A runner's own daemon is not production's. A declared name settles it either way; without one, an image
    /// that must be running (`pinned`) proves as much.
    pub(super) fn doubt(&self, declared: Option<&Name>, runner: bool, pinned: bool) -> Option<Refusal> {
        let unproven = Refusal::new(Cause::Unproven);
        if let Some(declared) = declared {
            let own = self.name.as_ref();
            let same = own.is_some_and(|own| own.as_str().eq_ignore_ascii_case(declared.as_str()));
            let named = unproven.with("key", Name::fixed("docker.name")).with("declared", declared.clone());
            return (!same).then(|| named.with("observed", own.cloned().unwrap_or(Name::fixed("(unknown)"))));
        }
        (self.local && runner && !pinned).then(|| {
            unproven
                .with("observed", Name::fixed("a CI runner's own Docker engine, perhaps not production's"))
                .with("key", Name::fixed("docker.name or containers.image_digest"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doubt(local: bool, declared: Option<&'static str>, runner: bool, pinned: bool) -> Option<String> {
        let identity = Identity { local, name: Some(Name::fixed("prod-1")) };
        identity.doubt(declared.map(Name::fixed).as_ref(), runner, pinned).map(|refusal| format!("{refusal:?}"))
    }

    #[test]
    fn a_runner_s_own_engine_is_in_doubt_until_something_ties_it_to_production() {
        assert!(doubt(true, None, true, false).is_some_and(|text| text.contains("CI runner")));
        assert!(doubt(true, None, false, false).is_none(), "no runner");
        assert!(doubt(false, None, true, false).is_none(), "an engine elsewhere was named on purpose");
        assert!(doubt(true, None, true, true).is_none(), "the image is pinned");
        assert!(doubt(true, Some("PROD-1"), true, false).is_none(), "the name is declared");
    }

    #[test]
    fn another_engine_than_the_declared_one_is_in_doubt_wherever_it_is() {
        for (local, runner, pinned) in [(true, false, true), (false, false, false), (true, true, true)] {
            let text = doubt(local, Some("prod-2"), runner, pinned).unwrap();
            assert!(text.contains("prod-1") && text.contains("prod-2"), "{text}");
        }
        let nameless = Identity { local: true, name: None };
        assert!(nameless.doubt(Some(&Name::fixed("prod-1")), false, false).is_some());
    }
}
