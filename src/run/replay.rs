//! `leakproof report --from LEDGER`: the same report again, with no access to any system.

use super::{RunError, output, sources};
use crate::cli::Replay;
use crate::evidence::{Ledger, Name, SecretRegistry};
use crate::rule::Rule;

pub(super) fn run(flags: &Replay, terminal: output::Terminal) -> Result<u8, RunError> {
    let plan = output::Plan::new(&flags.output, None, terminal)?;
    let bytes = std::fs::read(&flags.from).map_err(|error| RunError::file("cannot read", &flags.from, &error))?;
    let ledger = Ledger::from_file(&bytes)?;
    let set = sources::rule_set(flags.rules_dir.as_deref())?;
    let missing: Vec<&str> = ledger.header.rules.iter().map(Name::as_str).filter(|id| set.get(id).is_none()).collect();
    if !missing.is_empty() {
        return Err(RunError::usage(
            format!("the ledger was judged by rules that are not here: {}", missing.join(", ")),
            "give their directory with --rules",
        ));
    }
    let rules: Vec<&Rule> = ledger.header.rules.iter().filter_map(|id| set.get(id.as_str())).collect();
    let mut notes = Vec::new();
    if ledger.header.rules_digest.as_str() != set.digest {
        notes.push("the rules differ from those that the ledger was first judged by".to_owned());
    }
    let (code, _) = plan.write(ledger, &rules, &notes, &SecretRegistry::default())?;
    Ok(code)
}
