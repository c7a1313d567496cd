/* SPDX-License-Identifier: BSD-3-Clause */
/* infer.h: names and types of columns over many files, from a sample.
 *
 * THE SAMPLE: up to 32 files, evenly spread, the first and the last one among them. They share
 * 4 MiB: a file that is no larger than its share is read whole, of a larger one 64 KiB at 3 to 17
 * places, evenly spread, the first behind the header. What follows a ragged record in these is left
 * out. A column without a value in that, unless its type is declared, is looked for in up to 256
 * files, which share 64 MiB in the same way (256 KiB at up to 256 places), until there is one. The
 * sample depends on the files alone, not on how they are cut.
 *
 * THE TYPES: int64 when all values are integers that fit; float64 when all are numbers and one of
 * them has a point or an exponent or is inf; bool for true and false (lower case, Capital, UPPER);
 * date for YYYY-MM-DD; datetime for YYYY-MM-DD with HH:MM, seconds, fraction, Z or +HH:MM after a T
 * or a blank, alone or mixed with dates; text for everything else, for integers with leading zeros
 * (they are codes) and for integers beyond 64 bits. A column whose values are all missing is text
 * and has n_values 0: nothing is known of it, so whoever reads it with a type in mind sets
 * is_unknown in struct rask_csv_want, and its first value is an error instead of a wrong answer.
 * A value that later does not fit the inferred type is an error that names --types COL=TYPE. */
#ifndef RASK_IO_INFER_H
#define RASK_IO_INFER_H

#include "io/csv.h"
#include "io/file.h"

#include <rask/status.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* `--types COL=TYPE`. */
struct rask_infer_declared {
    const char *name;
    rask_type type;
};

/* What to find out. Everything in it is borrowed for the call. */
struct rask_infer_question {
    const struct rask_file_list *files;
    const struct rask_csv_dialect *dialect;
    const char *const
        *names; /* the columns that are wanted; NULL: all columns of the sampled files */
    size_t n_names;
    const struct rask_infer_declared *declared;
    size_t n_declared;
};

struct rask_infer_column {
    char *name;
    rask_type type;
    bool is_declared;
    uint64_t n_values; /* in the sample; of a declared column in its first part alone */
};

/* Columns in the order of question.names, or of their first appearance over the files. */
struct rask_infer_answer {
    struct rask_infer_column *columns;
    size_t n_columns;
};

/* Answers the question; release the answer. A name is looked for in the sample first and then in
 * the header of every file. Thread: any. Errors: RASK_ERR_ARGUMENT a wanted or declared column is
 * in no file (the text names the nearest one); RASK_ERR_FORMAT no file has a record; those of the
 * reader but for ragged records, which are left for the reading to report. */
rask_status rask_infer_answer_init(struct rask_infer_answer *answer,
                                   const struct rask_infer_question *question,
                                   struct rask_error *error) RASK_MUST_USE;
void rask_infer_answer_release(struct rask_infer_answer *answer);

#endif
