//! The kinds of evidence that containers give, and their fields. It collects nothing.

use super::{inspect, running};
use crate::collect::fields::{self, EXPOSED, VALUE, both, field};
use crate::collect::image_id;
use crate::evidence::{Field, FieldType, Kind};

const RUNNING: Field = field("running", FieldType::Bool, "whether the container runs");

/// One entry of a container's `Config.Env`.
pub(super) static ENV: Kind = Kind {
    name: "container.env",
    meaning: "one entry of a container's environment",
    declared_by: "containers",
    live: true,
    unit: "containers",
    fields: &both::<8, 2, 10>(
        VALUE,
        [
            field(
                "origin",
                FieldType::Word(&["runtime", "image", "platform", "unknown"]),
                "who put it there: the operator, the image, or the platform from a secrets manager",
            ),
            RUNNING,
        ],
    ),
};

/// A secret-looking text elsewhere in what `docker inspect` shows.
pub(super) static METADATA: Kind = Kind {
    name: "container.metadata",
    meaning: "a secret-looking text in a container's arguments, labels, health check, options, mounts, exec sessions or other settings",
    declared_by: "containers",
    live: true,
    unit: "containers",
    fields: &both::<9, 1, 10>(
        both::<1, 8, 9>(
            [field(
                "where",
                FieldType::Word(&[
                    "args",
                    "cmd",
                    "entrypoint",
                    "label",
                    "healthcheck",
                    "log-option",
                    "mount",
                    "exec",
                    "other",
                ]),
                "where the text stands",
            )],
            VALUE,
        ),
        [RUNNING],
    ),
};

/// What a container did since it was made.
pub(super) static STATE: Kind = Kind {
    name: "container.state",
    meaning: "whether a container runs, and how often its engine started it again",
    declared_by: "containers",
    live: true,
    unit: "containers",
    fields: &[
        field("state", FieldType::Word(&inspect::STATES), "what it does now"),
        field("restarts", FieldType::Int, "how often the engine started it again by itself"),
    ],
};

/// Which image a container runs.
pub(super) static IMAGE: Kind = Kind {
    name: "container.image",
    meaning: "which image a container runs, by the digests that are known of it",
    declared_by: "containers",
    live: true,
    unit: "containers",
    fields: &[
        field("image_id", FieldType::Name, "the image's id in its engine"),
        field("id_is", FieldType::Word(&image_id::WORDS), "what the id is a digest of"),
        field("manifest", FieldType::Name, "the digest of its platform's manifest"),
        field("registry", FieldType::List, "the digests under which registries know it"),
        field("platform", FieldType::Name, "its platform: os/architecture"),
        field("declared", FieldType::Name, "the digest that the configuration declares"),
        field("reference", FieldType::Name, "what the container was started from"),
        field("started_by", FieldType::Word(&running::STARTED_BY), "whether that is a tag, which moves, or a digest"),
    ],
};

/// A file of a container.
pub(super) static FILE: Kind = Kind {
    name: "container.file",
    meaning: "an env file, or a real value in any other file, in a container's own layer or in what is mounted there",
    declared_by: "containers",
    live: true,
    unit: "containers",
    fields: &both::<17, 1, 18>(
        both::<9, 8, 17>(
            [
                field(
                    "where",
                    FieldType::Word(&["writable-layer", "bind", "volume", "file-system"]),
                    "what the file lies in; an exported file system has the image's files too",
                ),
                fields::FILE,
                field(
                    "approved",
                    FieldType::Bool,
                    "whether it lies where secrets are handed out, and the engine says that this is in memory",
                ),
                field("mode", FieldType::Name, "its permissions, in octal digits"),
                field("owner", FieldType::Name, "its user and group, by number"),
                field(
                    "owned_by",
                    FieldType::Word(&["container-user", "root", "other", "unknown"]),
                    "who that is to the container",
                ),
                field("world_readable", FieldType::Bool, "whether every user may read it"),
                EXPOSED[0],
                EXPOSED[1],
            ],
            VALUE,
        ),
        [RUNNING],
    ),
};

pub(super) static KINDS: [&Kind; 5] = [&ENV, &METADATA, &STATE, &IMAGE, &FILE];
