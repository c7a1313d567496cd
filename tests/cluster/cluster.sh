#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# cluster.sh: runs a command on a cluster of virtual hosts.
#
#   cluster.sh N COMMAND [ARGUMENT...]
#
# The hosts n1 ... nN (10.77.0.1 ... N) are namespaces on this machine: each has its own name, network,
# System V and POSIX shared memory and temporary directory, so that programs take them for machines. They
# share files and processors. COMMAND runs on n1, in this directory; on.sh reaches the others.
# Everything lives in one namespace of processes and in memory that goes with it: when COMMAND ends, or this
# script is killed in whatever way, nothing is left.
# Exit code: COMMAND's, or 77 with one line when such hosts cannot be made here.
set -u
self=$(realpath "${BASH_SOURCE[0]}")
state=/run/rask-cluster

# Outside: makes the namespace in which everything lives, as root or as a user who may have namespaces.
outside()
{
    local new=(--net --mount --ipc --pid --fork --kill-child --mount-proc) said tool
    case $1 in
        '' | *[!0-9]* | 0) echo "cluster.sh: '$1' is no number of hosts" >&2; exit 2 ;;
    esac
    for tool in unshare nsenter ip; do
        command -v "$tool" >/dev/null || { echo "SKIP: no virtual hosts here: the command $tool is missing"; exit 77; }
    done
    [ "$(id -u)" = 0 ] || new+=(--map-root-user)
    # shellcheck disable=SC2016
    said=$(unshare "${new[@]}" "$BASH" -c 'mount -t tmpfs none /run && ip link add br0 type bridge' 2>&1) || {
        echo "SKIP: no virtual hosts here: ${said##*$'\n'}"
        exit 77
    }
    exec unshare "${new[@]}" "$BASH" "$self" --inside "$@"
}

# Inside: process 1. The network between the hosts is a bridge; /run is private.
inside()
{
    local n_hosts=$1 k
    shift
    mount -t tmpfs none /run && mkdir -p $state /run/tmp || exit 1
    ip link set lo up && ip link add br0 type bridge && ip link set br0 up || exit 1
    echo "127.0.0.1 localhost" >$state/hosts
    for k in $(seq "$n_hosts"); do
        echo "10.77.0.$k n$k" >>$state/hosts
    done
    for k in $(seq "$n_hosts"); do
        setsid unshare --net --uts --ipc --mount "$BASH" "$self" --host "$k" </dev/null &
        connect "$k" || { echo "cluster.sh: host n$k does not come up" >&2; exit 1; }
    done
    trap 'exit 130' INT TERM HUP
    "$BASH" "$(dirname "$self")/on.sh" n1 "$@" &
    wait $!
}

# Waits for host K and gives it the other end of a cable that hangs on the bridge.
connect()
{
    local pid=""
    for _ in $(seq 500); do
        [ ! -s "$state/n$1.pid" ] || { pid=$(<"$state/n$1.pid"); break; }
        sleep 0.01
    done
    [ -n "$pid" ] && ip link add "cable$1" type veth peer name eth0 netns "$pid" &&
        ip link set "cable$1" master br0 up && nsenter -t "$pid" -n ip addr add "10.77.0.$1/24" dev eth0 &&
        nsenter -t "$pid" -n ip link set eth0 up
}

# The first process of host K.
host()
{
    hostname "n$1" && mount -t tmpfs none /dev/shm && mount -t tmpfs none /run/tmp &&
        mount --bind $state/hosts /etc/hosts && ip link set lo up &&
        echo $$ >"$state/n$1.new" && mv "$state/n$1.new" "$state/n$1.pid" && exec sleep infinity
}

case ${1-} in
    --inside) inside "${@:2}" ;;
    --host) host "$2" ;;
    *)
        [ $# -ge 2 ] || { echo "usage: cluster.sh N COMMAND [ARGUMENT...]" >&2; exit 2; }
        outside "$@"
        ;;
esac
