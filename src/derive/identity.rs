//! Whether the image that runs is the one that was scanned, and the declared one. A tag is no identity: digests are.
//!
//! In: what containers run (`container.image`) and what was scanned (`image.identity`). Out: one piece of evidence per
//! container, and a gap wherever digests of different kinds stand against each other: that proves neither.

use crate::evidence::{Batch, Cause, Coverage, Evidence, Fact, Field, FieldType, Gap, Kind, Ledger, Name};

/// The kind that says what a container runs.
pub(super) const RUNNING: &str = "container.image";
/// The kind that says what was scanned.
pub(super) const SCANNED: &str = "image.identity";

/// Whether a container runs what was scanned and declared.
pub(super) static IDENTITY: Kind = Kind {
    name: "run.identity",
    meaning: "whether the image that a container runs is the scanned and the declared one, by their digests",
    declared_by: "containers",
    live: true,
    unit: "containers",
    fields: &[
        Field {
            name: "scanned",
            holds: FieldType::Word(&["yes", "no", "unknown"]),
            meaning: "whether the image that runs was scanned in this run",
        },
        Field {
            name: "by",
            holds: FieldType::Word(&["config-digest", "manifest-digest", "index-digest"]),
            meaning: "the digest that proves it",
        },
        Field { name: "scanned_as", holds: FieldType::Name, meaning: "the image of the configuration that it is" },
        Field {
            name: "declared",
            holds: FieldType::Word(&["yes", "no", "unknown", "none"]),
            meaning: "whether it is the image that image_digest declares",
        },
        Field {
            name: "tag_only",
            holds: FieldType::Bool,
            meaning: "whether it was started by a tag, and none declared",
        },
        Field { name: "running", holds: FieldType::Name, meaning: "the digest of what runs" },
    ],
};

/// Joins what runs with what was scanned.
pub(super) fn join(ledger: &Ledger) -> Batch {
    let of = |kind: &'static str| ledger.evidence.iter().filter(move |item| item.kind.as_str() == kind);
    let scanned: Vec<Scanned<'_>> = of(SCANNED).map(Scanned::of).collect();
    let unread: Vec<&Gap> = ledger.gaps.iter().filter(|gap| gap.kind.as_str() == SCANNED).collect();
    let mut batch = Batch::default();
    for item in of(RUNNING) {
        compare(&Running::of(item), &scanned, &unread, &mut batch);
    }
    let kind = Name::fixed(IDENTITY.name);
    let about = |name: &Name| name.as_str() == RUNNING;
    let gaps = ledger.gaps.iter().filter(|gap| about(&gap.kind));
    batch.gaps.extend(gaps.map(|gap| Gap { kind: kind.clone(), ..gap.clone() }));
    let coverage = ledger.coverage.iter().filter(|one| about(&one.kind));
    batch.coverage.extend(coverage.map(|one| {
        let images = scanned.len() as u64;
        Coverage { kind: kind.clone(), ..one.clone() }.with("images", images)
    }));
    batch
}

/// What a container runs.
struct Running<'a> {
    item: &'a Evidence,
    id: Option<&'a str>,
    /// What the id is the digest of.
    id_is: &'a str,
    /// The manifest of its platform, where the engine says it.
    manifest: Option<&'a str>,
    /// The digests under which registries know the image.
    registry: Vec<&'a str>,
    platform: Option<&'a str>,
    declared: Option<&'a str>,
}

/// One platform of an image that was scanned.
struct Scanned<'a> {
    item: &'a Evidence,
    config: Option<&'a str>,
    manifest: Option<&'a str>,
    index: Option<&'a str>,
    registry: Vec<&'a str>,
    platform: Option<&'a str>,
}

/// What holding two digests against each other says.
enum Answer {
    Same(&'static str),
    Other,
    Unknown(&'static str),
}

fn digest<'a>(item: &'a Evidence, field: &str) -> Option<&'a str> {
    item.word(field).map(bare)
}

fn digests<'a>(item: &'a Evidence, field: &str) -> Vec<&'a str> {
    let Some(Fact::List(names)) = item.fact(field) else { return Vec::new() };
    let name = |fact: &'a Fact| if let Fact::Name(name) = fact { Some(bare(name.as_str())) } else { None };
    names.iter().filter_map(name).collect()
}

/// Podman writes ids without the algorithm.
fn bare(digest: &str) -> &str {
    digest.strip_prefix("sha256:").unwrap_or(digest)
}

impl<'a> Scanned<'a> {
    fn of(item: &'a Evidence) -> Self {
        Self {
            item,
            config: digest(item, "config"),
            manifest: digest(item, "manifest"),
            index: digest(item, "index"),
            registry: digests(item, "registry"),
            platform: item.word("platform"),
        }
    }

    /// Whether a digest is one of its own.
    fn has(&self, digest: &str) -> bool {
        let own = [self.config, self.manifest, self.index];
        own.into_iter().flatten().chain(self.registry.iter().copied()).any(|one| one == digest)
    }
}

impl<'a> Running<'a> {
    fn of(item: &'a Evidence) -> Self {
        let (id, id_is) = (digest(item, "image_id"), item.word("id_is").unwrap_or("unknown"));
        Self {
            item,
            id,
            id_is,
            manifest: digest(item, "manifest").or(id.filter(|_| id_is == "manifest")),
            registry: digests(item, "registry"),
            platform: item.word("platform"),
            declared: digest(item, "declared"),
        }
    }

    fn id_as(&self, kind: &str) -> Option<&'a str> {
        self.id.filter(|_| self.id_is == kind)
    }

    /// Whether it is this platform of a scanned image. Two equal digests are proof, whatever they are digests of;
    /// two different ones are only if they are digests of the same thing.
    fn is(&self, scanned: &Scanned<'_>) -> Answer {
        let known = |digest: Option<&str>| digest.is_some_and(|digest| self.id == Some(digest));
        if known(scanned.config) {
            return Answer::Same("config-digest");
        }
        if self.id_as("config").is_some() && scanned.config.is_some() {
            return Answer::Other;
        }
        if let Some(manifest) = scanned.manifest {
            let own = self.manifest == Some(manifest) || self.registry.contains(&manifest);
            if own || self.id == Some(manifest) {
                return Answer::Same("manifest-digest");
            }
            if self.manifest.is_some() {
                return Answer::Other;
            }
        }
        let index = scanned.index.is_some_and(|index| self.id == Some(index) || self.registry.contains(&index));
        match (index, self.platform, scanned.platform) {
            (true, Some(own), Some(other)) if own == other => Answer::Same("index-digest"),
            (true, Some(_), Some(_)) => Answer::Other,
            (true, ..) => Answer::Unknown("the index was scanned; which of its platforms runs is not known"),
            (false, ..) => Answer::Unknown(self.mismatch()),
        }
    }

    /// Which kinds of digests stand against each other.
    fn mismatch(&self) -> &'static str {
        match self.id_is {
            "config" => "the container is known by its image's config digest, the scanned image is not",
            "index" | "manifest" => {
                "the container is known by its image's index or manifest digest, the scanned image by its config digest"
            }
            _ => "what the container's image id is a digest of is not known",
        }
    }
}

fn compare(running: &Running<'_>, scanned: &[Scanned<'_>], unread: &[&Gap], batch: &mut Batch) {
    let answers: Vec<(Answer, &Scanned<'_>)> = scanned.iter().map(|one| (running.is(one), one)).collect();
    let same = answers.iter().find_map(|(answer, one)| match answer {
        Answer::Same(by) => Some((*by, *one)),
        _ => None,
    });
    let open = answers.iter().find_map(|(answer, _)| match answer {
        Answer::Unknown(why) => Some(*why),
        _ => None,
    });
    let subject = &running.item.subject;
    let gap = |cause| Gap::new(&IDENTITY, subject.clone(), cause);
    let word = if same.is_some() {
        "yes"
    } else if scanned.is_empty() && unread.is_empty() {
        let why = Name::fixed("no image was scanned that this one could be");
        batch.gaps.push(gap(Cause::NotDeclared).with("key", Name::fixed("images")).with("reason", why));
        "unknown"
    } else if !unread.is_empty() {
        // What could not be read may be what runs.
        let name = |one: &Gap| one.subject.target.name.clone();
        batch.gaps.extend(unread.iter().map(|one| gap(one.cause).with("image", name(one))));
        "unknown"
    } else if let Some(why) = open {
        batch.gaps.push(gap(Cause::Unproven).with("key", Name::fixed("images")).with("reason", Name::fixed(why)));
        "unknown"
    } else {
        "no"
    };
    let declared = declared(running, &answers, same.map(|(_, one)| one));
    if declared == "unknown" {
        let why = Name::fixed("what image_digest is a digest of is not known: it may be another digest of this image");
        let gap = gap(Cause::Unproven).with("key", Name::fixed("image_digest")).with("reason", why);
        batch.gaps.push(gap);
    }
    let tag_only = declared == "none" && running.item.word("started_by") == Some("tag");
    let mut facts =
        vec![("scanned", Fact::word(word)), ("declared", Fact::word(declared)), ("tag_only", Fact::Bool(tag_only))];
    if let Some((by, one)) = same {
        facts.push(("by", Fact::word(by)));
        facts.push(("scanned_as", Fact::Name(one.item.subject.target.name.clone())));
    }
    facts.extend(running.item.fact("image_id").map(|id| ("running", id.clone())));
    batch.evidence.push(Evidence::new(&IDENTITY, subject.clone(), facts, running.item.taken_at));
}

/// Whether what runs is what `image_digest` declares.
fn declared(running: &Running<'_>, answers: &[(Answer, &Scanned<'_>)], same: Option<&Scanned<'_>>) -> &'static str {
    let Some(declared) = running.declared else { return "none" };
    let own = running.id.into_iter().chain(running.manifest).chain(running.registry.iter().copied());
    if own.into_iter().any(|digest| digest == declared) || same.is_some_and(|one| one.has(declared)) {
        return "yes";
    }
    // A digest of another image that was scanned is no digest of this one.
    let of_another =
        answers.iter().any(|(answer, one)| matches!(answer, Answer::Other) && one.config == Some(declared));
    let all_known = running.id_as("config").is_some() && !running.registry.is_empty();
    if all_known || of_another && running.id_as("config").is_some() { "no" } else { "unknown" }
}
