# SPDX-License-Identifier: BSD-3-Clause
# Sources of runtime/place and their unit tests.
