#!/bin/sh
# Times the rule git/history against the runbook's own command, paired, on one generated repository.
#
#   benches/history.sh [BINARY [COMMITS [RUNS]]]      default: target/release/leakproof 20000 7
#
# The repository: 40 packages of 25 files, one file changed per commit, a merge every 50 commits, an .env that
# changes every 500 commits and is deleted at last, and one under svc/ that the runbook's command cannot see.
# KEEP=DIR keeps the repository and uses it again.
set -eu
binary=$(realpath "${1:-target/release/leakproof}")
commits=${2:-20000}
runs=${3:-7}
work=${KEEP:-$(mktemp -d)}
[ -n "${KEEP:-}" ] || trap 'rm -rf "$work"' EXIT
repo=$work/repo-$commits
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

now() { date +%s%N; }
elapsed() { # command..., in milliseconds; the exit code says what was found, not how fast
    from=$(now)
    "$@" > "$work/out" 2>&1 || true
    echo $((($(now) - from) / 1000000))
}
runbook() { git -C "$repo" log --all --full-diff -p -- .env; }
ours() { "$binary" check --repo "$repo" --rule git/history; }

elapsed runbook > /dev/null
elapsed ours > /dev/null
: > "$work/ratios"
i=0
while [ "$i" -lt "$runs" ]; do
    a=$(elapsed ours)
    b=$(elapsed runbook)
    awk -v a="$a" -v b="$b" 'BEGIN { printf "%.3f %d %d\n", a / b, a, b }' | tee -a "$work/ratios" |
        sed 's/^\([^ ]*\) \([^ ]*\) \(.*\)/leakproof \2 ms, git log \3 ms, ratio \1/'
    i=$((i + 1))
done
sort -n "$work/ratios" | awk '{ r[NR] = $1 } END { printf "median ratio: %.2f\n", r[int((NR + 1) / 2)] }'
