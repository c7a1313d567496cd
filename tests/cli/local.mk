# SPDX-License-Identifier: BSD-3-Clause
# The command as a user runs it: scripts that compare its output.
#
#   TESTS += tests/cli/x.sh
#   EXTRA_DIST += tests/cli/x.sh
# A script finds the command in $RASK, its sources in $top_srcdir, and ends with 77 to be skipped.
