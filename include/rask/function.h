/* SPDX-License-Identifier: BSD-3-Clause */
/* function.h: naming task functions, so that every rank finds the same function by its name.
 *
 *     static int square(struct rask_task *task) { ... }
 *     RASK_TASK(square)
 *
 * The macro stands at file scope after the function's definition and enters it into the process's
 * table before main. All ranks must have the same table; it is compared at the start, names and
 * versions. Functions of a plug-in are entered when dlopen loads it: before the start, on every
 * rank or on none. Two functions of one name are an error at the start, also if both are static.
 * Undefined: dlclose of a plug-in that has task functions. */
#ifndef RASK_FUNCTION_H
#define RASK_FUNCTION_H

#include <rask/status.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rask_task;
typedef int (*rask_function_pointer)(struct rask_task *task);

/* What the ranks agree on: the name means this function in this version. */
struct rask_function {
    const char *name; /* 1 to RASK_FUNCTION_NAME_MOST printable characters without blanks */
    rask_function_pointer run;
    uint32_t version; /* 0 unless RASK_TASK_VERSION says another */
};
#define RASK_FUNCTION_NAME_MOST 100

/* A place in the process's list of functions. */
struct rask_function_entry {
    const struct rask_function *function;
    const char *file; /* where it was registered, for messages */
    int line;
    struct rask_function_entry *next; /* filled in by rask_function_register */
};

/* Names the function. Its name and version are part of the key of a pure task: raise the version
 * when the same inputs begin to give another result, so that results stored by earlier runs are not
 * taken for it. */
#define RASK_TASK(task_function) RASK_TASK_VERSION(task_function, 0)
#define RASK_TASK_VERSION(task_function, task_version)                                       \
    static const struct rask_function rask_function_##task_function = {                      \
        #task_function, task_function, task_version};                                        \
    __attribute__((constructor)) static void rask_register_##task_function(void)             \
    {                                                                                        \
        static struct rask_function_entry entry = {&rask_function_##task_function, __FILE__, \
                                                   __LINE__, 0};                             \
        rask_function_register(&entry);                                                      \
    }

/* What the macros call. The entry is not in the list yet. A running runtime does not know functions
 * that come after its start; the next start does.
 * Ranks: all, with the same functions. Thread: any.
 * Owns: entry and function, [borrow] until the process ends; NULL is fine. */
RASK_API void rask_function_register(struct rask_function_entry *entry);

#ifdef __cplusplus
}
#endif

#endif
