# SPDX-License-Identifier: BSD-3-Clause
# Sources of runtime/coll and their unit tests.
