# SPDX-License-Identifier: BSD-3-Clause
# Sources of runtime/comm and their unit tests.
