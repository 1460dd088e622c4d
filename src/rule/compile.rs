//! From a rule file to a [`Rule`]: schema, kinds, expressions, examples; every problem has its line.

use super::file::{MinEvidence, RuleFile};
use super::{Expression, Opinion, Rule, RuleSource};
use crate::evidence::{
    Document, Evidence, Fact, FieldType, Kind, Name, Node, Problems, Subject, Target, Timestamp, check_schema,
};
use crate::verdict::Severity;
use serde_json::Value;
use std::collections::BTreeMap;

pub(super) fn schema() -> Value {
    let mut schema = schemars::schema_for!(RuleFile).to_value();
    schema["title"] = "leakproof rule".into();
    schema
}

pub(super) fn rule(
    source: &RuleSource,
    kinds: &[&'static Kind],
    schema: &Value,
    problems: &mut Problems,
) -> Option<Rule> {
    let document = match Document::parse(&source.file, &source.text) {
        Ok(document) => document,
        Err(found) => {
            problems.0.extend(found.0);
            return None;
        }
    };
    let Some(root) = document.root() else {
        problems.add(&source.file, 0, "is empty");
        return None;
    };
    if !check_schema(&document, root, schema, problems) {
        return None;
    }
    let Ok(file) = serde_json::from_value::<RuleFile>(root.json()) else {
        problems.add(&source.file, root.line, "does not have the shape of a rule");
        return None;
    };
    let before = problems.0.len();
    let rule = Compiler { source, root, problems }.compile(file, kinds)?;
    (problems.0.len() == before).then_some(rule)
}

struct Compiler<'a> {
    source: &'a RuleSource,
    root: &'a Node,
    problems: &'a mut Problems,
}

impl Compiler<'_> {
    fn problem(&mut self, pointer: &str, what: impl Into<String>) {
        let line = self.root.line_of(pointer);
        self.problems.add(&self.source.file, line, what);
    }

    fn compile(&mut self, file: RuleFile, kinds: &[&'static Kind]) -> Option<Rule> {
        let Some(kind) = kinds.iter().copied().find(|kind| kind.name == file.needs) else {
            let names: Vec<&str> = kinds.iter().map(|kind| kind.name).collect();
            self.problem("/needs", format!("no kind of evidence `{}`; there are {}", file.needs, names.join(", ")));
            return None;
        };
        if file.checklist.iter().any(|item| !(1..=8).contains(item)) {
            self.problem("/checklist", "items are 1 to 8");
        }
        let when = match &file.when {
            Some(text) => Some(self.expression("/when", text, kind)?),
            None => None,
        };
        let expect = self.expression("/expect", &file.expect, kind)?;
        let mut severity_when = Vec::new();
        for (i, entry) in file.severity_when.iter().enumerate() {
            let expression = self.expression(&format!("/severity_when/{i}/when"), &entry.when, kind)?;
            severity_when.push((expression, entry.severity));
        }
        let min_evidence = match file.min_evidence {
            None => BTreeMap::from([(kind.unit.to_owned(), 1)]),
            Some(MinEvidence::Units(n)) => BTreeMap::from([(kind.unit.to_owned(), n)]),
            Some(MinEvidence::ByUnit(units)) => units,
        };
        let rule = Rule {
            id: self.source.id.clone(),
            title: file.title,
            checklist: file.checklist,
            profiles: file.profiles,
            opt_in: file.opt_in,
            gate: file.gate,
            severity: file.severity,
            needs: kind,
            min_evidence,
            why: file.why,
            remedy: file.remedy,
            controls: file.controls,
            severity_when,
            when,
            expect,
        };
        for (i, example) in file.examples.pass.iter().enumerate() {
            self.example(&rule, &format!("/examples/pass/{i}"), example, true);
        }
        for (i, example) in file.examples.fail.iter().enumerate() {
            self.example(&rule, &format!("/examples/fail/{i}"), example, false);
        }
        Some(rule)
    }

    fn expression(&mut self, pointer: &str, text: &str, kind: &'static Kind) -> Option<Expression> {
        match Expression::compile(text, kind) {
            Ok(expression) => Some(expression),
            Err(found) => {
                for what in found {
                    self.problem(pointer, what);
                }
                None
            }
        }
    }

    fn example(&mut self, rule: &Rule, pointer: &str, facts: &BTreeMap<String, Value>, passes: bool) {
        let Some(item) = self.evidence(rule.needs, pointer, facts) else { return };
        let said = match rule.judge(&item, &[&item]) {
            Ok(Opinion::Holds | Opinion::NotMeant | Opinion::Breaks(Severity::Info)) => Some(true),
            Ok(Opinion::Breaks(_)) => Some(false),
            Err(_) => None,
        };
        if said != Some(passes) {
            let should = if passes { "pass" } else { "fail" };
            let does = match said {
                Some(true) => "passes",
                Some(false) => "fails",
                None => "cannot be evaluated: give every field that the rule uses",
            };
            self.problem(pointer, format!("this example should {should} but {does}"));
        }
    }

    fn evidence(&mut self, kind: &'static Kind, pointer: &str, facts: &BTreeMap<String, Value>) -> Option<Evidence> {
        let mut typed = BTreeMap::new();
        for (name, value) in facts {
            let Some(field) = kind.field(name) else {
                self.problem(pointer, format!("kind {} has no field `{name}`", kind.name));
                return None;
            };
            let Some(fact) = typed_fact(field.holds, value) else {
                self.problem(pointer, format!("`{name}` has the wrong type or an unknown word"));
                return None;
            };
            typed.insert(Name::fixed(field.name), fact);
        }
        Some(Evidence {
            kind: Name::fixed(kind.name),
            subject: Subject::whole(&Target::new("example", Name::fixed("example"))),
            facts: typed,
            taken_at: Timestamp::from_unix(0),
        })
    }
}

fn typed_fact(holds: FieldType, value: &Value) -> Option<Fact> {
    match (holds, value) {
        (FieldType::Bool, Value::Bool(yes)) => Some(Fact::Bool(*yes)),
        (FieldType::Int, Value::Number(n)) => n.as_i64().map(Fact::Int),
        (FieldType::Time, Value::String(text)) => Timestamp::parse(text).map(Fact::Time),
        (FieldType::Word(words), Value::String(text)) if words.contains(&text.as_str()) => {
            Name::admit(text).ok().map(Fact::Name)
        }
        (FieldType::Name, Value::String(text)) => Name::admit(text).ok().map(Fact::Name),
        (FieldType::List, Value::Array(items)) => {
            items.iter().map(|item| typed_fact(FieldType::Name, item)).collect::<Option<Vec<_>>>().map(Fact::List)
        }
        _ => None,
    }
}
