# SPDX-License-Identifier: BSD-3-Clause
# Sources of runtime/diag and their unit tests.
