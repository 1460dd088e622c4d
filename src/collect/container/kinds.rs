//! The kinds of evidence that containers give, and their fields. It collects nothing.

use super::{inspect, running};
use crate::collect::image_id;
use crate::collect::oci_config::{CLASS, CORRELATOR, KNOWN, LENGTH, VALUE_KIND};
use crate::evidence::{ALPHABET, Field, FieldType, Kind, SECRET, STEP};

/// One entry of a container's `Config.Env`.
pub(super) static ENV: Kind = Kind {
    name: "container.env",
    meaning: "one entry of a container's environment",
    declared_by: "containers",
    live: true,
    unit: "containers",
    fields: &[
        CLASS,
        VALUE_KIND,
        STEP,
        ALPHABET,
        SECRET,
        LENGTH,
        KNOWN,
        CORRELATOR,
        Field {
            name: "origin",
            holds: FieldType::Word(&["runtime", "image", "platform", "unknown"]),
            meaning: "who put it there: the operator, the image, or the platform from a secrets manager",
        },
        Field { name: "running", holds: FieldType::Bool, meaning: "whether the container runs" },
    ],
};

/// A secret-looking text elsewhere in what `docker inspect` shows.
pub(super) static METADATA: Kind = Kind {
    name: "container.metadata",
    meaning: "a secret-looking text in a container's arguments, labels, health check, options, mounts, exec sessions or other settings",
    declared_by: "containers",
    live: true,
    unit: "containers",
    fields: &[
        Field {
            name: "where",
            holds: FieldType::Word(&[
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
            meaning: "where the text stands",
        },
        CLASS,
        VALUE_KIND,
        STEP,
        ALPHABET,
        SECRET,
        LENGTH,
        KNOWN,
        CORRELATOR,
        Field { name: "running", holds: FieldType::Bool, meaning: "whether the container runs" },
    ],
};

/// What a container did since it was made.
pub(super) static STATE: Kind = Kind {
    name: "container.state",
    meaning: "whether a container runs, and how often its engine started it again",
    declared_by: "containers",
    live: true,
    unit: "containers",
    fields: &[
        Field { name: "state", holds: FieldType::Word(&inspect::STATES), meaning: "what it does now" },
        Field { name: "restarts", holds: FieldType::Int, meaning: "how often the engine started it again by itself" },
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
        Field { name: "image_id", holds: FieldType::Name, meaning: "the image's id in its engine" },
        Field { name: "id_is", holds: FieldType::Word(&image_id::WORDS), meaning: "what the id is a digest of" },
        Field { name: "manifest", holds: FieldType::Name, meaning: "the digest of its platform's manifest" },
        Field { name: "registry", holds: FieldType::List, meaning: "the digests under which registries know it" },
        Field { name: "platform", holds: FieldType::Name, meaning: "its platform: os/architecture" },
        Field { name: "declared", holds: FieldType::Name, meaning: "the digest that the configuration declares" },
        Field { name: "reference", holds: FieldType::Name, meaning: "what the container was started from" },
        Field {
            name: "started_by",
            holds: FieldType::Word(&running::STARTED_BY),
            meaning: "whether that is a tag, which moves, or a digest",
        },
    ],
};

/// A file of a container.
pub(super) static FILE: Kind = Kind {
    name: "container.file",
    meaning: "an env file, or a real value in any other file, in a container's own layer or in what is mounted there",
    declared_by: "containers",
    live: true,
    unit: "containers",
    fields: &[
        Field {
            name: "where",
            holds: FieldType::Word(&["writable-layer", "bind", "volume", "file-system"]),
            meaning: "what the file lies in; an exported file system has the image's files too",
        },
        Field {
            name: "file",
            holds: FieldType::Word(&["env-file", "env-template", "other"]),
            meaning: "what the file is by its name",
        },
        Field {
            name: "approved",
            holds: FieldType::Bool,
            meaning: "whether it lies where secrets are handed out, and the engine says that this is in memory",
        },
        Field { name: "mode", holds: FieldType::Name, meaning: "its permissions, in octal digits" },
        Field { name: "owner", holds: FieldType::Name, meaning: "its user and group, by number" },
        Field {
            name: "owned_by",
            holds: FieldType::Word(&["container-user", "root", "other", "unknown"]),
            meaning: "who that is to the container",
        },
        Field { name: "world_readable", holds: FieldType::Bool, meaning: "whether every user may read it" },
        Field { name: "exposed", holds: FieldType::Int, meaning: "how many values are exposed" },
        Field { name: "variables", holds: FieldType::List, meaning: "the variables whose values are exposed" },
        CLASS,
        VALUE_KIND,
        STEP,
        ALPHABET,
        SECRET,
        LENGTH,
        KNOWN,
        CORRELATOR,
        Field { name: "running", holds: FieldType::Bool, meaning: "whether the container runs" },
    ],
};

pub(super) static KINDS: [&Kind; 5] = [&ENV, &METADATA, &STATE, &IMAGE, &FILE];
