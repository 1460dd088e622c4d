//! Inflating layers and walking their tars, and nothing else: what the scan of layers is held against.
//!
//! `walk FILE…` reads each file with the libraries that the scan uses, and prints how much it was.

#![allow(missing_docs, clippy::expect_used, clippy::print_stdout)]

use std::fs::File;
use std::io::{BufRead, BufReader, Read};

fn main() {
    // Cargo adds flags of its own.
    let files = std::env::args().skip(1).filter(|word| !word.starts_with("--"));
    let (mut entries, mut bytes) = (0_u64, 0_u64);
    for file in files {
        let mut raw = BufReader::with_capacity(128 << 10, File::open(&file).expect("a file"));
        let stream: Box<dyn Read> = match raw.fill_buf().expect("a head") {
            [0x1f, 0x8b, ..] => Box::new(flate2::bufread::MultiGzDecoder::new(raw)),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Box::new(zstd::Decoder::with_buffer(raw).expect("zstd")),
            _ => Box::new(raw),
        };
        let mut archive = tar::Archive::new(stream);
        let mut buffer = vec![0; 128 << 10];
        for entry in archive.entries().expect("a tar") {
            let mut entry = entry.expect("an entry");
            entries += 1;
            loop {
                let n = entry.read(&mut buffer).expect("content");
                if n == 0 {
                    break;
                }
                bytes += n as u64;
            }
        }
    }
    println!("{entries} entries, {bytes} bytes");
}
