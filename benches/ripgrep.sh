#!/usr/bin/env bash
# ripgrep with the same literals over the corpora of `cargo bench --bench scan`: CPU seconds, medians of five, and MB/s.
# The bench's own figures come from the same run, so that both saw the same files and the same load.
set -euo pipefail
cd "$(dirname "$0")/.."
where=$(mktemp -d)
trap 'rm -rf "$where"' EXIT
LEAKPROOF_CORPUS=$where cargo bench --quiet --bench scan -- 'first pass' | grep -E 'first pass|thrpt'
for corpus in mixed source; do
    for _ in 1 2 3 4 5; do
        bash -c 'TIMEFORMAT="%U %S"; time rg -a -i -c -F -j1 -f benches/scan/literals.txt "$1" >/dev/null' rg "$where/$corpus" \
            2>&1 | awk '{ print $1 + $2 }' >>"$where/times.$corpus"
    done
    bytes=$(stat -c %s "$where/$corpus")
    sort -n "$where/times.$corpus" | awk -v c="$corpus" -v b="$bytes" \
        '{ v[NR] = $1 } END { t = v[int((NR + 1) / 2)]; printf "ripgrep, %s: %.3f s of CPU, %.0f MiB/s\n", c, t, b / t / 1048576 }'
done
