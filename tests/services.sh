#!/bin/sh
# Starts what the ignored tests need: a real Docker engine of their own, beside any other on this machine.
#
#   tests/services.sh start DIR   installs what is missing (Debian, as root), starts dockerd below DIR, writes DIR/env
#   tests/services.sh stop DIR    ends it by its pid
#
# `. DIR/env` then exports LEAKPROOF_TEST_DOCKER_HOST. If that is already set, the engine it names is used.
set -eu

die() { echo "services.sh: $*" >&2; exit 1; }

[ $# -eq 2 ] || die "usage: tests/services.sh start|stop DIR"
command=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd)

docker_cli() {
    # Debian's own client builds with BuildKit without buildx; a newer one in /usr/local wants the plugin.
    if [ -x /usr/bin/docker ]; then echo /usr/bin/docker; else command -v docker || true; fi
}

install_missing() {
    missing=""
    command -v dockerd >/dev/null 2>&1 || [ -n "${LEAKPROOF_TEST_DOCKER_HOST:-}" ] || missing="$missing docker.io"
    [ -n "$(docker_cli)" ] || missing="$missing docker.io"
    { [ -x /bin/busybox ] || [ -x /usr/bin/busybox ]; } || missing="$missing busybox-static"
    [ -n "$missing" ] || return 0
    [ "$(id -u)" -eq 0 ] || die "missing:$missing. Install them, or run this as root on Debian."
    command -v apt-get >/dev/null 2>&1 || die "missing:$missing, and there is no apt-get here to install them."
    apt-get update -q >/dev/null || die "apt-get update failed; install by hand:$missing"
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $missing >/dev/null ||
        die "apt-get install failed; install by hand:$missing"
}

write_env() {
    {
        echo "export LEAKPROOF_TEST_DOCKER_HOST='$1'"
        echo "export LEAKPROOF_TEST_DOCKER_CLI='$(docker_cli)'"
    } >"$dir/env"
}

# Waits until the engine answers, or until its process is gone.
ready() {
    i=0
    while [ $i -lt 150 ]; do
        DOCKER_HOST="unix://$dir/docker.sock" "$(docker_cli)" version >/dev/null 2>&1 && return 0
        kill -0 "$1" 2>/dev/null || return 1
        sleep 0.2
        i=$((i + 1))
    done
    return 1
}

launch() {
    driver=$1
    # `--bridge=none` deletes docker0 where it finds one: in a network of its own it finds none. There the loopback is
    # down until somebody wants it; a swarm does.
    set --
    if unshare --net true 2>/dev/null; then
        set -- unshare --net sh -c 'busybox ifconfig lo up || true; exec "$@"' sh
    fi
    # vfs is slow and works on every file system, also inside a container.
    # A unix socket's path has a limit of 108 bytes: everything lies directly below DIR.
    "$@" dockerd --host "unix://$dir/docker.sock" --data-root "$dir/data" --exec-root "$dir/exec" \
        --pidfile "$dir/dockerd.pid" --bridge=none --iptables=false --ip6tables=false \
        --storage-driver "$driver" >"$dir/dockerd.log" 2>&1 &
    started=$!
    ready "$started"
}

start() {
    install_missing
    if [ -n "${LEAKPROOF_TEST_DOCKER_HOST:-}" ]; then
        write_env "$LEAKPROOF_TEST_DOCKER_HOST"
        return 0
    fi
    if [ -f "$dir/dockerd.pid" ] && kill -0 "$(cat "$dir/dockerd.pid")" 2>/dev/null; then
        write_env "unix://$dir/docker.sock"
        return 0
    fi
    [ "$(id -u)" -eq 0 ] || die "starting dockerd needs root; or set LEAKPROOF_TEST_DOCKER_HOST to an engine's socket."
    [ ${#dir} -le 90 ] || die "DIR is too long for a unix socket: $dir"
    launch overlay2 || { stop; launch vfs; } || die "dockerd did not start; see $dir/dockerd.log"
    write_env "unix://$dir/docker.sock"
}

stop() {
    [ -f "$dir/dockerd.pid" ] || return 0
    pid=$(cat "$dir/dockerd.pid")
    kill "$pid" 2>/dev/null || true
    i=0
    while kill -0 "$pid" 2>/dev/null && [ $i -lt 100 ]; do sleep 0.1; i=$((i + 1)); done
    kill -9 "$pid" 2>/dev/null || true
    rm -f "$dir/dockerd.pid" "$dir/env"
}

case $command in
start) start ;;
stop) stop ;;
*) die "usage: tests/services.sh start|stop DIR" ;;
esac
