/* SPDX-License-Identifier: BSD-3-Clause */
/* version.c: the version of the library in use, as against the version of the headers that a
 * program was compiled with. */
#include <rask/version.h>

const char *rask_version(void)
{
    return RASK_VERSION_TEXT;
}
