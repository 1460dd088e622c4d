//! Fields that kinds of evidence share: what is told of a value, and of a file that holds some. Not a collector.
//!
//! In: nothing. Out: lists of fields. Kinds whose fields mean the worst of several values have words of their own.

use crate::evidence::{ALPHABET, Class, Field, FieldType, SECRET, STEP};

/// The length buckets of a judgement.
const LENGTHS: [&str; 6] = ["0", "1-7", "8-15", "16-31", "32-63", "64+"];

const CLASS: Field = field("class", FieldType::Word(&Class::WORDS), "what the value is");

/// What is told of a value.
pub(super) const VALUE: [Field; 8] = [
    CLASS,
    field("value_kind", FieldType::Name, "a finer word for the value"),
    STEP,
    ALPHABET,
    SECRET,
    field("length", FieldType::Word(&LENGTHS), "the value's length bucket"),
    field("known", FieldType::Bool, "whether it equals a value given as known"),
    field("correlator", FieldType::Fingerprint, "equal values share it"),
];

/// What a file is by its name.
pub(super) const FILE: Field =
    field("file", FieldType::Word(&["env-file", "env-template", "other"]), "what the file is by its name");

/// How much of a file is exposed.
pub(super) const EXPOSED: [Field; 2] = [
    field("exposed", FieldType::Int, "how many values are exposed"),
    field("variables", FieldType::List, "the variables whose values are exposed"),
];

/// A field.
pub(super) const fn field(name: &'static str, holds: FieldType, meaning: &'static str) -> Field {
    Field { name, holds, meaning }
}

/// One list behind the other; a length that is not their sum does not compile.
pub(super) const fn both<const A: usize, const B: usize, const N: usize>(
    first: [Field; A],
    second: [Field; B],
) -> [Field; N] {
    assert!(A + B == N);
    let mut all = [CLASS; N];
    let mut n = 0;
    while n < N {
        all[n] = if n < A { first[n] } else { second[n - A] };
        n += 1;
    }
    all
}
