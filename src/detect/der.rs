//! Private keys in their binary form.
//!
//! In: bytes. Out: whether they begin as an unlocked private key does. Knows the first fields of PKCS#8 (RFC 5958), PKCS#1
//! (RFC 8017) and SEC 1 (RFC 5915), and reads no further.

/// Algorithms of keys, as object identifiers: RSA, elliptic curves, RSA-PSS, Ed25519, X25519, Ed448, DSA.
const ALGORITHMS: [&[u8]; 7] = [
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01],
    &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01],
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a],
    &[0x2b, 0x65, 0x70],
    &[0x2b, 0x65, 0x6e],
    &[0x2b, 0x65, 0x71],
    &[0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01],
];

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const IDENTIFIER: u8 = 0x06;

/// Whether this is a private key that nothing locks, from its first byte to its last.
pub(super) fn private_key(bytes: &[u8]) -> bool {
    let Some((body, rest)) = field(bytes, SEQUENCE) else { return false };
    let Some((version, body)) = field(body, INTEGER) else { return false };
    if !rest.is_empty() || version.len() != 1 || version[0] > 1 {
        return false;
    }
    if let Some((algorithm, after)) = field(body, SEQUENCE) {
        let known = field(algorithm, IDENTIFIER).is_some_and(|(id, _)| ALGORITHMS.contains(&id));
        return known && field(after, OCTETS).is_some();
    }
    // An RSA key is nine numbers, of which the second is the public exponent; a curve's is 16 to 66 octets.
    let numbers = || {
        let (modulus, rest) = field(body, INTEGER)?;
        let (exponent, rest) = field(rest, INTEGER)?;
        field(rest, INTEGER).map(|_| modulus.len() >= 64 && (1..=8).contains(&exponent.len()))
    };
    let scalar = field(body, OCTETS).is_some_and(|(scalar, _)| (16..=66).contains(&scalar.len()));
    version[0] == 1 && scalar || version[0] == 0 && numbers().unwrap_or_default()
}

/// The content of the field that begins here, and what follows it.
fn field(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let [first, length, rest @ ..] = bytes else { return None };
    let (length, rest) = match length {
        0..=0x7f => (usize::from(*length), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
            (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    (*first == tag).then_some(())?;
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tagged(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        let body = parts.concat();
        let length = u16::try_from(body.len()).unwrap().to_be_bytes();
        [&[tag, 0x82][..], &length, &body].concat()
    }

    #[test]
    fn the_three_forms_of_private_keys_are_known() {
        let (version, number) = (tagged(INTEGER, &[&[0]]), tagged(INTEGER, &[&[7; 256]]));
        let id = tagged(IDENTIFIER, &[ALGORITHMS[0]]);
        let pkcs8 = tagged(SEQUENCE, &[&version, &tagged(SEQUENCE, &[&id]), &tagged(OCTETS, &[&[1; 300]])]);
        let pkcs1 = tagged(SEQUENCE, &[&version, &number, &tagged(INTEGER, &[&[1, 0, 1]]), &number]);
        let sec1 = tagged(SEQUENCE, &[&tagged(INTEGER, &[&[1]]), &tagged(OCTETS, &[&[9; 32]])]);
        assert!(private_key(&pkcs8) && private_key(&pkcs1) && private_key(&sec1));
        assert!(!private_key(&pkcs8[..pkcs8.len() - 1]) && !private_key(&[&sec1[..], &[0]].concat()));
    }

    #[test]
    fn certificates_locked_keys_and_other_bytes_are_none() {
        let id = tagged(IDENTIFIER, &[&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d]]);
        let locked = tagged(SEQUENCE, &[&tagged(SEQUENCE, &[&id]), &tagged(OCTETS, &[&[1; 300]])]);
        let public = tagged(SEQUENCE, &[&tagged(INTEGER, &[&[7; 256]]), &tagged(INTEGER, &[&[1, 0, 1]])]);
        assert!(!private_key(&locked) && !private_key(&public) && !private_key(b"0") && !private_key(&[]));
    }
}
