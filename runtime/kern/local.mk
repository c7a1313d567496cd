# SPDX-License-Identifier: BSD-3-Clause
# Sources of runtime/kern and their unit tests.
