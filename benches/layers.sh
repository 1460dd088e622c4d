#!/bin/sh
# Times image/layer-files over two images of one layer each, gzip and zstd, beside inflating and walking the same tar with
# the same libraries, and beside `tar` piped to ripgrep (or grep) with two patterns.
#
#   benches/layers.sh [DIRECTORY…]          default: /usr/lib /usr/share
#   KEEP=DIR keeps the images and uses them again. Needs zstd and python3.
set -eu
binary=$(realpath target/release/leakproof)
walk=$(cargo bench --no-run --bench walk --message-format=json 2> /dev/null |
    sed -n 's/.*"name":"walk".*"executable":"\([^"]*\)".*/\1/p' | tail -n 1)
runs=${RUNS:-3}
work=${KEEP:-$(mktemp -d)}
[ -n "${KEEP:-}" ] || trap 'rm -rf "$work"' EXIT
[ $# -gt 0 ] || set -- /usr/lib /usr/share

image() {
    python3 - "$1" "$2" << 'PYTHON'
import hashlib, json, os, shutil, sys
layer, root = sys.argv[1:]
blobs = os.path.join(root, "blobs/sha256")
os.makedirs(blobs, exist_ok=True)
def digest(path):
    state = hashlib.sha256()
    with open(path, "rb") as file:
        while part := file.read(1 << 20):
            state.update(part)
    return state.hexdigest()
def put(value):
    data = json.dumps(value).encode()
    name = hashlib.sha256(data).hexdigest()
    open(os.path.join(blobs, name), "wb").write(data)
    return {"digest": "sha256:" + name, "size": len(data)}
name = digest(layer)
shutil.move(layer, os.path.join(blobs, name))
os.symlink(os.path.join("blobs/sha256", name), os.path.join(root, "layer"))
config = {"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": ["sha256:" + "0" * 64]},
          "history": [{"created_by": "COPY . / # buildkit", "comment": "buildkit.dockerfile.v0"}]}
manifest = {"schemaVersion": 2, "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": "sha256:" + name}],
            "config": put(config) | {"mediaType": "application/vnd.oci.image.config.v1+json"}}
descriptor = put(manifest) | {"mediaType": "application/vnd.oci.image.manifest.v1+json"}
json.dump({"schemaVersion": 2, "manifests": [descriptor]}, open(os.path.join(root, "index.json"), "w"))
PYTHON
}

if [ ! -d "$work/zstd" ]; then
    tar -cf "$work/layer.tar" "$@" 2> /dev/null || true
    ls -l "$work/layer.tar" | awk '{ printf "layer: %.0f MB\n", $5 / 1e6 }'
    gzip -6 -c "$work/layer.tar" > "$work/layer.gz"
    zstd -q -3 "$work/layer.tar" -o "$work/layer.zst"
    rm "$work/layer.tar"
    image "$work/layer.gz" "$work/gzip"
    image "$work/layer.zst" "$work/zstd"
fi

cost() {
    /usr/bin/time -f '%e %U %S %M' -o "$work/cost" "$@" > /dev/null 2>&1 || true
    tail -n 1 "$work/cost" | awk '{ printf "%s %.2f %d", $1, $2 + $3, $4 / 1024 }'
}

# pair NAME OURS THEIRS: medians of runs in turn.
pair() {
    : > "$work/pairs"
    for _ in $(seq "$runs"); do echo "$($2) $($3)" >> "$work/pairs"; done
    for column in 1 2 3 4 5 6 7 8; do
        awk -v c="$column" '{ if (c < 7) print $c; else if (c == 7) print $1 / $4; else print $2 / $5 }' "$work/pairs" |
            sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
    done | paste -s -d' ' - | awk -v name="$1" \
        '{ printf "%-34s %6.2f %6.2f %5d  | %6.2f %6.2f %5d  | %5.2f %5.2f\n", name, $1, $2, $3, $4, $5, $6, $7, $8 }'
}

scan() { cost "$binary" check --image "oci:$work/$kind" --rule image/layer-files; }
scan_1() { RAYON_NUM_THREADS=1 scan; }
walked() { cost "$walk" "$work/$kind/layer"; }
searcher=$(command -v rg || command -v grep)
searched() {
    case $kind in gzip) how='gzip -dcf' ;; zstd) how='zstd -q -dcf' ;; esac
    case $searcher in *rg) find='rg -a -c' ;; *) find='grep -a -c -E' ;; esac
    cost sh -c "$how '$work/$kind/layer' | tar -xO 2> /dev/null | $find 'AKIA[0-9A-Z]{16}|-----BEGIN [A-Z ]*PRIVATE KEY'"
}
printf '%-34s %s\n' 'wall s, CPU s, MB (medians)' 'leakproof            | beside it            | ratios of wall, CPU'
for kind in gzip zstd; do
    pair "$kind / inflating and walking" scan walked
    pair "$kind / tar -xO piped to $(basename "$searcher")" scan searched
    pair "$kind, 1 thread / 2 threads" scan_1 scan
done
