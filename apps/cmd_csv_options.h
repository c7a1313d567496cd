/* SPDX-License-Identifier: BSD-3-Clause */
/* cmd_csv_options.h: the command line of `rask csv` as a struct. */
#ifndef RASK_APPS_CMD_CSV_OPTIONS_H
#define RASK_APPS_CMD_CSV_OPTIONS_H

#include "options.h"

#include "base/vec.h"
#include "io/infer.h"
#include "kern/print.h"

RASK_VEC_DEFINE(csv_texts, char *);
RASK_VEC_DEFINE(csv_types, struct rask_infer_declared);

/* As they are written. */
struct csv_words {
    struct rask_words by, aggregates, sorts, types;
    const char *where, *format, *delimiter, *missing;
    uint64_t limit; /* UINT64_MAX: none */
    uint64_t block_bytes; /* 0: automatic */
    int has_no_header, fills_short, lists_columns;
};

struct csv_options {
    struct rask_line line;
    struct csv_words words;
    struct csv_texts by, aggregates, sorts; /* [own] one column or aggregate each */
    struct csv_texts type_texts; /* [own] "COL=TYPE" cut at the sign; `types` points into them */
    struct csv_types types;
    rask_print_format format;
    char delimiter; /* 0: found in each file */
};

/* Reads argv[1 .. argc). RASK_GO_ON, or the exit code when everything has been said. Release the
 * options in any case. */
int csv_options_read(struct csv_options *options, int argc, char **argv);
void csv_options_release(struct csv_options *options);

#endif
