/* SPDX-License-Identifier: BSD-3-Clause */
/* json.h: the parts of JSON text that printf does not know: strings and numbers. Members, braces
 * and commas are the caller's. Thread: any. */
#ifndef RASK_BASE_JSON_H
#define RASK_BASE_JSON_H

#include "base/buf.h"

/* Appends `text` as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD; NULL is
 * null. RASK_ERR_MEMORY or RASK_ERR_LIMIT by `out`. */
RASK_MUST_USE rask_status rask_json_string(struct rask_buf *out, const char *text);

/* Appends the shortest text that reads back as `value`; NaN and infinities are null. Errors as
 * above. */
RASK_MUST_USE rask_status rask_json_number(struct rask_buf *out, double value);

#endif
