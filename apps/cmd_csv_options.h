/* SPDX-License-Identifier: BSD-3-Clause */
/* cmd_csv_options.h: the command line of `rask csv` as a struct. Parsing prints nothing: under a
 * launcher all ranks parse, and rank 0 alone speaks. */
#ifndef RASK_APPS_CMD_CSV_OPTIONS_H
#define RASK_APPS_CMD_CSV_OPTIONS_H

#include "base/vec.h"
#include "io/infer.h"
#include "kern/print.h"

RASK_VEC_DEFINE(csv_texts, char *);
RASK_VEC_DEFINE(csv_types, struct rask_infer_declared);

struct csv_options {
    struct csv_texts paths, by, aggregates, sorts; /* [own] */
    struct csv_texts settings; /* [own] "name=value" for the runtime */
    struct csv_texts type_texts; /* [own] "COL=TYPE" cut at the sign; `types` points into them */
    struct csv_types types;
    const char *where, *missing_words; /* [borrow] argv */
    uint64_t limit, block_bytes; /* 0: none, automatic */
    rask_print_format format;
    char delimiter; /* 0: found in each file */
    int has_no_header, fills_short, lists_columns, is_quiet, wants_help;
};

/* Reads argv[1 .. argc). RASK_ERR_USAGE: wrong use; RASK_ERR_MEMORY. Release the options in any
 * case. */
rask_status csv_options_parse(struct csv_options *options, int argc, char **argv,
                              struct rask_error *error) RASK_MUST_USE;
void csv_options_release(struct csv_options *options);

/* What `rask csv --help` prints. */
extern const char csv_help[];

#endif
