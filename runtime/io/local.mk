# SPDX-License-Identifier: BSD-3-Clause
# Sources of runtime/io and their unit tests.
