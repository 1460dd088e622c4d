//! Whole texts and bytes: dotenv files, shell text, JSON, files of one variable, unstructured bytes.

#![no_main]

use leakproof::detect::{Context, Detector};
use leakproof::evidence::{Key, SecretRegistry, Sensitive};
use libfuzzer_sys::fuzz_target;
use std::sync::{Arc, LazyLock};

static DETECTOR: LazyLock<Detector> = LazyLock::new(|| {
    Detector::new(Vec::new(), Vec::new(), Key::random().unwrap(), Arc::new(SecretRegistry::default()))
});

fuzz_target!(|input: &[u8]| {
    let Some((first, rest)) = input.split_first() else { return };
    let text = Sensitive::new(rest.to_vec());
    let scan = match first % 6 {
        0 => DETECTOR.env_file(&text),
        1 => DETECTOR.text(&text, Context::History),
        2 => DETECTOR.json(&text),
        3 => DETECTOR.text(&text, Context::Compose),
        4 => DETECTOR.bytes(&text, Context::Env),
        _ => {
            let name = Sensitive::new(b"JWT_SECRET_KEY".to_vec());
            let Some(scan) = DETECTOR.variable_file(&name, &text) else { return };
            scan
        }
    };
    for spotted in &scan.spotted {
        assert!(spotted.line >= 1);
    }
});
