# SPDX-License-Identifier: BSD-3-Clause
# The command as a user runs it: scripts that compare its output.
#
#   TESTS += tests/cli/x.sh
#   EXTRA_DIST += tests/cli/x.sh
# A script finds the command in $RASK, its sources in $top_srcdir, and ends with 77 to be skipped.

TESTS += tests/cli/command.sh tests/cli/info.sh tests/cli/bench.sh tests/cli/binding.sh tests/cli/quickstart.sh
EXTRA_DIST += tests/cli/cli.bash tests/cli/command.sh tests/cli/info.sh tests/cli/bench.sh tests/cli/binding.sh \
	tests/cli/quickstart.sh

TESTS += tests/cli/csv_answers.sh tests/cli/csv_errors.sh tests/cli/csv_guide.sh tests/cli/csv_stops.sh \
	tests/cli/csv_torture.sh tests/cli/csv_types.sh
EXTRA_DIST += tests/cli/csv_answers.sh tests/cli/csv_errors.sh tests/cli/csv_guide.sh tests/cli/csv_stops.sh \
	tests/cli/csv_torture.sh tests/cli/csv_types.sh tests/cli/csv.bash tests/cli/csv_reference.py
