/* SPDX-License-Identifier: BSD-3-Clause */
/* settings.h: what the table of settings cannot say: whether values have the form that the runtime
 * takes. The start asks, and so does a command before it starts anything. */
#ifndef RASK_API_SETTINGS_H
#define RASK_API_SETTINGS_H

#include "base/config.h"

/* Looks at `resources` and `arena`. RASK_ERR_ARGUMENT: one of them is wrong; the text is of the
 * same form as that of rask_config_set. */
RASK_MUST_USE rask_status rask_settings_check(const struct rask_config *config,
                                              struct rask_error *error);

#endif
