/* SPDX-License-Identifier: BSD-3-Clause */
/* csv_reader.h: what tests and inference see of a reader beside csv.h. */
#ifndef RASK_IO_CSV_READER_H
#define RASK_IO_CSV_READER_H

#include "io/csv.h"
#include "io/csv_head.h"
#include "io/csv_scan.h"

/* Makes the reader scan in a given way; false when this machine cannot. */
bool rask_csv_reader_set_scan(struct rask_csv_reader *reader, enum rask_csv_scan_path path);

/* The head of the file that was started last. [borrow] until the next start. */
const struct rask_csv_head *rask_csv_reader_head(const struct rask_csv_reader *reader);

#endif
