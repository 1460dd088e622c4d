//! CEL expressions over evidence, checked at load. The only place that imports `cel`.
//!
//! CEL absorbs errors: `item.typo || true` is true. So every field name and every word that a field is
//! compared with is held against the kind before an expression may judge anything.

use crate::evidence::{Evidence, Fact, FieldType, Kind, Name};
use cel::common::ast::{EntryExpr, Expr, LiteralValue};
use cel::{Context, Env, IdedExpr, Program, Value};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use std::sync::{Arc, LazyLock};

/// CEL's own functions, made once for all evaluations.
static LANGUAGE: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// A compiled expression.
pub(crate) struct Expression {
    program: Program,
    uses_all: bool,
}

/// The expression could not be evaluated to true or false.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoAnswer;

impl Expression {
    /// Compiles `source` and checks it against a kind.
    pub(crate) fn compile(source: &str, kind: &'static Kind) -> Result<Self, Vec<String>> {
        let program = Program::compile(source).map_err(|_| vec!["does not parse as CEL".to_owned()])?;
        let mut check = Check { kind, elements: Vec::new(), problems: Vec::new(), uses_all: false };
        check.walk(program.expression());
        let Check { mut problems, uses_all, .. } = check;
        problems.sort();
        problems.dedup();
        if problems.is_empty() { Ok(Self { program, uses_all }) } else { Err(problems) }
    }

    /// Evaluates it on one piece of evidence; `all` is everything of its kind about the same target.
    pub(crate) fn holds(&self, item: &Evidence, all: &[&Evidence]) -> Result<bool, NoAnswer> {
        let mut context = Context::with_env(Arc::clone(&LANGUAGE));
        context.add_variable("item", Facts(item)).map_err(|_| NoAnswer)?;
        if self.uses_all {
            let all: Vec<Facts<'_>> = all.iter().map(|evidence| Facts(evidence)).collect();
            context.add_variable("all", all).map_err(|_| NoAnswer)?;
        }
        match self.program.execute(&context) {
            Ok(Value::Bool(answer)) => Ok(answer),
            _ => Err(NoAnswer),
        }
    }
}

/// Evidence as CEL sees it: a map of its facts.
struct Facts<'a>(&'a Evidence);

impl Serialize for Facts<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(self.0.facts.len()))?;
        for (name, fact) in &self.0.facts {
            map.serialize_entry(name.as_str(), &Plain(fact))?;
        }
        map.end()
    }
}

struct Plain<'a>(&'a Fact);

impl Serialize for Plain<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Fact::Bool(yes) => to.serialize_bool(*yes),
            Fact::Int(n) => to.serialize_i64(*n),
            Fact::Time(at) => to.serialize_i64(at.unix()),
            Fact::Name(name) => to.serialize_str(name.as_str()),
            Fact::Fingerprint(print) => to.serialize_str(print.as_str()),
            Fact::List(items) => {
                let mut list = to.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(&Plain(item))?;
                }
                list.end()
            }
        }
    }
}

struct Check {
    kind: &'static Kind,
    /// Names that stand for one piece of evidence: `item`, and the variables of macros over `all`.
    elements: Vec<String>,
    problems: Vec<String>,
    uses_all: bool,
}

impl Check {
    fn walk(&mut self, node: &IdedExpr) {
        match &node.expr {
            Expr::Ident(name) => self.ident(name),
            Expr::Select(select) => {
                if let Some(field) = self.field_of(node) {
                    self.known(&field);
                } else {
                    self.walk(&select.operand);
                }
            }
            Expr::Call(call) => {
                self.words(&call.func_name, &call.args);
                if call.func_name == "_[_]" {
                    self.problems.push("write item.field, not item[…]: only then can the name be checked".to_owned());
                }
                call.target.iter().for_each(|target| self.walk(target));
                call.args.iter().for_each(|arg| self.walk(arg));
            }
            Expr::Comprehension(inner) => {
                self.walk(&inner.iter_range);
                self.elements.push(inner.iter_var.clone());
                self.elements.push(format!("={}", inner.accu_var));
                for part in [&inner.accu_init, &inner.loop_cond, &inner.loop_step, &inner.result] {
                    self.walk(part);
                }
                self.elements.truncate(self.elements.len() - 2);
            }
            Expr::List(list) => list.elements.iter().for_each(|element| self.walk(element)),
            Expr::Map(map) => map.entries.iter().for_each(|entry| match &entry.expr {
                EntryExpr::StructField(field) => self.walk(&field.value),
                EntryExpr::MapEntry(entry) => {
                    self.walk(&entry.key);
                    self.walk(&entry.value);
                }
            }),
            Expr::Struct(_) | Expr::Unspecified => self.problems.push("structures are not used in rules".to_owned()),
            Expr::Literal(_) => {}
        }
    }

    fn ident(&mut self, name: &str) {
        if name == "all" {
            self.uses_all = true;
        } else if !self.is_element(name) && !self.elements.iter().any(|e| e.strip_prefix('=') == Some(name)) {
            self.problems.push(format!("`{name}` is neither `item` nor `all`"));
        }
    }

    fn is_element(&self, name: &str) -> bool {
        name == "item" || self.elements.iter().any(|element| element == name)
    }

    /// The field, if the node selects one of a piece of evidence.
    fn field_of(&self, node: &IdedExpr) -> Option<String> {
        let Expr::Select(select) = &node.expr else { return None };
        let Expr::Ident(name) = &select.operand.expr else { return None };
        self.is_element(name).then(|| select.field.clone())
    }

    fn known(&mut self, field: &str) {
        if self.kind.field(field).is_none() {
            let fields: Vec<&str> = self.kind.fields.iter().map(|field| field.name).collect();
            let shown = Name::admit_or(field, "field", 1);
            self.problems.push(format!("kind {} has no field `{shown}`; it has {}", self.kind.name, fields.join(", ")));
        }
    }

    /// A word that a field can never hold makes a comparison that never fails.
    fn words(&mut self, function: &str, args: &[IdedExpr]) {
        if !matches!(function, "_==_" | "_!=_" | "@in") || args.len() != 2 {
            return;
        }
        for (field, other) in [(&args[0], &args[1]), (&args[1], &args[0])] {
            let Some(name) = self.field_of(field) else { continue };
            let Some(FieldType::Word(words)) = self.kind.field(&name).map(|field| field.holds) else { continue };
            let literals: Vec<&str> = match &other.expr {
                Expr::List(list) => list.elements.iter().filter_map(text).collect(),
                _ => text(other).into_iter().collect(),
            };
            for literal in literals {
                if !words.contains(&literal) {
                    let shown = Name::admit_or(literal, "word", 1);
                    self.problems.push(format!("`{name}` is never \"{shown}\"; it is one of {}", words.join(", ")));
                }
            }
        }
    }
}

fn text(node: &IdedExpr) -> Option<&str> {
    match &node.expr {
        Expr::Literal(LiteralValue::String(text)) => Some(text.inner()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{Class, Field, Name, Subject, Target, Timestamp};

    static KIND: Kind = Kind {
        name: "test.thing",
        meaning: "a thing",
        declared_by: "things",
        live: false,
        unit: "things",
        fields: &[
            Field { name: "class", holds: FieldType::Word(&Class::WORDS), meaning: "what it is" },
            Field { name: "count", holds: FieldType::Int, meaning: "how many" },
        ],
    };

    fn item(class: &'static str, count: i64) -> Evidence {
        let subject = Subject::whole(&Target::new("thing", Name::fixed("x")));
        let facts = [("class", Fact::word(class)), ("count", Fact::Int(count))];
        Evidence::new(&KIND, subject, facts, Timestamp::from_unix(0))
    }

    #[test]
    fn misspelt_fields_are_refused_wherever_they_hide() {
        for source in [
            "item.clas != \"plaintext\"",
            "item.clas == \"x\" || true",
            "!has(item.clas)",
            "all.all(e, e.clas != \"empty\")",
            "all.filter(e, e.clas == \"empty\").size() == 0",
        ] {
            assert!(Expression::compile(source, &KIND).is_err(), "{source}");
        }
    }

    #[test]
    fn words_a_field_never_holds_are_refused() {
        assert!(Expression::compile("item.class != \"plaintxt\"", &KIND).is_err());
        assert!(Expression::compile("!(item.class in [\"plaintext\", \"plaintxt\"])", &KIND).is_err());
        assert!(Expression::compile("\"plain\" == item.class", &KIND).is_err());
        assert!(Expression::compile("item[\"clas\"] == 1", &KIND).is_err());
        assert!(Expression::compile("itm.class == \"empty\"", &KIND).is_err());
    }

    #[test]
    fn expressions_judge_items_and_all_of_them() {
        let (good, bad) = (item("reference", 2), item("plaintext", 0));
        let all = [&good, &bad];
        let holds = |source, evidence| Expression::compile(source, &KIND).unwrap().holds(evidence, &all);
        assert_eq!(holds("item.class != \"plaintext\" && item.count > 0", &good), Ok(true));
        assert_eq!(holds("!(item.class in [\"plaintext\", \"placeholder\"])", &bad), Ok(false));
        assert_eq!(holds("all.exists(e, e.class == \"plaintext\")", &good), Ok(true));
        assert_eq!(holds("item.count", &good), Err(NoAnswer));
    }
}
