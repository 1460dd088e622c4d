//! Every text of a report, in one order. Knows what a report is made of, and nothing of masks.

use crate::evidence::{Coverage, CustodyLine, Fact, Gap, Header, Name, Place, Subject, Target, Unexamined};
use crate::verdict::{ChecklistLine, Finding, Report, RuleInfo, Waiver};
use std::collections::BTreeMap;

/// Visits every text of a report, always in the same order. A new field does not compile until it is visited.
pub(super) struct Texts<'a>(pub(super) &'a mut dyn FnMut(&mut String));

impl Texts<'_> {
    pub(super) fn report(&mut self, report: &mut Report) {
        let Report {
            header,
            verdict: _,
            counts: _,
            checklist,
            custody,
            findings,
            gaps,
            coverage,
            rules,
            notes,
            digest,
        } = report;
        self.header(header);
        for ChecklistLine { item: _, title, verdict: _, rules } in checklist {
            self.text(title);
            for rule in rules {
                self.name(rule);
            }
        }
        for CustodyLine { secret, source, references: _, exposed: _, seen_in } in custody {
            self.name(secret);
            self.maybe(source);
            self.keys(seen_in);
        }
        for finding in findings {
            self.finding(finding);
        }
        for gap in gaps {
            self.gap(gap);
        }
        for coverage in coverage {
            self.coverage(coverage);
        }
        for RuleInfo { id, title, why, remedy, severity: _, controls, checklist: _ } in rules {
            self.name(id);
            for text in [title, why, remedy] {
                self.text(text);
            }
            self.controls(controls);
        }
        for note in notes {
            self.text(note);
        }
        self.text(digest);
    }

    fn header(&mut self, header: &mut Header) {
        let Header {
            tool_version,
            service,
            environment,
            profile,
            rules,
            rules_digest,
            config_file,
            started_at: _,
            finished_at: _,
            offline: _,
            scope,
            origin,
        } = header;
        for name in [tool_version, profile, rules_digest, origin] {
            self.name(name);
        }
        for name in [service, environment, config_file, scope] {
            self.maybe(name);
        }
        for rule in rules {
            self.name(rule);
        }
    }

    fn finding(&mut self, finding: &mut Finding) {
        let Finding {
            rule,
            verdict: _,
            severity: _,
            subject,
            facts,
            message,
            remedy,
            controls,
            fingerprint,
            checklist: _,
            waiver,
            gaps,
        } = finding;
        self.name(rule);
        self.subject(subject);
        // Values before keys: masked keys sort differently, and the order of visits must not change.
        for fact in facts.values_mut() {
            self.fact(fact);
        }
        self.keys(facts);
        for text in [message, remedy, fingerprint] {
            self.text(text);
        }
        self.controls(controls);
        if let Some(Waiver { rule, fingerprint, correlator, reason, owner, ticket, expires: _ }) = waiver {
            for name in [rule, reason, owner] {
                self.name(name);
            }
            self.maybe(ticket);
            self.text(fingerprint);
            if let Some(text) = correlator {
                self.text(text);
            }
        }
        for gap in gaps {
            self.gap(gap);
        }
    }

    fn gap(&mut self, gap: &mut Gap) {
        let Gap { kind, subject, cause: _, hints } = gap;
        self.name(kind);
        self.subject(subject);
        for hint in hints {
            self.name(&mut hint.what);
            self.name(&mut hint.is);
        }
    }

    fn coverage(&mut self, coverage: &mut Coverage) {
        let Coverage { kind, target, examined, identity, unexamined } = coverage;
        self.name(kind);
        self.target(target);
        self.keys(examined);
        for name in identity.values_mut() {
            self.name(name);
        }
        self.keys(identity);
        for Unexamined { what, why: _ } in unexamined {
            self.name(what);
        }
    }

    fn subject(&mut self, subject: &mut Subject) {
        let Subject { target, place: Place { path, line: _, commit, blob, layer, variable, digest } } = subject;
        self.target(target);
        for name in [path, commit, blob, layer, variable, digest] {
            self.maybe(name);
        }
    }

    fn target(&mut self, Target { kind, name }: &mut Target) {
        self.name(kind);
        self.name(name);
    }

    fn fact(&mut self, fact: &mut Fact) {
        match fact {
            Fact::Name(name) => self.name(name),
            Fact::List(items) => items.iter_mut().for_each(|item| self.fact(item)),
            Fact::Bool(_) | Fact::Int(_) | Fact::Time(_) | Fact::Fingerprint(_) => {}
        }
    }

    fn controls(&mut self, controls: &mut BTreeMap<String, Vec<String>>) {
        for id in controls.values_mut().flatten() {
            self.text(id);
        }
    }

    fn keys<T>(&mut self, map: &mut BTreeMap<Name, T>) {
        *map = std::mem::take(map)
            .into_iter()
            .map(|(mut key, value)| {
                self.name(&mut key);
                (key, value)
            })
            .collect();
    }

    fn maybe(&mut self, name: &mut Option<Name>) {
        if let Some(name) = name {
            self.name(name);
        }
    }

    fn name(&mut self, name: &mut Name) {
        let mut text = name.as_str().to_owned();
        (self.0)(&mut text);
        if text != name.as_str() {
            *name = Name::admit_or(&text, "masked text", 1);
        }
    }

    fn text(&mut self, text: &mut String) {
        (self.0)(text);
    }
}
