#!/usr/bin/env python3
"""Writes the two tables of src/detect/sift/frequency.rs, from packages of Debian 12 that are installed here.

LEVELS: how often two byte classes stand side by side, half of the weight from text, half from binaries. Each cell is
one letter: chr(48 + round(-2 * log2(share))), the share in half octaves, 63 at most.
COMMON: the most frequent runs of four in the text that LEVELS alone takes for four times as rare or rarer, and
those of https://, of which other texts have more.
"""
import math, os, re, subprocess
from collections import Counter

TEXT = ["perl-modules-5.36", "linux-libc-dev", "libpython3.11-stdlib", "vim-runtime", "libssl-dev", "git", "libc6-dev"]
BINARY = ["coreutils", "bash", "libc6", "perl-base", "libpython3.11-minimal", "openssh-client", "util-linux", "libssl3"]
EACH = 5 << 20  # of one package
RUNS = 700


def files(packages, text):
    for package in packages:
        listed = subprocess.run(["dpkg", "-L", package], capture_output=True, text=True).stdout.split("\n")
        left = EACH
        for path in listed:
            if path and os.path.isfile(path) and not os.path.islink(path) and left > 0:
                data = open(path, "rb").read(left)
                plain = b"\0" not in data[:4096] and not path.endswith(".gz")
                if plain if text else data[:4] == b"\x7fELF":
                    left -= len(data)
                    yield data


def folded(byte):
    return (byte & 0x1F) | ((byte >> 1) & 0x20)


def shares(packages, text, fold, width):
    counts = Counter()
    for data in files(packages, text):
        data = data.translate(fold)
        counts.update(data[at : at + width] for at in range(len(data) - width + 1))
    whole = sum(counts.values())
    return {run: n / whole for run, n in counts.items()}


def pairs():
    fold = bytes(folded(byte) for byte in range(256))
    text, binary = (shares(kind, kind is TEXT, fold, 2) for kind in (TEXT, BINARY))
    return [[(text.get(bytes([a, b]), 0) + binary.get(bytes([a, b]), 0)) / 2 for b in range(64)] for a in range(64)]


def chained(run, table, firsts):
    run = [folded(byte) for byte in run]
    share = firsts[run[0]]
    for a, b in zip(run, run[1:]):
        share *= table[a][b] / firsts[a]
    return share


table = pairs()
print("LEVELS")
for row in table:
    print('    br"' + "".join(chr(48 + (min(63, round(-2 * math.log2(p))) if p else 63)) for p in row) + '",')

lower = bytes(range(256)).lower()
firsts = [sum(row) for row in table]
common = []
for run, share in shares(TEXT, True, lower, 4).items():
    if re.fullmatch(rb"[a-z0-9_:/.=+-]{4}", run) and share / 2 > 4 * chained(run, table, firsts):
        common.append((share / 2, run.decode()))
common = sorted(common, reverse=True)[:RUNS]
print("COMMON", common[0], common[len(common) // 2], common[-1])
common = sorted({run for _, run in common} | {"http", "ttps", "tps:", "ps:/", "s://", "ttp:", "tp:/", "p://"})
for at in range(0, len(common), 28):
    print("    " + "".join(common[at : at + 28]) + "\\")
