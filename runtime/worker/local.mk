# SPDX-License-Identifier: BSD-3-Clause
# Sources of runtime/worker and their unit tests.
