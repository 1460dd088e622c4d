//! Files of credential formats, our own and those of gitleaks: problems or formats, never a panic.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((first, rest)) = input.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let name = if first % 2 == 0 { "own.yaml" } else { "own.toml" };
    let _ = leakproof::detect::check_format_files(&[(name.to_owned(), text.to_owned())]);
});
