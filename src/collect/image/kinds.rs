//! The kinds of evidence that images give, and their fields. It collects nothing.

use super::attestation::At;
use crate::collect::fields::{self, EXPOSED, VALUE, both, field};
use crate::evidence::{Field, FieldType, Kind};

const PLATFORM: Field = field("platform", FieldType::Name, "the platform of the index: os/architecture");

const fn origin(meaning: &'static str) -> Field {
    field("origin", FieldType::Word(&["own", "inherited", "unknown"]), meaning)
}

/// One ENV or ARG.
pub(super) static ENV: Kind = Kind {
    name: "image.env",
    meaning: "one ENV or ARG of an image's config or history",
    declared_by: "images",
    live: false,
    unit: "history-entries",
    fields: &both::<3, 8, 11>(
        [
            field(
                "where",
                FieldType::Word(&["config-env", "history-env", "history-arg", "build-arg"]),
                "where it stands",
            ),
            origin("whether this image or its base image says it, as far as that can be told"),
            PLATFORM,
        ],
        VALUE,
    ),
};

/// A secret-looking text of a build step or of the config.
pub(super) static COMMAND: Kind = Kind {
    name: "image.command",
    meaning: "a secret-looking text in a build step, a label, a command or a comment of an image",
    declared_by: "images",
    live: false,
    unit: "history-entries",
    fields: &both::<2, 8, 10>(
        [
            field(
                "where",
                FieldType::Word(&[
                    "run",
                    "heredoc",
                    "label",
                    "healthcheck",
                    "cmd",
                    "entrypoint",
                    "onbuild",
                    "shell",
                    "copy",
                    "comment",
                    "other",
                ]),
                "where it stands",
            ),
            PLATFORM,
        ],
        VALUE,
    ),
};

/// A file of a layer.
pub(super) static FILE: Kind = Kind {
    name: "image.file",
    meaning: "an env file, or a real value in any other file, of some layer of an image, removed later or not",
    declared_by: "images",
    live: false,
    unit: "files",
    fields: &both::<7, 8, 15>(
        [
            fields::FILE,
            field("visible", FieldType::Bool, "whether no later layer hides it from the containers of the image"),
            origin("whether this image or its base image has the layer, as far as that can be told"),
            field("made_by", FieldType::Name, "the build step that made the layer"),
            EXPOSED[0],
            EXPOSED[1],
            PLATFORM,
        ],
        VALUE,
    ),
};

/// One text of an attestation.
pub(super) static ATTESTATION: Kind = Kind {
    name: "image.attestation",
    meaning: "a build argument, or a secret-looking text, in the attestations of an image",
    declared_by: "images",
    live: false,
    unit: "manifests",
    fields: &both::<3, 8, 11>(
        [
            field("where", FieldType::Word(&At::WORDS), "where it stands in the statement"),
            field("predicate", FieldType::Name, "the type of what the statement says"),
            PLATFORM,
        ],
        VALUE,
    ),
};

/// Which image was examined.
pub(super) static IDENTITY: Kind = Kind {
    name: "image.identity",
    meaning: "which image was examined, one platform of it, by its digests",
    declared_by: "images",
    live: false,
    unit: "platforms",
    fields: &[
        PLATFORM,
        field("config", FieldType::Name, "the digest of its config"),
        field("manifest", FieldType::Name, "the digest of its manifest"),
        field("index", FieldType::Name, "the digest of the index that leads to it"),
        field("registry", FieldType::List, "the digests under which registries know it"),
    ],
};

pub(super) static KINDS: [&Kind; 5] = [&ENV, &COMMAND, &FILE, &ATTESTATION, &IDENTITY];
