//! Megabytes a second over files of this machine: the first pass beside aho-corasick's automaton and one regex of the
//! same literals, and whole scans of bytes beside the regexes alone. `benches/ripgrep.sh` has ripgrep beside it.
//!
//! What counts is the ratio within one run.

#![allow(missing_docs, clippy::unwrap_used)]

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use leakproof::detect::sift::{Scratch, Sift};
use leakproof::detect::{Context, Detector};
use leakproof::evidence::{Key, SecretRegistry, Sensitive};
use regex::bytes::{Regex, RegexBuilder};
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The literals of a detector: about 200 names and prefixes of credentials.
fn literals() -> Vec<&'static [u8]> {
    include_str!("literals.txt").lines().map(str::as_bytes).collect()
}

/// Text and binaries, as in an image's layers.
fn mixed() -> Vec<u8> {
    let mut all = gather(Path::new("/usr/lib"), 96 << 20, |_| true);
    all.extend(gather(Path::new("/usr/share/doc"), 32 << 20, |_| true));
    all
}

/// Source code: the crates that cargo has unpacked.
fn source() -> Vec<u8> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo"))).unwrap();
    let endings = ["rs", "py", "c", "h", "toml", "md", "js", "json", "yml", "sh"];
    gather(&home.join("registry/src"), 96 << 20, |path| {
        path.extension().is_some_and(|ending| endings.iter().any(|known| ending == *known))
    })
}

/// Files under a directory, one after the other, up to a size; none gives more than 4 MB.
fn gather(root: &Path, limit: usize, wanted: impl Fn(&Path) -> bool) -> Vec<u8> {
    let mut all = Vec::with_capacity(limit);
    for entry in walkdir::WalkDir::new(root).sort_by_file_name().into_iter().flatten() {
        if entry.file_type().is_file()
            && wanted(entry.path())
            && let Ok(bytes) = std::fs::read(entry.path())
        {
            all.extend(&bytes[..bytes.len().min(4 << 20).min(limit - all.len())]);
        }
        if all.len() == limit {
            break;
        }
    }
    all
}

fn automaton(literals: &[&[u8]]) -> AhoCorasick {
    AhoCorasick::builder().ascii_case_insensitive(true).kind(Some(AhoCorasickKind::DFA)).build(literals).unwrap()
}

fn pattern(literals: &[&[u8]]) -> Regex {
    let texts: Vec<String> = literals.iter().map(|text| regex::escape(&String::from_utf8_lossy(text))).collect();
    RegexBuilder::new(&format!("(?i-u:{})", texts.join("|"))).build().unwrap()
}

fn first_pass(criterion: &mut Criterion) {
    let literals = literals();
    let (sift, automaton, pattern) = (Sift::new(&literals).unwrap(), automaton(&literals), pattern(&literals));
    let corpora = [("mixed", mixed()), ("source", source())];
    for (name, text) in &corpora {
        if let Some(folder) = std::env::var_os("LEAKPROOF_CORPUS") {
            std::fs::write(Path::new(&folder).join(name), text).unwrap();
        }
        let name = format!("first pass, {name}");
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Bytes(text.len() as u64)).sample_size(10);
        group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(3));
        group.bench_function("leakproof", |bencher| {
            let mut scratch = Scratch::default();
            bencher.iter(|| {
                let mut count = 0_usize;
                sift.find_with(&mut scratch, black_box(text), &mut |_, _| count += 1);
                count
            });
        });
        group.bench_function("aho-corasick dfa", |bencher| {
            bencher.iter(|| automaton.find_overlapping_iter(black_box(text)).count());
        });
        group.bench_function("regex", |bencher| bencher.iter(|| pattern.find_iter(black_box(text)).count()));
        group.finish();
    }
}

fn whole_scan(criterion: &mut Criterion) {
    let detector = Detector::new(Vec::new(), Vec::new(), Key::random().unwrap(), Arc::new(SecretRegistry::default()));
    let pattern = pattern(&literals());
    for (name, text) in [("whole scan, mixed", mixed()), ("whole scan, source", source())] {
        let bytes = Sensitive::new(text.clone());
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Bytes(text.len() as u64)).sample_size(10);
        group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(5));
        group.bench_function("leakproof", |bencher| {
            bencher.iter(|| detector.bytes(black_box(&bytes), Context::Env).spotted.len());
        });
        group.bench_function("regex", |bencher| bencher.iter(|| pattern.find_iter(black_box(&text)).count()));
        group.finish();
    }
}

criterion_group!(benches, first_pass, whole_scan);
criterion_main!(benches);
