//! The words that stand-ins are made of, in many languages.
//!
//! Knows one table, `tables/standins.txt`, and how words are cut out of a value. It judges nothing.

use std::collections::HashMap;
use std::ops::BitOr;
use std::sync::LazyLock;

/// Longest word of the table, in letters.
const LONGEST: usize = 24;
/// Longer values are no stand-ins, and would be cut for nothing.
const MOST_LETTERS: usize = 200;

/// What a word, or a run of words, has in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Says {
    /// A word that says by itself that something else belongs here.
    pub(super) stand: bool,
    /// A word that asks, or says whose or where it is.
    pub(super) ask: bool,
    /// The same, in languages that put the service's name behind the credential.
    pub(super) whose: bool,
    /// A word that begins a request as well as a phrase.
    pub(super) maybe: bool,
    /// A credential, or where credentials come from.
    pub(super) noun: bool,
}

impl BitOr for Says {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self {
            stand: self.stand | other.stand,
            ask: self.ask | other.ask,
            whose: self.whose | other.whose,
            maybe: self.maybe | other.maybe,
            noun: self.noun | other.noun,
        }
    }
}

static TABLE: LazyLock<HashMap<&str, Says>> = LazyLock::new(|| {
    let mut table = HashMap::new();
    for line in include_str!("tables/standins.txt").lines().filter(|line| !line.starts_with('#')) {
        let Some((kind, words)) = line.split_once(' ') else { continue };
        let says = Says {
            stand: kind == "stand",
            ask: matches!(kind, "ask" | "whose"),
            whose: kind == "whose",
            maybe: kind == "maybe",
            noun: kind == "noun",
        };
        words.split(' ').for_each(|word| {
            table.insert(word, says);
        });
    }
    table
});

/// Short words that people write without a space; those of other languages are parts of too many words.
const SHORT: [&str; 22] = [
    "a", "an", "in", "on", "of", "to", "is", "it", "my", "be", "me", "or", "by", "as", "at", "no", "do", "db", "id",
    "we", "pw", "ai",
];

/// What one token says, whole or cut into words (`yourapikeyhere`); `None` if any part of it is no known word.
pub(super) fn says(token: &str) -> Option<Says> {
    TABLE.get(token).copied().or_else(|| cut(token))
}

/// What a word of the table says.
pub(super) fn whole(word: &str) -> Option<Says> {
    TABLE.get(word).copied()
}

/// What the words of a text without spaces say, as far as they are known, and how many of them ask.
pub(super) fn within(text: &str) -> (Says, usize) {
    let wide = TABLE.iter().filter(|(word, _)| !word.is_ascii() && text.contains(**word));
    // One sign is part of many words; only a noun is believed at that length.
    let wide = wide.filter(|(word, says)| says.noun || word.chars().count() >= 2).map(|(_, says)| *says);
    let latin: Vec<String> = text.split(|c: char| !c.is_ascii()).flat_map(tokens).collect();
    let all = wide.chain(latin.iter().filter_map(|token| says(token)));
    all.fold((Says::default(), 0), |(all, asks), says| (all | says, asks + usize::from(says.ask)))
}

fn cut(token: &str) -> Option<Says> {
    let ends: Vec<usize> = token.char_indices().map(|(at, _)| at).chain([token.len()]).collect();
    if ends.len() > MOST_LETTERS {
        return None;
    }
    // reached[n]: the first n letters are words, and what those say.
    let mut reached: Vec<Option<Says>> = vec![None; ends.len()];
    reached[0] = Some(Says::default());
    for start in 0..ends.len() - 1 {
        let Some(before) = reached[start] else { continue };
        for end in start + 1..ends.len().min(start + 1 + LONGEST) {
            let word = &token[ends[start]..ends[end]];
            let fits = !word.is_ascii() || word.len() >= 3 || SHORT.contains(&word);
            if let Some(says) = TABLE.get(word).filter(|_| fits) {
                let whole = word.len() >= 4 || !word.is_ascii();
                // `enter` and `here` are parts of other words as well; `your` and `insert` hardly.
                let says = Says { ask: says.ask && whole, whose: says.whose && whole, maybe: false, ..*says };
                reached[end] = Some(reached[end].unwrap_or_default() | before | says);
            }
        }
    }
    reached[ends.len() - 1]
}

/// Runs of letters and runs of digits, in lower case and without accents.
pub(super) fn tokens(value: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut last = ' ';
    for c in value.chars().flat_map(char::to_lowercase) {
        if ('\u{300}'..='\u{36f}').contains(&c) {
            continue; // an accent that stands behind its letter
        }
        if c.is_alphanumeric() {
            let joins = last.is_alphanumeric() && last.is_ascii_digit() == c.is_ascii_digit();
            match tokens.last_mut() {
                Some(token) if joins => token.push(plain(c)),
                _ => tokens.push(plain(c).to_string()),
            }
        }
        last = c;
    }
    tokens
}

/// The words of `camelCase`, in lower case; digits are words of their own.
pub(super) fn camel(value: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut last = ' ';
    let mut rest = value.chars().peekable();
    while let Some(c) = rest.next() {
        // In `AVery` the second capital begins a word.
        let ends = last.is_uppercase() && rest.peek().is_some_and(|next| next.is_lowercase());
        let starts = c.is_ascii_digit() != last.is_ascii_digit() || c.is_uppercase() && (!last.is_uppercase() || ends);
        match words.last_mut() {
            Some(word) if !starts => word.extend(c.to_lowercase().map(plain)),
            _ => words.push(c.to_lowercase().map(plain).collect()),
        }
        last = c;
    }
    words
}

/// The letter without its accent.
fn plain(c: char) -> char {
    const ACCENTS: [(char, &str); 20] = [
        ('a', "àáâãäåāăąạảấầẩẫậắằẳẵặ"),
        ('c', "çćč"),
        ('d', "ďđ"),
        ('e', "èéêëēęěẹẻẽếềểễệ"),
        ('g', "ğģ"),
        ('i', "ìíîïīįıịỉĩ"),
        ('k', "ķ"),
        ('l', "łľĺļ"),
        ('n', "ñńňņ"),
        ('o', "òóôõöøōőọỏốồổỗộơớờởỡợ"),
        ('r', "řŕ"),
        ('s', "śšşșß"),
        ('t', "ťţț"),
        ('u', "ùúûüūůűųụủũưứừửữự"),
        ('y', "ýÿỳỵỷỹ"),
        ('z', "źżž"),
        ('е', "ё"),
        ('α', "ά"),
        ('ε', "έ"),
        ('ο', "ό"),
    ];
    if c.is_ascii() {
        return c;
    }
    ACCENTS.iter().find(|(_, accented)| accented.contains(c)).map_or(c, |(letter, _)| *letter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_table_has_six_kinds_and_each_word_once() {
        let mut seen = HashSet::new();
        for line in
            include_str!("tables/standins.txt").lines().filter(|line| !line.starts_with('#') && !line.is_empty())
        {
            let (kind, words) = line.split_once(' ').unwrap();
            assert!(["stand", "ask", "whose", "maybe", "noun", "about"].contains(&kind), "{line}");
            for word in words.split(' ') {
                assert!(seen.insert(word), "{word} stands there twice");
                assert!(word.chars().count() <= LONGEST, "{word} is too long");
                assert_eq!(tokens(word), [word], "{word} can never be met");
            }
        }
    }

    #[test]
    fn accents_and_case_do_not_hide_a_word() {
        assert_eq!(tokens("Clé_Sécurisée"), ["cle", "securisee"]);
        assert_eq!(tokens("SCHLÜSSEL-32"), ["schlussel", "32"]);
        assert_eq!(tokens("anahtarınız"), ["anahtariniz"]);
    }

    #[test]
    fn glued_words_are_cut_and_short_ones_of_other_languages_are_not() {
        assert!(says("yourapikeyhere").is_some_and(|says| says.ask && says.noun));
        assert!(says("changemenow").is_some_and(|says| says.stand));
        for word in ["devil", "aquila", "deicide", "anton"] {
            assert_eq!(says(word).unwrap_or_default(), Says::default(), "{word}");
        }
    }
}
