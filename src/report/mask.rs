//! The mask: no value of the registry leaves in any format.
//!
//! It works twice. First on the report's texts, before a format wraps, escapes or colours them and so hides a
//! value from a search; then on the finished bytes. A hit is a bug somewhere else; this is the net under it.

use super::{Format, ReportError, View};
use super::{gaps, json, junit, sarif, text};
use crate::evidence::{Class, Coverage, Fact, Gap, Header, Name, Place, SecretRegistry, Subject, Target, Unexamined};
use crate::verdict::{CHECKLIST, ChecklistLine, CustodyLine, Finding, Report, RuleInfo, Severity, Verdict, Waiver};
use std::collections::BTreeMap;

/// Stands between texts when they are masked in one go; no name and no clean text holds it.
const BETWEEN: char = '\0';

/// Renders and masks. Returns the bytes and how often something was masked.
pub(super) fn render(
    report: &Report,
    format: Format,
    view: &View,
    registry: &SecretRegistry,
) -> Result<(Vec<u8>, usize), ReportError> {
    if registry.is_empty() {
        return Ok((super::render(report, format, view)?, 0));
    }
    let vocabulary = vocabulary(report);
    let (scrubbed, in_texts) = scrub(report, registry, &vocabulary);
    let rendered = super::render(scrubbed.as_ref().unwrap_or(report), format, view)?;
    let before = Structure::of(format, &rendered);
    let (mut bytes, in_bytes) = registry.mask(rendered, &vocabulary);
    if in_bytes > 0 && !before.survives(format, &bytes) {
        return Err(ReportError::Unmaskable { format });
    }
    let masked = in_texts + in_bytes;
    if masked > 0 && format == Format::Text {
        bytes.extend_from_slice(text::masked_notice(masked).as_bytes());
    }
    Ok((bytes, masked))
}

/// What must be the same before and after masking for an output to stay well-formed.
struct Structure([usize; 6]);

impl Structure {
    fn of(format: Format, bytes: &[u8]) -> Self {
        let marks: &[u8] = if format == Format::Junit { b"<>\"&;=" } else { b"" };
        let mut counts = [0; 6];
        for (count, mark) in counts.iter_mut().zip(marks) {
            *count = bytes.iter().filter(|byte| *byte == mark).count();
        }
        Self(counts)
    }

    fn survives(&self, format: Format, bytes: &[u8]) -> bool {
        match format {
            Format::Text => true,
            Format::Junit => Self::of(format, bytes).0 == self.0,
            Format::Json | Format::Sarif | Format::SarifAudit => {
                serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok()
            }
        }
    }
}

/// The report's own words: a value that is one of them says nothing where it occurs.
fn vocabulary(report: &Report) -> String {
    let mut words: Vec<String> = CHECKLIST.iter().map(|title| (*title).to_owned()).collect();
    let verdicts = [Verdict::Pass, Verdict::Fail, Verdict::Unverified, Verdict::NotApplicable];
    let severities = [Severity::Info, Severity::Low, Severity::Medium, Severity::High, Severity::Critical];
    words.extend(verdicts.iter().map(|verdict| verdict.word().to_owned()));
    words.extend(severities.iter().map(|severity| severity.word().to_owned()));
    words.extend(Class::WORDS.iter().map(|word| (*word).to_owned()));
    words.extend(Format::ALL.iter().map(|format| format.word().to_owned()));
    for list in [text::WORDS, junit::WORDS, sarif::WORDS] {
        words.extend(list.iter().map(|word| (*word).to_owned()));
    }
    words.extend(json::words());
    for gap in report.gaps.iter().chain(report.findings.iter().flat_map(|finding| &finding.gaps)) {
        words.push(gap.cause.meaning().to_owned());
        words.push(gaps::word(gap.cause));
        words.push(gap.kind.as_str().to_owned());
    }
    for rule in &report.rules {
        words.extend([rule.id.as_str().to_owned(), rule.title.clone(), rule.why.clone(), rule.remedy.clone()]);
        words.extend(rule.controls.iter().flat_map(|(key, ids)| ids.iter().chain([key]).cloned()));
    }
    words.extend(report.findings.iter().flat_map(|finding| finding.facts.keys()).map(|key| key.as_str().to_owned()));
    words.sort();
    words.dedup();
    words.join("\n")
}

/// The report with every text masked, or none if nothing had to be, and how often it was.
fn scrub(report: &Report, registry: &SecretRegistry, vocabulary: &str) -> (Option<Report>, usize) {
    let mut scrubbed = report.clone();
    let (mut joined, mut expected) = (String::new(), 1);
    Texts(&mut |text: &mut String| {
        if text.contains(BETWEEN) {
            *text = text.replace(BETWEEN, "\\u{0}");
        }
        joined.push_str(text);
        joined.push(BETWEEN);
        expected += 1;
    })
    .report(&mut scrubbed);
    let (masked, hits) = registry.mask(joined.into_bytes(), vocabulary);
    if hits == 0 {
        return (None, 0);
    }
    let masked = String::from_utf8_lossy(&masked).into_owned();
    // A value that holds the separator may have eaten one. Then no text can be trusted to stand in its place.
    let whole = masked.split(BETWEEN).count() == expected;
    let mut texts = masked.split(BETWEEN).filter(|_| whole);
    Texts(&mut |text: &mut String| texts.next().unwrap_or("(masked)").clone_into(text)).report(&mut scrubbed);
    (Some(scrubbed), hits)
}

/// Visits every text of a report, always in the same order. A new field does not compile until it is visited.
struct Texts<'a>(&'a mut dyn FnMut(&mut String));

impl Texts<'_> {
    fn report(&mut self, report: &mut Report) {
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
            rules.iter_mut().for_each(|rule| self.name(rule));
        }
        for CustodyLine { secret, source, references: _, exposed: _, seen_in } in custody {
            self.name(secret);
            self.maybe(source);
            self.keys(seen_in);
        }
        findings.iter_mut().for_each(|finding| self.finding(finding));
        gaps.iter_mut().for_each(|gap| self.gap(gap));
        coverage.iter_mut().for_each(|coverage| self.coverage(coverage));
        for RuleInfo { id, title, why, remedy, severity: _, controls, checklist: _ } in rules {
            self.name(id);
            [title, why, remedy].into_iter().for_each(|text| self.text(text));
            self.controls(controls);
        }
        notes.iter_mut().for_each(|note| self.text(note));
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
            origin,
        } = header;
        [tool_version, profile, rules_digest, origin].into_iter().for_each(|name| self.name(name));
        [service, environment, config_file].into_iter().for_each(|name| self.maybe(name));
        rules.iter_mut().for_each(|rule| self.name(rule));
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
        facts.values_mut().for_each(|fact| self.fact(fact));
        self.keys(facts);
        [message, remedy, fingerprint].into_iter().for_each(|text| self.text(text));
        self.controls(controls);
        if let Some(Waiver { rule, fingerprint, correlator, reason, owner, ticket, expires: _ }) = waiver {
            [rule, reason, owner].into_iter().for_each(|name| self.name(name));
            self.maybe(ticket);
            self.text(fingerprint);
            correlator.iter_mut().for_each(|text| self.text(text));
        }
        gaps.iter_mut().for_each(|gap| self.gap(gap));
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
        identity.values_mut().for_each(|name| self.name(name));
        self.keys(identity);
        unexamined.iter_mut().for_each(|Unexamined { what, why: _ }| self.name(what));
    }

    fn subject(&mut self, subject: &mut Subject) {
        let Subject { target, place: Place { path, line: _, commit, blob, layer, variable, digest } } = subject;
        self.target(target);
        [path, commit, blob, layer, variable, digest].into_iter().for_each(|name| self.maybe(name));
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
        controls.values_mut().flatten().for_each(|id| self.text(id));
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
        name.iter_mut().for_each(|name| self.name(name));
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
