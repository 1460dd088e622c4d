//! A delta: how an object is made from another one.
//!
//! In: an inflated delta and its base. Out: the object, and the parts it was made of. Every number in it comes from
//! outside: what does not fit is no delta. Knows no pack.

use crate::detect::Part;

/// Makes the object of `delta` and `base` in `out`, and lists its parts; `None` if they do not fit together or the
/// object is larger than `limit`.
pub(super) fn apply(base: &[u8], delta: &[u8], limit: u64, out: &mut Vec<u8>, parts: &mut Vec<Part>) -> Option<()> {
    out.clear();
    parts.clear();
    let (from, delta) = size(delta)?;
    let (to, mut delta) = size(delta)?;
    if from != base.len() as u64 || to > limit {
        return None;
    }
    let size = usize::try_from(to).ok()?;
    // A size is a promise, not a fact: what is really copied makes room for more.
    out.reserve(size.min(base.len().saturating_mul(4).saturating_add(delta.len())));
    while let Some((&first, rest)) = delta.split_first() {
        delta = rest;
        let (bytes, part) = if first & 0x80 == 0 {
            let (bytes, rest) = delta.split_at_checked(usize::from(first)).filter(|(bytes, _)| !bytes.is_empty())?;
            delta = rest;
            (bytes, Part::Insert { len: bytes.len() })
        } else {
            let from = number(&mut delta, first, 4)?;
            let len = match number(&mut delta, first >> 4, 3)? {
                0 => 0x1_0000,
                len => len,
            };
            (base.get(from..from.checked_add(len)?)?, Part::Copy { from, len })
        };
        if out.len() + bytes.len() > size {
            return None;
        }
        out.extend_from_slice(bytes);
        parts.push(part);
    }
    (out.len() == size).then_some(())
}

/// The size that an inflated delta promises, and that of its base.
fn size(delta: &[u8]) -> Option<(u64, &[u8])> {
    let mut size = 0_u64;
    for (at, byte) in delta.iter().enumerate().take(9) {
        size |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((size, &delta[at + 1..]));
        }
    }
    None
}

/// A number whose bytes are present where `mask` has a bit.
fn number(delta: &mut &[u8], mask: u8, bytes: u32) -> Option<usize> {
    let mut number = 0_usize;
    for byte in (0..bytes).filter(|byte| mask >> byte & 1 == 1) {
        let (&next, rest) = delta.split_first()?;
        *delta = rest;
        number |= usize::from(next) << (8 * byte);
    }
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(base: &[u8], delta: &[u8]) -> Option<(Vec<u8>, Vec<Part>)> {
        let (mut out, mut parts) = (Vec::new(), Vec::new());
        apply(base, delta, 1 << 20, &mut out, &mut parts).map(|()| (out, parts))
    }

    #[test]
    fn copies_and_inserts_make_the_object() {
        // Base of 6, object of 7: four copied from place 2, three inserted.
        let (out, parts) = made(b"abcdef", b"\x06\x07\x91\x02\x04\x03xyz").unwrap();
        assert_eq!(out, b"cdefxyz");
        assert_eq!(parts, [Part::Copy { from: 2, len: 4 }, Part::Insert { len: 3 }]);
    }

    #[test]
    fn what_does_not_fit_is_no_delta() {
        for (what, delta) in [
            ("another base", b"\x05\x07\x91\x02\x04\x03xyz".as_slice()),
            ("less than promised", b"\x06\x08\x91\x02\x04\x03xyz"),
            ("more than promised", b"\x06\x06\x91\x02\x04\x03xyz"),
            ("behind the base", b"\x06\x07\x91\x03\x04\x03xyz"),
            ("cut copy", b"\x06\x07\x91\x02"),
            ("cut insert", b"\x06\x07\x91\x02\x04\x03xy"),
            ("reserved", b"\x06\x07\x00"),
            ("endless size", b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
            ("a promise over the limit", b"\x06\xff\xff\xff\x7f\x91\x02\x04"),
            ("nothing", b""),
        ] {
            assert!(made(b"abcdef", delta).is_none(), "{what}");
        }
    }
}
