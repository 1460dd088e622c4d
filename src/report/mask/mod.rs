//! The mask: no value of the registry leaves in any format.
//!
//! It works twice. First on the report's texts, before a format wraps, escapes or colours them and so hides a
//! value from a search; then on the finished bytes. A hit is a bug somewhere else; this is the net under it.

mod texts;

use super::{Format, ReportError, View};
use super::{gaps, json, junit, sarif, text};
use crate::evidence::{Class, SecretRegistry};
use crate::verdict::{CHECKLIST, Report, Severity, Verdict};
use texts::Texts;

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
    if format == Format::Junit && registry.mask(unescaped(&bytes), &vocabulary).1 > 0 {
        return Err(ReportError::Unmaskable { format });
    }
    let masked = in_texts + in_bytes;
    if masked > 0 && format == Format::Text {
        bytes.extend_from_slice(text::masked_notice(masked).as_bytes());
    }
    Ok((bytes, masked))
}

/// XML as its reader sees it: the registry knows no escaped form, and an escaped value is a value.
fn unescaped(xml: &[u8]) -> Vec<u8> {
    const ENTITIES: [(&str, &str); 6] =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&#39;", "'"), ("&amp;", "&")];
    let mut text = String::from_utf8_lossy(xml).into_owned();
    for (entity, is) in ENTITIES {
        text = text.replace(entity, is);
    }
    text.into_bytes()
}

/// What must be the same before and after masking for an output to stay well-formed.
struct Structure([usize; 6]);

impl Structure {
    fn of(format: Format, bytes: &[u8]) -> Self {
        let marks: &[u8] = if format == Format::Junit { b"<>\"&;=" } else { b"" };
        let mut counts = [0; 6];
        for byte in bytes {
            if let Some(place) = marks.iter().position(|mark| mark == byte) {
                counts[place] += 1;
            }
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
