//! The judging of the two shapes that texts of a config, a container or a history share: environment entries, and labels.
//!
//! In: wrapped texts. Out: judgements, and names where they may be shown. It reads nothing.

use crate::detect::{Context, Detector};
use crate::evidence::{Class, Confidence, Judgement, Name, Sensitive};

/// A variable's name as people write them: letters, digits, `_`, `.` and `-`, not at random. Anything else in
/// front of a `=`, or instead of one, may be a value.
pub(in crate::collect) fn identifier(detector: &Detector, text: &Sensitive) -> Option<Name> {
    let name = text.name().ok()?;
    let mut bytes = name.as_str().bytes();
    let head = bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    let plain = head && bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'));
    let class = detector.judge(&Sensitive::new(Vec::new()), text, Context::Env).class;
    (plain && !matters(class)).then_some(name)
}

/// Whether a class is a finding, or asks for a person.
pub(in crate::collect) fn matters(class: Class) -> bool {
    class.is_exposed() || class.needs_review()
}

/// `sha256:HEX` and nothing else.
fn is_content_address(value: &Sensitive) -> bool {
    value.name().is_ok_and(|name| name.as_str().starts_with("sha256:") && Name::digest(name.as_str()).is_ok())
}

/// The word for a bare `NAME`.
pub(in crate::collect) const UNSET: &str = "unset";

/// What an environment entry is: its name if it may be shown, and the worst of its value and its whole text.
pub(in crate::collect) fn entry(detector: &Detector, entry: &Sensitive, context: Context) -> (Option<Name>, Judgement) {
    let (name, value) = detector.assignment(entry);
    let shown = identifier(detector, &name);
    let judgement = match &value {
        Some(value) => detector.judge(&name, value, context),
        // A bare `NAME` unsets what the image sets; a bare value is nobody's name.
        None if shown.is_some() || name.is_empty() => Judgement::stated(Class::Empty, UNSET),
        None => Judgement::stated(Class::Undetermined, "bare-text"),
    };
    if shown.is_some() {
        return (shown, judgement);
    }
    let whole = detector.text(entry, context).spotted.into_iter().map(|spotted| spotted.judgement);
    let worst = whole.chain([judgement]).max_by_key(|judgement| judgement.class);
    (None, worst.unwrap_or_else(|| Judgement::stated(Class::Undetermined, "bare-text")))
}

/// A label, an option or an annotation: whether its key may be shown, and the worst of value, key and texts.
pub(in crate::collect) fn labelled(
    detector: &Detector,
    key: &Sensitive,
    value: &Sensitive,
    context: Context,
) -> (bool, Judgement) {
    let mut worst = detector.judge(key, value, context);
    let judged = |text| detector.text(text, context).spotted.into_iter().map(|spotted| spotted.judgement);
    if !matters(worst.class) {
        worst = judged(value)
            .chain([worst])
            .max_by_key(|one| one.class)
            .unwrap_or(Judgement::stated(Class::Empty, "empty"));
    }
    // Compose labels every container with its image's id: random, and public.
    if worst.class == Class::Open && is_content_address(value) {
        let (class, kind, confidence) = (Class::NotSecret, "digest", Confidence::High);
        worst = Judgement { class, kind, confidence, ..worst };
    }
    // `password=P` as a key: the value stands in the key itself.
    let in_key = judged(key).filter(|one| one.class.is_exposed()).max_by_key(|one| one.class);
    match in_key {
        Some(key) if key.class >= worst.class => (false, key),
        Some(_) => (false, worst),
        None => (true, worst),
    }
}
