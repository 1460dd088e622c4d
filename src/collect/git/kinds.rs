//! The kinds of evidence a repository gives: their names, fields and meanings. No behaviour.

use crate::collect::fields::{both, field};
use crate::evidence::{ALPHABET, Class, Field, FieldType, Kind, SECRET, STEP};

const CLASS: Field = field("class", FieldType::Word(&Class::WORDS), "what the worst value is");
const VALUE_KIND: Field = field("value_kind", FieldType::Name, "a finer word for the worst value");
const LENGTH: Field = field("length", FieldType::Name, "the worst value's length bucket");
const KNOWN: Field = field("known", FieldType::Bool, "whether it equals a value given as known");
const CORRELATOR: Field = field("correlator", FieldType::Fingerprint, "a keyed digest of the worst value");

/// What is told of a value.
const VALUE: [Field; 8] = [CLASS, VALUE_KIND, STEP, ALPHABET, SECRET, LENGTH, KNOWN, CORRELATOR];

/// What is told of one version of one file beside its worst value.
const WHEN: [Field; 8] = [
    field("variables", FieldType::List, "the variables whose values are exposed"),
    field("exposed", FieldType::Int, "how many values are exposed"),
    field("commented", FieldType::Bool, "whether the worst value stands in a comment"),
    field("encoding", FieldType::Name, "the file's encoding"),
    field("first_commit", FieldType::Name, "the oldest commit with this version"),
    field("last_commit", FieldType::Name, "the newest commit with this version"),
    field("first_seen", FieldType::Time, "the author date of the oldest commit"),
    field(
        "refs",
        FieldType::List,
        "what reaches it, up to five: refs, or files of the git directory such as logs/HEAD",
    ),
];

/// What is told of one version of one file.
const VERSION: [Field; 16] = both(VALUE, WHEN);
/// The same, and where it stands.
const ELSEWHERE: [Field; 17] = both(VERSION, [WHERE]);

const WHERE: Field = field(
    "where",
    FieldType::Word(&["index", "message", "note", "pseudo-ref", "ref-name", "reflog", "stash", "unreachable"]),
    "what holds it",
);

/// What the committed ignore rules do with `.env`.
pub(super) static IGNORE: Kind = Kind {
    name: "git.ignore",
    meaning: "whether the ignore rules committed at HEAD keep .env out of the repository; other branches are not asked",
    declared_by: "repositories",
    live: false,
    unit: "repositories",
    fields: &[
        field("covered_root", FieldType::Bool, "a committed rule ignores .env at the root"),
        field(
            "covered_nested",
            FieldType::Bool,
            "committed rules ignore .env in every directory of HEAD and in new ones",
        ),
        field("reincluded", FieldType::Bool, "a negated rule takes .env back in somewhere"),
        field(
            "source",
            FieldType::Word(&["committed", "machine-only", "none"]),
            "where the rule stands that ignores .env at the root; machine-only rules protect nobody else",
        ),
    ],
};

/// Env files that are part of the project now.
pub(super) static TRACKED: Kind = Kind {
    name: "git.tracked",
    meaning: "an env file tracked at a branch tip or in the index",
    declared_by: "repositories",
    live: false,
    unit: "refs",
    fields: &[
        field("where", FieldType::Word(&["index", "tip"]), "a branch tip, or the index only"),
        field("type", FieldType::Word(&["file", "symlink", "directory", "gitlink"]), "what stands under the name"),
        CLASS,
        field("ref", FieldType::Name, "the first ref that has it"),
    ],
};

/// Env files in every version that a ref reaches.
pub(super) static HISTORY: Kind = Kind {
    name: "git.history",
    meaning: "an exposed value in a version of an env file, or a real one in a template, that some ref reaches",
    declared_by: "repositories",
    live: false,
    unit: "commits",
    fields: &VERSION,
};

/// Whether the repository's data can prove anything about its history.
pub(super) static COMPLETE: Kind = Kind {
    name: "git.complete",
    meaning: "whether the repository holds its whole history",
    declared_by: "repositories",
    live: false,
    unit: "repositories",
    fields: &[
        field("complete", FieldType::Bool, "nothing below hides a part of the history"),
        field("shallow", FieldType::Bool, "a shallow clone"),
        field("partial", FieldType::Bool, "a partial clone: objects may be left on the server"),
        field("grafts", FieldType::Bool, "info/grafts rewrites parents"),
        field("replace_refs", FieldType::Bool, "refs/replace exist; the scan reads the originals"),
        field("missing_objects", FieldType::Bool, "objects that a ref reaches are not here"),
        field("malformed_objects", FieldType::Bool, "objects that a ref reaches do not parse"),
        field("submodules_unfetched", FieldType::Bool, "a submodule's repository is not here"),
        field("lfs_pointers", FieldType::Bool, "an env file's content is in LFS and not here"),
    ],
};

/// Assignments in env templates.
pub(super) static TEMPLATE: Kind = Kind {
    name: "git.template",
    meaning: "an assignment in an env template such as .env.example at a branch tip",
    declared_by: "repositories",
    live: false,
    unit: "files",
    fields: &VALUE,
};

/// Every file in every version that a ref reaches.
pub(super) static FILE: Kind = Kind {
    name: "git.file",
    meaning: "a real value in any file of any version that some ref reaches",
    declared_by: "repositories",
    live: false,
    unit: "objects",
    fields: &VERSION,
};

/// What no branch or tag shows.
pub(super) static UNREACHABLE: Kind = Kind {
    name: "git.unreachable",
    meaning: "an exposed value in what no branch or tag shows: reflogs, stashes, the index, unreachable objects, notes, messages and ref names",
    declared_by: "repositories",
    live: false,
    unit: "objects",
    fields: &ELSEWHERE,
};
