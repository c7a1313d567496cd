# SPDX-License-Identifier: BSD-3-Clause
# Sources of runtime/store and their unit tests.
