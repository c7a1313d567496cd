/* SPDX-License-Identifier: BSD-3-Clause */
/* options.h: reading a struct of options that an older or newer program has filled. Its first
 * member, size_t size, says how much of it there is: what is missing has its default, 0, and what
 * this library does not know must be 0. */
#ifndef RASK_API_OPTIONS_H
#define RASK_API_OPTIONS_H

#include <rask/status.h>
#include <stddef.h>

/* Copies `given` (NULL: all defaults) to `own`, of `bytes`; `name` is the struct's, for the error.
 * RASK_ERR_ARGUMENT: size is 0, or a member that is not known here is set; `own`
 * has all defaults then. */
RASK_MUST_USE rask_status rask_options_read(const void *given, void *own, size_t bytes,
                                            const char *name, struct rask_error *error);

#endif
