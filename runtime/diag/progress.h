/* SPDX-License-Identifier: BSD-3-Clause */
/* progress.h: one line on a terminal that shows how far a job is, how fast, and how long still.
 *
 * It is drawn at most ten times a second, first after a fifth of a second, so that a short job
 * leaves no trace, and erased at the end. Whoever does the work calls `show` as often as it likes.
 * Thread: one at a time. */
#ifndef RASK_DIAG_PROGRESS_H
#define RASK_DIAG_PROGRESS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct rask_progress {
    FILE *stream; /* [borrow] NULL: nothing is drawn */
    uint64_t start_ns, drawn_ns;
    int is_drawn; /* there is a line to erase */
};

/* `stream` [borrow] until stop, NULL to draw nothing; `now_ns` as of rask_now_ns. */
void rask_progress_start(struct rask_progress *progress, FILE *stream, uint64_t now_ns);
void rask_progress_show(struct rask_progress *progress, uint64_t bytes_done, uint64_t bytes_all,
                        uint64_t now_ns);
/* Erases the line. */
void rask_progress_stop(struct rask_progress *progress);

/* The line itself, without control characters, `columns` wide at most: what show draws. `bytes` are
 * those done and all there are. Returns `text`. */
#define RASK_PROGRESS_BYTES 256
const char *rask_progress_text(const struct rask_progress *progress, const uint64_t bytes[2],
                               uint64_t now_ns, int columns, char text[RASK_PROGRESS_BYTES]);

#endif
