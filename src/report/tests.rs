//! What holds for every format: one order, no change by the host's state, no value past the mask.

use super::*;
use crate::evidence::Sensitive;

fn all() -> impl Iterator<Item = (Format, View)> {
    Format::ALL.into_iter().flat_map(|format| {
        [
            View::default(),
            View { verbose: true, colour: true, ..View::default() },
            View { quiet: true, ..View::default() },
        ]
        .map(|view| (format, view))
    })
}

fn written(report: &Report, format: Format, view: &View, registry: &SecretRegistry) -> (Vec<u8>, usize) {
    let composed = compose(report, format, view, registry).unwrap();
    let mut out = Vec::new();
    composed.put(Sink::Writer(&mut out)).unwrap();
    (out, composed.masked)
}

#[test]
fn words_select_formats_and_a_wrong_one_names_them_all() {
    for format in Format::ALL {
        assert_eq!(format.word().parse(), Ok(format));
        assert!(UnknownFormat.to_string().contains(format.word()));
    }
    assert_eq!("xml".parse::<Format>(), Err(UnknownFormat));
}

#[test]
fn equal_reports_give_equal_bytes_in_any_order() {
    let report = sample::report();
    let mut turned = report.clone();
    turned.findings.reverse();
    turned.gaps.reverse();
    turned.coverage.reverse();
    for (format, view) in all() {
        assert_eq!(render(&report, format, &view).unwrap(), render(&turned, format, &view).unwrap(), "{format}");
    }
}

#[test]
fn formats_end_in_a_newline_and_hold_no_hidden_character() {
    for text in sample::hostile_texts() {
        let report = sample::hostile(&text);
        for (format, view) in all().filter(|(_, view)| !view.colour) {
            let out = String::from_utf8(render(&report, format, &view).unwrap()).unwrap();
            assert!(out.ends_with('\n'));
            let hidden = out.chars().find(|c| {
                (c.is_control() && *c != '\n')
                    || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            });
            assert_eq!(hidden, None, "{format}");
        }
    }
}

#[test]
fn a_value_is_masked_in_every_format_and_the_output_stays_sound() {
    let registry = SecretRegistry::default();
    // Spaces are wrapped by text, quotes and `&` are escaped by JSON and XML: none may hide the value.
    for value in ["tr0ub4dor", "correct horse battery staple", "p<a>s&s\"w'o\\rd", "line one\nline two"] {
        registry.remember(&Sensitive::from(value.to_owned()));
        let mut report = sample::report();
        report.findings[0].message = format!("some words before the value so that it is wrapped {value} after");
        report.findings[1].remedy = format!("before\n{value}");
        report.notes.push(value.to_owned());
        for (format, view) in all() {
            let (out, masked) = written(&report, format, &view, &registry);
            let out = String::from_utf8(out).unwrap();
            assert!(masked >= 1, "{format}");
            for word in value.split_whitespace().filter(|word| word.len() > 5) {
                assert!(!out.contains(word), "{format} holds {word}");
            }
            match format {
                Format::Text => assert!(out.contains("MASKED:")),
                Format::Junit => assert!(roxmltree::Document::parse(&out).is_ok()),
                _ => assert!(serde_json::from_str::<serde_json::Value>(&out).is_ok()),
            }
            assert!(view.quiet || view.colour || out.contains("(masked)"), "{format}");
        }
    }
}

#[test]
fn nothing_is_masked_where_no_value_is() {
    let registry = SecretRegistry::default();
    registry.remember(&Sensitive::from("a value that is nowhere".to_owned()));
    let report = sample::report();
    for (format, view) in all() {
        let (out, masked) = written(&report, format, &view, &registry);
        assert_eq!((out, masked), (render(&report, format, &view).unwrap(), 0));
    }
}

/// Somebody's password is a word that every report holds: masking it would hide nothing and break the contract.
#[test]
fn words_of_the_formats_are_never_masked() {
    let report = sample::report();
    for (format, view) in all().filter(|(format, _)| *format != Format::Text) {
        let registry = SecretRegistry::default();
        for word in keys(format, &render(&report, format, &view).unwrap()) {
            registry.remember(&Sensitive::from(word));
        }
        let (_, masked) = written(&report, format, &view, &registry);
        assert_eq!(masked, 0, "{format}: a key is missing from the vocabulary");
    }
}

fn keys(format: Format, bytes: &[u8]) -> Vec<String> {
    fn walk(value: &serde_json::Value, keys: &mut Vec<String>) {
        match value {
            serde_json::Value::Object(map) => map.iter().for_each(|(key, value)| {
                keys.push(key.clone());
                walk(value, keys);
            }),
            serde_json::Value::Array(items) => items.iter().for_each(|item| walk(item, keys)),
            _ => {}
        }
    }
    let mut keys = Vec::new();
    if format == Format::Junit {
        let text = std::str::from_utf8(bytes).unwrap();
        let document = roxmltree::Document::parse(text).unwrap();
        for node in document.descendants().filter(roxmltree::Node::is_element) {
            keys.push(node.tag_name().name().to_owned());
            keys.extend(node.attributes().map(|attribute| attribute.name().to_owned()));
        }
    } else {
        walk(&serde_json::from_slice(bytes).unwrap(), &mut keys);
    }
    // Words of the sample's coverage are data, not structure.
    keys.retain(|key| !matches!(key.as_str(), "variables" | "container.env"));
    keys
}

#[test]
fn a_value_that_is_structure_stops_the_write() {
    let registry = SecretRegistry::default();
    registry.remember(&Sensitive::from("\": \"leakproof.report/v1\",\n".to_owned()));
    let result = compose(&sample::report(), Format::Json, &View::default(), &registry);
    assert!(matches!(result, Err(ReportError::Unmaskable { format: Format::Json })));
}

/// A value that only the format's own words complete is in no text of the report, and in XML it is escaped.
#[test]
fn a_value_that_xml_escapes_stops_the_write() {
    let registry = SecretRegistry::default();
    registry.remember(&Sensitive::from("1: <salt>&pepper".to_owned()));
    let mut report = sample::report();
    "<salt>&pepper".clone_into(&mut report.checklist[0].title);
    let result = compose(&report, Format::Junit, &View::default(), &registry);
    assert!(matches!(result, Err(ReportError::Unmaskable { format: Format::Junit })));
}

#[test]
fn json_has_exactly_the_fields_of_the_contract() {
    let bytes = render(&sample::report(), Format::Json, &View::default()).unwrap();
    let report: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    let validator = jsonschema::validator_for(&json_schema()).unwrap();
    let errors: Vec<_> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    let keys: Vec<_> = report.as_object().unwrap().keys().map(String::as_str).collect();
    for key in "schema tool service environment profile offline origin started_at finished_at verdict counts checklist custody \
                findings gaps coverage notes ledger_digest"
        .split_whitespace()
    {
        assert!(keys.contains(&key), "{key}");
    }
    assert_eq!(keys.len(), 18);
    assert_eq!(report["checklist"].as_array().unwrap().len(), 8);
    let findings = report["findings"].as_array().unwrap();
    let first = findings.iter().find(|f| f["rule"] == "run/container-env").unwrap();
    assert_eq!(first["facts"]["created"], "2026-09-21T14:13:20Z");
    assert_eq!(first["facts"]["declared"], serde_json::json!(["a", 3]));
    assert_eq!(first["subject"]["variable"], "JWT_SECRET_KEY");
    let open = findings.iter().find(|f| f["verdict"] == "unverified").unwrap();
    assert_eq!(open["gaps"][0]["cause"], "shallow-history");
}
