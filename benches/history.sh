#!/bin/sh
# Times the rules about git history beside git's own commands, paired, on one repository.
#
#   benches/history.sh [BINARY [COMMITS [RUNS]]]      default: target/release/leakproof 100000 5
#   REPO=DIR benches/history.sh                       a repository of yours instead of a generated one
#
# The generated repository: 40 packages of 25 files, one file changed per commit, a merge every 50 commits, an .env that
# changes every 500 commits and is deleted at last, and one under svc/ that the runbook's command cannot see.
# KEEP=DIR keeps it and uses it again. Ratios count, taken in one run; a cold cache or a busy core shows in both.
set -eu
binary=$(realpath "${1:-target/release/leakproof}")
commits=${2:-100000}
runs=${3:-5}
work=${KEEP:-$(mktemp -d)}
[ -n "${KEEP:-}" ] || trap 'rm -rf "$work"' EXIT
repo=${REPO:-$work/repo-$commits}
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1

stream() {
    awk -v commits="$commits" '
    function file(path, text) { printf "M 100644 inline %s\ndata %d\n%s\n", path, length(text) + 1, text "\n" }
    function value(n) { return sprintf("Kq%dZr%dWm%dTx", n * 7919 % 99991, n * 104729 % 99989, n * 1299709 % 99971) }
    function begin(branch, text) {
        printf "commit refs/heads/%s\ncommitter B <b@example.org> %d +0000\ndata %d\n%s\n", branch, 1600000000 + n * 60, length(text), text
    }
    BEGIN {
        n = 0
        begin("main", "start")
        for (p = 0; p < 40; p++) for (f = 0; f < 25; f++) file("src/pkg" p "/mod" f ".rs", "fn f() {}\n// " p f)
        for (n = 1; n < commits; n++) {
            side = n % 50 == 48
            begin(side ? "side" : "main", "change " n)
            if (side) print "from refs/heads/main"
            if (n % 50 == 49) print "merge refs/heads/side"
            file("src/pkg" n % 40 "/mod" (n * 7) % 25 ".rs", "fn f() { " n " }")
            if (n % 500 == 1) file(".env", "PORT=8000\nJWT_SECRET_KEY=" value(n))
            if (n % 2000 == 3) file("svc/api/.env", "DATABASE_URL=postgres://app:" value(n) "@db/app")
            if (n == commits - 2) print "D .env"
        }
        print "done"
    }'
}

if [ ! -d "$repo" ]; then
    git init -q --bare -b main "$repo"
    stream | git -C "$repo" fast-import --quiet --done
    git -C "$repo" repack -q -a -d
fi
printf 'repository: %s commits, %s objects\n' "$(git -C "$repo" rev-list --count --all)" \
    "$(git -C "$repo" count-objects -v | sed -n 's/^in-pack: //p')"

# Wall and CPU seconds and the largest size in memory (MB) of a command; what it finds is not how fast it is.
cost() {
    /usr/bin/time -f '%e %U %S %M' -o "$work/cost" "$@" > /dev/null 2>&1 || true
    tail -n 1 "$work/cost" | awk '{ printf "%s %.2f %d", $1, $2 + $3, $4 / 1024 }'
}

# pair NAME RUNS OURS THEIRS: medians, and the medians of the ratios of each pair.
pair() {
    name=$1; n=$2; ours=$3; theirs=$4
    : > "$work/pairs"
    $ours > /dev/null
    while [ "$n" -gt 0 ]; do
        echo "$($ours) $($theirs)" >> "$work/pairs"
        n=$((n - 1))
    done
    for column in 1 2 3 4 5 6 7 8; do
        awk -v c="$column" '{ if (c < 7) print $c; else if (c == 7) print $1 / $4; else print $2 / $5 }' "$work/pairs" |
            sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
    done | paste -s -d' ' - | awk -v name="$name" \
        '{ printf "%-34s %6.2f %6.2f %5d  | %6.2f %6.2f %5d  | %5.2f %5.2f\n", name, $1, $2, $3, $4, $5, $6, $7, $8 }'
}

env_history() { cost "$binary" check --repo "$repo" --rule git/history; }
all_files() { cost "$binary" check --repo "$repo" --rule git/all-files; }
one_thread() { RAYON_NUM_THREADS=1 "$1"; }
env_history_1() { one_thread env_history; }
all_files_1() { one_thread all_files; }
cached() { cost "$binary" check --repo "$repo" --rule git/all-files --cache "$work/cache"; }
runbook() { cost git -C "$repo" log --all --full-diff -p -- .env; }
complete() { cost git -C "$repo" log --all --full-history -m -p -- ':(glob)**/.env*'; }
verify() { cost git -C "$repo" index-pack --threads=2 --verify "$pack"; }
pack=$(find -L "$repo/objects/pack" "$repo/.git/objects/pack" -name '*.pack' 2> /dev/null | xargs ls -S | head -n 1)
pack=$(realpath "$pack")

printf '%-34s %s\n' 'wall s, CPU s, MB (medians)' 'leakproof            | beside it            | ratios of wall, CPU'
pair '.env / the runbook, root only' "$runs" env_history runbook
pair '.env / log -m of every .env*' "$(((runs + 2) / 3))" env_history complete
pair '.env, 1 thread / 2 threads' "$runs" env_history_1 env_history
pair 'all files / index-pack --verify' "$runs" all_files verify
pair 'all files, 1 thread / 2 threads' "$runs" all_files_1 all_files
pair 'all files, cached / not' "$runs" cached all_files
