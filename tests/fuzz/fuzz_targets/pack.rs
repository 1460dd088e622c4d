//! A pack and its index: as they come, or made of entries that a writer of packs would never write.

#![no_main]

use leakproof::collect::count_objects;
use libfuzzer_sys::fuzz_target;
use std::io::Write;

fuzz_target!(|input: &[u8]| {
    let Some((first, rest)) = input.split_first() else { return };
    if first % 8 == 0 {
        let at = usize::from(*first) * rest.len() / 256;
        let (index, pack) = rest.split_at(at);
        let _ = count_objects(index.to_vec(), pack.to_vec());
        return;
    }
    let entries: Vec<&[u8]> = rest.split(|b| *b == 0xff).take(64).collect();
    let (index, pack) = files(&entries);
    // Both files belong together, whatever the entries say.
    let (read, lost) = count_objects(index, pack).expect("files of one pack");
    assert_eq!(read + lost, entries.len() as u64);
});

/// A pack of these entries, and the index that names them all.
fn files(entries: &[&[u8]]) -> (Vec<u8>, Vec<u8>) {
    let count = u32::try_from(entries.len()).unwrap();
    let mut pack = [b"PACK".as_slice(), &2_u32.to_be_bytes(), &count.to_be_bytes()].concat();
    let mut offsets = Vec::new();
    for (n, entry) in entries.iter().enumerate() {
        offsets.push(u32::try_from(pack.len()).unwrap());
        let (kind, body) = entry.split_first().map_or((1, [].as_slice()), |(kind, body)| (*kind, body));
        let (back, body) = body.split_first().map_or((0, [].as_slice()), |(back, body)| (*back, body));
        size(&mut pack, kind & 7, body.len() + usize::from(kind >> 7));
        match kind & 7 {
            6 => pack.push((offsets[n] - offsets[n.saturating_sub(usize::from(back))]).min(127) as u8),
            7 => pack.extend(id(usize::from(back) % entries.len())),
            _ => {}
        }
        if kind & 8 == 0 {
            let mut zip = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
            zip.write_all(body).unwrap();
            pack.extend(zip.finish().unwrap());
        } else {
            pack.extend_from_slice(body);
        }
    }
    let end = pack.len();
    pack.extend([7; 20]);
    let mut index = [b"\xfftOc".as_slice(), &2_u32.to_be_bytes()].concat();
    // All ids begin with the same byte.
    (0..256).for_each(|first: u32| index.extend((if first == 0 { 0 } else { count }).to_be_bytes()));
    (0..entries.len()).for_each(|n| index.extend(id(n)));
    for (n, offset) in offsets.iter().enumerate() {
        let until = offsets.get(n + 1).map_or(end, |next| *next as usize);
        index.extend(crc32fast::hash(&pack[*offset as usize..until]).to_be_bytes());
    }
    offsets.iter().for_each(|offset| index.extend(offset.to_be_bytes()));
    index.extend([7; 20]);
    index.extend([9; 20]);
    (index, pack)
}

/// The id of entry `n`: in the order of the entries.
fn id(n: usize) -> [u8; 20] {
    let mut id = [1; 20];
    id[1] = u8::try_from(n).unwrap();
    id
}

fn size(pack: &mut Vec<u8>, kind: u8, size: usize) {
    let mut rest = size >> 4;
    let mut byte = kind << 4 | (size & 15) as u8;
    while rest > 0 {
        pack.push(byte | 0x80);
        byte = (rest & 0x7f) as u8;
        rest >>= 7;
    }
    pack.push(byte);
}
