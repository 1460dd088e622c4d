//! How logs are packed, how large they are, and what is no log.

use super::{KIND, buildkit, digest, read, read_as, told};
use crate::docker::rig::{causes, count, secret, shown};
use crate::image::builder::gzip;
use leakproof::evidence::{Batch, Cause};
use std::io::Write;

pub(crate) fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    zip_of(&files)
}

fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in files {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn limited(bytes: &[u8], limits: &str) -> Batch {
    read_as(bytes, &format!("digest: \"{}\"", digest()), &format!("limits: {{ {limits} }}"))
}

#[test]
fn gzip_and_zstd_are_unpacked() {
    let log = buildkit(&[&format!("DEPLOY_TOKEN={}", secret())]);
    for bytes in [gzip(log.as_bytes()), zstd::encode_all(log.as_bytes(), 1).unwrap()] {
        let batch = read(&bytes);
        assert_eq!(told(&batch), [(8, "DEPLOY_TOKEN".to_owned())], "{}", shown(&batch));
        assert!(batch.gaps.is_empty(), "{}", shown(&batch));
    }
}

#[test]
fn a_packed_log_that_breaks_off_is_truncated_and_what_came_is_judged() {
    let filler: Vec<String> = (0..20_000).map(|n| format!("line {n} {}", n * 7919)).collect();
    let mut lines = vec![format!("DEPLOY_TOKEN={}", secret())];
    lines.extend(filler);
    let packed = gzip(buildkit(&lines.iter().map(String::as_str).collect::<Vec<_>>()).as_bytes());
    let batch = read(&packed[..packed.len() / 2]);
    assert!(causes(&batch, KIND).contains(&Cause::Truncated), "{}", shown(&batch));
    assert_eq!(batch.evidence.len(), 1);
}

#[test]
fn a_log_over_its_limit_is_a_gap_and_what_was_read_is_judged() {
    let log = buildkit(&[&format!("DEPLOY_TOKEN={}", secret()), &"x".repeat(5000)]);
    for (bytes, limits) in [(log.clone().into_bytes(), "file_bytes: 2000"), (gzip(log.as_bytes()), "file_bytes: 2000")]
    {
        let batch = limited(&bytes, limits);
        assert!(causes(&batch, KIND).contains(&Cause::OverLimit), "{}", shown(&batch));
        assert!(batch.gaps.iter().any(|gap| gap.shown().contains("limits.file_bytes")));
        assert_eq!(batch.evidence.len(), 1);
    }
    let zipped = zip(&[("0_build.txt", &log), ("1_build.txt", &log)]);
    let batch = limited(&zipped, "archive_bytes: 3000");
    assert!(causes(&batch, KIND).contains(&Cause::OverLimit), "{}", shown(&batch));
    assert_eq!(batch.evidence.len(), 1);
}

#[test]
fn what_powershell_writes_is_read() {
    let log = format!("\u{feff}{}", buildkit(&[&format!("DEPLOY_TOKEN={}", secret())]));
    let wide: Vec<u8> = log.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let batch = read(&wide);
    assert_eq!(told(&batch), [(8, "DEPLOY_TOKEN".to_owned())], "{}", shown(&batch));
    assert!(batch.gaps.is_empty(), "{}", shown(&batch));
}

#[test]
fn what_is_no_log_proves_nothing() {
    let noise: Vec<u8> = (0..4096_u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[1]).collect();
    for (bytes, cause) in [
        (b"BZh91AY&SY".to_vec(), Cause::Unsupported),
        (b"PK\x03\x04 and no directory".to_vec(), Cause::Malformed),
        (noise, Cause::Empty),
    ] {
        let batch = read(&bytes);
        assert!(causes(&batch, KIND).contains(&cause), "{}", shown(&batch));
        assert_eq!(count(&batch, KIND, "steps"), 0);
    }
}

/// A packed file in a run's zip is text, too; what is packed once more is not read, and said with its name.
#[test]
fn what_is_packed_in_a_packed_log_is_opened_once() {
    let log = buildkit(&[&format!("DEPLOY_TOKEN={}", secret())]);
    let quiet = buildkit(&["one"]);
    for member in [gzip(log.as_bytes()), zstd::encode_all(log.as_bytes(), 1).unwrap()] {
        let batch = read(&zip_of(&[("1_build.txt", quiet.as_bytes()), ("2_raw.log.gz", &member)]));
        assert_eq!((batch.evidence.len(), batch.gaps.len()), (1, 0), "{}", shown(&batch));
    }
    let twice = gzip(&gzip(log.as_bytes()));
    let batch = read(&zip_of(&[("1_build.txt", quiet.as_bytes()), ("2_raw.log.gz", &twice)]));
    assert_eq!(causes(&batch, KIND), [Cause::Unsupported], "{}", shown(&batch));
    assert_eq!(batch.gaps[0].subject.place.path.as_ref().unwrap().as_str(), "2_raw.log.gz");
    let inner = zip(&[("1_build.txt", &log)]);
    for packed in
        [twice, zstd::encode_all(&gzip(log.as_bytes())[..], 1).unwrap(), gzip(&inner), zip_of(&[("a.zip", &inner)])]
    {
        let batch = read(&packed);
        assert!(causes(&batch, KIND).contains(&Cause::Unsupported), "{}", shown(&batch));
    }
}

/// Lines that open an event which never ends, and events that say ever new things.
#[test]
fn a_log_of_braces_or_of_many_events_is_read_in_linear_time() {
    let braces = "{\n".repeat(100_000);
    let vertex = format!("sha256:{}", "11".repeat(32));
    let said =
        (0..20_000).map(|n| format!("{{\"statuses\":[{{\"id\":\"extracting {n}\",\"vertex\":\"{vertex}\"}}]}}\n"));
    let said = said.collect::<Vec<_>>().concat();
    for log in [braces, said] {
        let start = std::time::Instant::now();
        read(format!("{log}{}", buildkit(&[])).as_bytes());
        assert!(start.elapsed().as_secs() < 8, "{:?}", start.elapsed());
    }
}
