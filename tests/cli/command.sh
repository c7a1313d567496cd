#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# command.sh: the command's own words: help, version, wrong use, exit codes, and what completions and
# man pages say of them.
# shellcheck source=tests/cli/cli.bash
. "$top_srcdir/tests/cli/cli.bash"

run 0 --version
[[ $out =~ ^rask\ [0-9]+\.[0-9]+\.[0-9]+$ ]] || fail "--version: one line with the version"
run 0 --help
silent err
overview=$out
for command in csv info bench help; do
    said out "  $command "
done
run 0 help
[ "$out" = "$overview" ] || fail "rask help is rask --help"
run 2
silent out
said err "Usage: rask"

# Each command explains itself, both ways, and has a man page with all its options and no others.
for command in csv info bench; do
    run 0 "$command" --help
    silent err
    said out "Usage: rask $command"
    text=$out
    run 0 help "$command"
    [ "$out" = "$text" ] || fail "rask help $command is rask $command --help"
    page=$top_srcdir/docs/man/rask-$command.1
    # What stands beside mpirun's --bind-to is an example.
    options=$(printf '%s\n' "$text" | grep -o '^  --[a-z0-9-]*' | tr -d ' ' | sort)
    told=$(sed 's/\\-/-/g; /--bind-to/d' "$page" | grep -oE -- '--[a-z0-9-]+' | sort -u)
    differences=$(comm -3 <(echo "$options") <(echo "$told"))
    [ -z "$differences" ] || fail "options of $command in its help or in its man page alone: $differences"
done
run 0 help settings
said out "--threads VALUE"
said out "RASK_LOG_FILE"

# What completions take for commands and options.
words=$(printf '%s\n' "$overview" | sed -n 's/^  *\([a-z][a-z0-9-]*\) .*/\1/p' | tr '\n' ' ')
[ "$words" = "csv info bench help " ] || fail "completion would offer: $words"

# Wrong use: one line that names the thing and the nearest right one; nothing on standard output.
while read -r text arguments; do
    read -r -a words <<<"$arguments"
    run 2 "${words[@]}"
    silent out
    said err "${text//_/ }"
    [ "$(printf '%s\n' "$err" | wc -l)" = 1 ] || fail "rask $arguments: more than one line"
done <<'END'
did_you_mean_'info' inof
did_you_mean_'bench' help bensh
unknown_command_'frobnicate' frobnicate
unknown_option_'--bogus' --bogus
unknown_option_'--versoin',_did_you_mean_'--version' --versoin
did_you_mean_'--threads' info --thread 2
did_you_mean_'--repeats' bench --repeat 2
option_--threads_needs_a_value info --threads
option_--json_takes_no_value info --json=yes
an_integer,_0_to_4096 info --threads lots
a_number,_2_to_100000000 bench --tasks=none
a_size,_1_B_to_1_TiB bench --bytes 0
'extra'_is_one_word_too_many info extra
did_you_mean_'noop' bench nop
options_begin_with_-- info -x
END

# A control character stays within the line.
run 2 $'in\nfo'
[ "$(printf '%s\n' "$err" | wc -l)" = 1 ] || fail "a command with a line end: more than one line"
run 2 info $'ex\ntra'
[ "$(printf '%s\n' "$err" | wc -l)" = 1 ] || fail "a word with a line end: more than one line"

# What cannot be written is an error: help and version, the trace, the messages.
if [ -w /dev/full ]; then
    for arguments in --help --version help "help settings" "help csv" "csv --help" "info --counters" info; do
        "$RASK" $arguments >/dev/full 2>"$scratch/err"
        [ $? = 1 ] && grep -q "^rask: error: .*No space left" "$scratch/err" ||
            fail "rask $arguments on a full disk: $(cat "$scratch/err")"
    done
    run 1 info --trace /dev/full
    said err "cannot write the trace /dev/full: No space left"
    run 1 info --trace /dev/full --log-file /dev/full
    said err "cannot write the log file /dev/full"
fi
run 1 info --trace /nowhere/x
silent out
said err "cannot write the trace /nowhere/x: No such file"
[ "$(printf '%s\n' "$err" | wc -l)" = 1 ] || fail "no place for the trace: more than one line"

# The trace has the life of each task.
printf 'k,v\n1,2\n' >"$scratch/two.csv"
run 0 csv --trace "$scratch/trace" --by k --agg sum:v "$scratch/two.csv"
grep -q 'task=1 processing -> memory cause=done' "$scratch/trace" || fail "the trace: $(cat "$scratch/trace")"

# Settings that the table alone cannot judge are refused in the same form.
run 2 info --resources gpu
said err 'resources = "gpu" (option --resources) is not allowed'
said err "see rask info --help"
RASK_RESOURCES=gpu=x run 2 info
said err 'resources = "gpu=x" (RASK_RESOURCES) is not allowed'
run 2 info --arena 1
said err "use 1 MiB or more"
RASK_ARENA=1 run 2 info
said err "use 1 MiB or more"

# -- ends the options.
run 2 info -- --json
said err "'--json' is one word too many"

if has_mpi; then
    for arguments in "info --thread 2" "nonsense" "bench nop" "info --threads x"; do
        read -r -a words <<<"$arguments"
        run_ranks 3 2 "${words[@]}"
        silent out
        [ "$(own_lines)" = 1 ] || fail "3 ranks: rask $arguments: $(own_lines) lines of rask, not 1"
    done
    run_ranks 3 0 --help
    [ "$out" = "$overview" ] || fail "3 ranks: --help is printed once"
    run_ranks 2 0 info --help
    [ "$(printf '%s\n' "$out" | grep -c '^Usage')" = 1 ] || fail "2 ranks: info --help is printed once"
fi
finish
