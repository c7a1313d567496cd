/* SPDX-License-Identifier: BSD-3-Clause */
/* progress.c: the progress line, as in "[#########.............]  42 %, 512 MB/s, 3 s left". */
#include "diag/progress.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define FIRST_NS UINT64_C(200000000)
#define BETWEEN_NS UINT64_C(100000000)
#define BAR_MOST 40
#define FIGURES_BYTES 64

void rask_progress_start(struct rask_progress *progress, FILE *stream, uint64_t now_ns)
{
    *progress = (struct rask_progress){.stream = stream, .start_ns = now_ns};
}

/* "3 s", "2 min", "1.5 h" */
static void format_left(char *text, size_t n, double seconds)
{
    if (seconds < 99.5)
        snprintf(text, n, "%.0f s", seconds);
    else if (seconds < 5970)
        snprintf(text, n, "%.0f min", seconds / 60);
    else
        snprintf(text, n, "%.1f h", seconds / 3600);
}

const char *rask_progress_text(const struct rask_progress *progress, const uint64_t bytes[2],
                               uint64_t now_ns, int columns, char text[RASK_PROGRESS_BYTES])
{
    double done = bytes[1] == 0 ? 1 : (double)bytes[0] / (double)bytes[1];
    double seconds = (double)(now_ns - progress->start_ns) / 1e9;
    char left[24] = "?", figures[FIGURES_BYTES], bar[BAR_MOST + 1];
    done = done > 1 ? 1 : done;
    if (done > 0)
        format_left(left, sizeof left, seconds * (1 - done) / done);
    int n = snprintf(figures, sizeof figures, "%3.0f %%, %.0f MB/s, %s left", done * 100,
                     seconds > 0 ? (double)bytes[0] / 1e6 / seconds : 0, left);
    int width = columns - n - 4;
    width = width > BAR_MOST ? BAR_MOST : width;
    if (width < 8) {
        snprintf(text, RASK_PROGRESS_BYTES, "%.*s", columns > 1 ? columns - 1 : 0, figures);
        return text;
    }
    memset(bar, '.', (size_t)width);
    memset(bar, '#', (size_t)(done * width));
    bar[width] = '\0';
    snprintf(text, RASK_PROGRESS_BYTES, "[%s] %s", bar, figures);
    return text;
}

static int columns_of(FILE *stream)
{
    struct winsize size;
    if (ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return 80;
}

void rask_progress_show(struct rask_progress *progress, uint64_t bytes_done, uint64_t bytes_all,
                        uint64_t now_ns)
{
    char text[RASK_PROGRESS_BYTES];
    const uint64_t bytes[2] = {bytes_done, bytes_all};
    uint64_t wait_ns = progress->is_drawn ? BETWEEN_NS : FIRST_NS;
    uint64_t since_ns = progress->is_drawn ? progress->drawn_ns : progress->start_ns;
    if (progress->stream == NULL || now_ns - since_ns < wait_ns)
        return;
    progress->drawn_ns = now_ns;
    progress->is_drawn = 1;
    fprintf(progress->stream, "\r%s\033[K",
            rask_progress_text(progress, bytes, now_ns, columns_of(progress->stream), text));
    fflush(progress->stream);
}

void rask_progress_stop(struct rask_progress *progress)
{
    if (progress->is_drawn) {
        fputs("\r\033[K", progress->stream);
        fflush(progress->stream);
    }
    progress->is_drawn = 0;
}
