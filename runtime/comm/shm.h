/* SPDX-License-Identifier: BSD-3-Clause */
/* shm.h: a piece of POSIX shared memory with its room reserved when it is made, so that a full
 * /dev/shm is an error at start and never a SIGBUS later. The maker unlinks the name as soon as
 * all have mapped it; then nothing is left behind however the processes end. */
#ifndef RASK_COMM_SHM_H
#define RASK_COMM_SHM_H

#include <rask/status.h>

#include <stddef.h>

#define RASK_SHM_NAME_BYTES 64

struct rask_shm {
    void *base; /* page-aligned, zeroed when made; NULL: none */
    size_t bytes;
};

/* Makes a new object with a name that is new on this machine, readable by this user only, and
 * maps it. `name` gets RASK_SHM_NAME_BYTES. RASK_ERR_SYSTEM: the system's reason and the size;
 * nothing is left. */
rask_status rask_shm_make(struct rask_shm *, size_t bytes, char *name, struct rask_error *);

/* Maps an object that another process made with the same size. */
rask_status rask_shm_join(struct rask_shm *, size_t bytes, const char *name, struct rask_error *);

/* Takes the name away; the memory stays with those who map it. */
void rask_shm_unlink(const char *name);

void rask_shm_release(struct rask_shm *);

#endif
