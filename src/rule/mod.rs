//! Rules: written as data ([`file`]), compiled here, judged by pure evaluation.
//!
//! A rule knows kinds of evidence by name and nothing of where evidence comes from. It does no I/O: its
//! sources are handed in as texts.

mod compile;
mod expression;
mod file;

use crate::evidence::{Evidence, Kind, Problems};
use crate::verdict::Severity;
use expression::Expression;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

pub use expression::NoAnswer;
pub use file::Profile;

/// A rule file's text and its name.
#[derive(Clone, Debug)]
pub struct RuleSource {
    /// The rule's id: the path without `.yaml`.
    pub id: String,
    /// The file as the user would find it.
    pub file: String,
    /// Its text.
    pub text: String,
}

/// A compiled rule.
pub struct Rule {
    /// Its id, for example `run/container-env`.
    pub id: String,
    /// What holds when it passes.
    pub title: String,
    /// The checklist items it counts for.
    pub checklist: Vec<u8>,
    /// The profiles that select it.
    pub profiles: Vec<Profile>,
    /// Whether it must be named to be selected.
    pub opt_in: bool,
    /// Whether it can only pass or be unverified.
    pub gate: bool,
    /// Its default severity.
    pub severity: Severity,
    /// The kind it judges.
    pub needs: &'static Kind,
    /// The fewest examined units, by unit.
    pub min_evidence: BTreeMap<String, u64>,
    /// Why it matters.
    pub why: String,
    /// What to do when it fails.
    pub remedy: String,
    /// Control ids by framework.
    pub controls: BTreeMap<String, Vec<String>>,
    severity_when: Vec<(Expression, Severity)>,
    when: Option<Expression>,
    expect: Expression,
}

/// What a rule says of one piece of evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opinion {
    /// `when` leaves it out.
    NotMeant,
    /// It is as expected.
    Holds,
    /// It is not, and this is how bad it is.
    Breaks(Severity),
}

impl Rule {
    /// Judges one piece of evidence; `all` is everything of its kind about the same target.
    ///
    /// # Errors
    /// [`NoAnswer`] if an expression gives neither true nor false.
    pub fn judge(&self, item: &Evidence, all: &[&Evidence]) -> Result<Opinion, NoAnswer> {
        let meant = self.when.as_ref().map_or(Ok(true), |when| when.holds(item, all))?;
        if !meant {
            return Ok(Opinion::NotMeant);
        }
        if self.expect.holds(item, all)? {
            return Ok(Opinion::Holds);
        }
        for (when, severity) in &self.severity_when {
            if when.holds(item, all)? {
                return Ok(Opinion::Breaks(*severity));
            }
        }
        Ok(Opinion::Breaks(self.severity))
    }

    /// Whether a profile selects it.
    #[must_use]
    pub fn is_in(&self, profile: Profile) -> bool {
        !self.opt_in && (profile == Profile::Audit || self.profiles.contains(&profile))
    }
}

/// All rules, sorted by id.
pub struct RuleSet {
    /// The rules.
    pub rules: Vec<Rule>,
    /// SHA-256 over ids and texts.
    pub digest: String,
}

impl RuleSet {
    /// Compiles rule files and runs their examples.
    ///
    /// # Errors
    /// Every problem of every file.
    pub fn compile(sources: &[RuleSource], kinds: &[&'static Kind]) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let mut rules: Vec<Rule> = Vec::new();
        let schema = compile::schema();
        for source in sources {
            if let Some(rule) = compile::rule(source, kinds, &schema, &mut problems) {
                rules.push(rule);
            }
        }
        rules.sort_by(|a, b| a.id.cmp(&b.id));
        for pair in rules.windows(2) {
            if pair[0].id == pair[1].id {
                problems.add(&format!("{}.yaml", pair[0].id), 0, format!("rule id `{}` exists twice", pair[0].id));
            }
        }
        problems.or(Self { rules, digest: digest(sources) })
    }

    /// The rule of an id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    /// The JSON Schema of a rule file.
    #[must_use]
    pub fn schema() -> serde_json::Value {
        compile::schema()
    }
}

fn digest(sources: &[RuleSource]) -> String {
    let mut sorted: Vec<&RuleSource> = sources.iter().collect();
    sorted.sort_by(|a, b| a.id.cmp(&b.id));
    let mut hash = Sha256::new();
    for source in sorted {
        hash.update(source.id.as_bytes());
        hash.update([0]);
        hash.update(source.text.as_bytes());
        hash.update([0]);
    }
    format!("sha256:{}", data_encoding::HEXLOWER.encode(&hash.finalize()))
}
