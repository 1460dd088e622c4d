//! How much a text looks like words: the likelihood of its pairs of letters, against that of random letters.
//!
//! Knows one table, made from word lists of seven languages by `tables/generate.py`. It judges nothing.

use std::sync::LazyLock;

/// Letters and the edge of a word.
const SYMBOLS: usize = 27;
const EDGE: usize = 26;
/// No pair counts for more than this: one odd pair is an abbreviation, not a key.
const FLOOR: i32 = -48;

static TABLE: LazyLock<[[i32; SYMBOLS]; SYMBOLS]> = LazyLock::new(|| {
    let mut table = [[0; SYMBOLS]; SYMBOLS];
    for (row, line) in table.iter_mut().zip(include_str!("tables/bigrams.txt").lines()) {
        for (cell, figure) in row.iter_mut().zip(line.split(' ')) {
            *cell = figure.parse::<i32>().unwrap_or(0).max(FLOOR);
        }
    }
    table
});

/// Bits per character: above zero for words, below for random letters. A text without letters has none.
#[expect(clippy::cast_precision_loss, reason = "sums over a few thousand characters")]
pub(super) fn wordiness(text: &str) -> f64 {
    let mut sum = 0;
    let mut last = EDGE;
    let mut before = b' ';
    for &b in text.as_bytes() {
        // A capital behind a small letter begins a word: `proxyFactory`.
        if b.is_ascii_uppercase() && before.is_ascii_lowercase() && last != EDGE {
            sum += TABLE[last][EDGE];
            last = EDGE;
        }
        let next = if b.is_ascii_alphabetic() { usize::from(b.to_ascii_lowercase() - b'a') } else { EDGE };
        if !(last == EDGE && next == EDGE) {
            sum += TABLE[last][next];
        }
        last = next;
        before = b;
    }
    if last != EDGE {
        sum += TABLE[last][EDGE];
    }
    f64::from(sum) / 8.0 / text.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::sample::expand;

    #[test]
    fn the_table_is_whole() {
        assert_eq!(include_str!("tables/bigrams.txt").lines().count(), SYMBOLS);
        assert!(TABLE.iter().all(|row| row.iter().any(|cell| *cell > 0) && row.iter().any(|cell| *cell < 0)));
    }

    #[test]
    fn words_of_several_languages_are_told_from_random_letters() {
        for text in [
            "AbstractSingletonProxyFactoryBean",
            "my-service-production-eu-west",
            "geschwindigkeitsbegrenzung",
            "developpement_durable",
            "contrasena_de_la_base",
        ] {
            assert!(wordiness(text) > 0.5, "{text} {}", wordiness(text));
        }
        let random = |recipe: &str| (0..64).filter(|seed| wordiness(&expand(recipe, *seed).unwrap()) < 0.0).count();
        assert!(random("<<lower:24>>") >= 63 && random("<<base62:32>>") >= 61 && random("<<base32:24>>") >= 61);
    }
}
