#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# on.sh: runs a command on a virtual host, from inside cluster.sh.
#
#   on.sh HOST COMMAND [ARGUMENT...]
#   on.sh --agent [-OPTION...] HOST LINE...     as ssh is called: options are skipped, LINE goes to a shell
set -u
state=/run/rask-cluster
is_agent=""
if [ "${1-}" = --agent ]; then
    is_agent=yes
    shift
    while [ "${1#-}" != "${1-}" ]; do
        shift
    done
fi
[ $# -ge 2 ] && [ -s "$state/$1.pid" ] || { echo "on.sh: no host '${1-}', or no command for it" >&2; exit 255; }
enter=(nsenter -t "$(<"$state/$1.pid")" -n -u -i -m "-w$PWD" env TMPDIR=/run/tmp)
shift
if [ -n "$is_agent" ]; then
    exec "${enter[@]}" /bin/sh -c "$*"
fi
exec "${enter[@]}" "$@"
