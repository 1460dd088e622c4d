//! The ground floor: what was learned, what could not be learned, and how much was looked at.
//!
//! Text from outside enters as [`Sensitive`] and can leave only as a class, a keyed fingerprint or a
//! [`Name`]. Everything else here is made of those. This module knows no rule, no source, no format.

mod class;
mod clock;
mod coverage;
mod custody;
mod document;
mod fact;
mod gap;
mod judgement;
mod ledger;
mod name;
mod problem;
mod progress;
mod registry;
mod schema;
mod sensitive;
mod subject;

pub use class::Class;
pub use clock::Timestamp;
pub use coverage::{Coverage, Unexamined};
pub use custody::CustodyLine;
pub use document::{Document, Line, Node, Value};
pub use fact::{Evidence, Fact, Field, FieldType, Kind};
pub use gap::{Cause, Gap, Hint};
pub use judgement::{ALPHABET, Alphabet, Confidence, Judgement, SECRET, STEP, Step};
pub use ledger::{
    Absent, Batch, Declared, DeclaredSecret, Header, Inapplicable, LEDGER_SCHEMA, Ledger, LedgerError, Waiver,
    ledger_schema,
};
pub use name::{Name, Withheld, printable_line};
pub use problem::{Problem, Problems};
pub use progress::{NoProgress, Progress, Stop, Task};
pub use registry::SecretRegistry;
pub use schema::{check_schema, conforms_to};
pub use sensitive::{Fingerprint, Key, Sensitive, Shareable};
pub use subject::{Place, Subject, Target};
