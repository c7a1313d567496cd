# SPDX-License-Identifier: BSD-3-Clause
# Sources of runtime/client and their unit tests.
