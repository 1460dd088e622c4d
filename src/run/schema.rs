//! `leakproof schema config|rule|report|ledger`.

use super::{RunError, print};
use crate::cli::SchemaOf;
use crate::config::Config;
use crate::rule::RuleSet;

pub(super) fn run(what: SchemaOf) -> Result<u8, RunError> {
    let schema = match what {
        SchemaOf::Config => Config::schema(),
        SchemaOf::Rule => RuleSet::schema(),
        SchemaOf::Report => crate::report::json_schema(),
        SchemaOf::Ledger => crate::evidence::ledger_schema(),
    };
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    print(text.as_bytes())
}
