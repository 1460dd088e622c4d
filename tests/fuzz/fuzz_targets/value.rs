//! A parsed name, value and context: whatever they are, there is an answer.

#![no_main]

use leakproof::detect::{Context, Detector};
use leakproof::evidence::{Key, Name, SecretRegistry, Sensitive};
use libfuzzer_sys::fuzz_target;
use std::sync::{Arc, LazyLock};

static DETECTOR: LazyLock<Detector> = LazyLock::new(|| {
    let declared = vec![Name::fixed("JWT_SECRET_KEY")];
    Detector::new(declared, Vec::new(), Key::random().unwrap(), Arc::new(SecretRegistry::default()))
});

const CONTEXTS: [Context; 7] = [
    Context::Env,
    Context::Dotenv,
    Context::Compose,
    Context::DockerfileEnv,
    Context::History,
    Context::Ecs,
    Context::K8s,
];

fuzz_target!(|input: &[u8]| {
    let Some((first, rest)) = input.split_first() else { return };
    let at = rest.iter().position(|b| *b == b'=').unwrap_or(rest.len());
    let (name, value) = (&rest[..at], rest.get(at + 1..).unwrap_or_default());
    let (name, value) = (Sensitive::new(name.to_vec()), Sensitive::new(value.to_vec()));
    let context = CONTEXTS[usize::from(*first) % CONTEXTS.len()];
    let one = DETECTOR.judge(&name, &value, context);
    let two = DETECTOR.judge(&name, &value, context);
    assert_eq!((one.class, one.kind), (two.class, two.kind));
});
