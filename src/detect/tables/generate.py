#!/usr/bin/env python3
"""Writes bigrams.txt: how much likelier each pair of letters is in words than in random text.

Source: the word lists of Debian's packages wamerican, wngerman, wfrench, wspanish, witalian, wportuguese and wdutch
(/usr/share/dict), accents folded. Each language counts alike; a word's beginning and end are a letter of their own (`.`).

    apt-get install wamerican wngerman wfrench wspanish witalian wportuguese wdutch
    python3 src/detect/tables/generate.py > src/detect/tables/bigrams.txt

Row and column order: a to z, then `.`. Each figure is 8 * log2(P(second | first) / (1/27)), rounded.
"""
import math
import unicodedata

LISTS = ["american-english", "ngerman", "french", "spanish", "italian", "portuguese", "dutch"]
LETTERS = "abcdefghijklmnopqrstuvwxyz."
# English is what identifiers are made of, whatever the people who write them speak.
WEIGHTS = {"american-english": 6}


def words(name):
    with open(f"/usr/share/dict/{name}", encoding="utf-8") as lines:
        for line in lines:
            plain = unicodedata.normalize("NFKD", line.strip().lower())
            word = "".join(c for c in plain if c.isascii() and c.isalpha())
            if len(word) >= 3:
                yield word


def main():
    total = {(a, b): 0.0 for a in LETTERS for b in LETTERS}
    for name in LISTS:
        pairs = {}
        for word in words(name):
            for pair in zip("." + word, word + "."):
                pairs[pair] = pairs.get(pair, 0) + 1
        seen = sum(pairs.values())
        for pair, count in pairs.items():
            total[pair] += WEIGHTS.get(name, 1) * count / seen
    for a in LETTERS:
        # A pair that no list has is still possible: abbreviations, names.
        row = {b: total[a, b] + 1e-4 * sum(total[a, c] for c in LETTERS) / 27 + 1e-9 for b in LETTERS}
        whole = sum(row.values())
        print(" ".join(str(round(8 * math.log2(27 * row[b] / whole))) for b in LETTERS))


main()
