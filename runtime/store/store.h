/* SPDX-License-Identifier: BSD-3-Clause */
/* store.h: the objects a rank holds, in one arena: a region of address room reserved at start,
 * carved into blocks.
 *
 * An object is a 64-byte header followed by its payload, 64-byte aligned, without pointers: moving
 * it is copying bytes. An offset into the arena is also its remote address: another rank reads
 * header and payload with one get and checks magic and id, so a stale address is noticed. The
 * arena's memory is committed when touched and given back to the system when large blocks are
 * freed.
 *
 * Blocks: two-level segregated fit (Masmano, Ripoll, Crespo, Real: TLSF, ECRTS 2004), O(1), with
 * the links to the physical neighbours in the object header itself.
 *
 * Thread: any; a short spin lock guards the free lists. */
#ifndef RASK_STORE_STORE_H
#define RASK_STORE_STORE_H

#include <rask/status.h>
#include <stddef.h>
#include <stdint.h>

enum rask_object_kind { RASK_OBJECT_FREE = 0, RASK_OBJECT_BYTES = 1 };

/* Lies before every payload in the arena; part of what a get transfers. */
struct rask_object_header {
    uint32_t magic; /* RASK_OBJECT_MAGIC while the object lives */
    uint16_t kind; /* enum rask_object_kind */
    uint16_t dtype; /* 0: plain bytes */
    uint64_t id; /* object id: the task's */
    uint64_t bytes; /* payload */
    uint64_t block_bytes; /* this block in all, multiple of 64. Local only: a copy has its own */
    uint64_t previous_bytes; /* size of the physical neighbour before, 0 if first. Local only */
    uint32_t n_pins; /* local readers beyond the scheduler's order. Local only */
    uint32_t reserved[5];
};
#define RASK_OBJECT_MAGIC 0x6b736152u
#define RASK_OBJECT_HEADER_BYTES 64u
_Static_assert(sizeof(struct rask_object_header) == RASK_OBJECT_HEADER_BYTES, "one cache line");

#define RASK_STORE_NONE UINT64_MAX /* an offset that is none */

struct rask_store; /* opaque */

struct rask_store_usage {
    uint64_t arena_bytes;
    uint64_t used_bytes, peak_bytes; /* in objects, headers and rounding included */
    uint64_t n_objects;
    uint64_t largest_free_bytes; /* the largest payload that rask_store_take would find room for */
    uint64_t kept_bytes; /* in large free blocks, not given back to the system yet; at most that */
};

/* Reserves `arena_bytes` of address room (mmap, not committed; rounded up to whole pages) and
 * starts empty. Where the system allows less (`ulimit -v`, strict overcommit), the store is
 * smaller, at most half of what is allowed: compare rask_store_arena_bytes with what was asked.
 * Errors: RASK_ERR_MEMORY names the size and `ulimit -v`, when not even 16 MiB are allowed;
 * RASK_ERR_ARGUMENT: 0, or more than 64 TiB. */
rask_status rask_store_new(uint64_t arena_bytes, struct rask_store **, struct rask_error *);
void rask_store_free(struct rask_store *); /* NULL is fine */

/* From now on objects take the first `bytes` of the arena alone, rounded up to pages; more than
 * there is, or 0, changes nothing. The address room stays reserved. Undefined: after the first
 * take. */
void rask_store_limit(struct rask_store *, uint64_t bytes);

/* Puts the whole arena into memory that other processes can map, too: all they need is *fd [give],
 * a file of rask_store_arena_bytes. Costs huge pages where the system has none for shared memory
 * (/sys/kernel/mm/transparent_hugepage/shmem_enabled). On an error the arena is private as before,
 * but for RASK_ERR_MEMORY: then it is unusable. Undefined: after the first take, or after
 * rask_store_limit.
 * Errors: RASK_ERR_SYSTEM (memfd_create, `ulimit -f`, strict overcommit), RASK_ERR_MEMORY.
 * unshare: takes that back; *fd is closed by its owner. */
rask_status rask_store_share(struct rask_store *, int *fd, struct rask_error *);
rask_status rask_store_unshare(struct rask_store *, struct rask_error *);

void *rask_store_base(const struct rask_store *);
uint64_t rask_store_arena_bytes(const struct rask_store *);

/* A new object of `bytes` payload (0 is fine), header filled in. Returns its offset, or
 * RASK_STORE_NONE when the arena is full. The payload is not cleared. */
uint64_t rask_store_take(struct rask_store *, uint64_t id, uint64_t bytes);

/* Shrinks an object to fewer payload bytes than were taken (or as many), giving the rest back.
 * Nobody else may use the object meanwhile. Undefined: more bytes. */
void rask_store_shrink(struct rask_store *, uint64_t offset, uint64_t bytes);

/* Ends an object: freed at once, or when its last pin goes. Undefined: an offset that holds no live
 * object. */
void rask_store_give(struct rask_store *, uint64_t offset);

/* The address of an object's header / payload in this process; [borrow] until it is given back. */
struct rask_object_header *rask_store_header(const struct rask_store *, uint64_t offset);
void *rask_store_payload(const struct rask_store *, uint64_t offset);

/* A pinned object outlives rask_store_give until it is unpinned. */
void rask_store_pin(struct rask_store *, uint64_t offset);
void rask_store_unpin(struct rask_store *, uint64_t offset);

/* Free memory is kept for reuse in proportion to what was used of late, the rest goes back to the
 * system by itself.
 * trim: gives all of it back now, for a rank that has been idle for a while.
 * keep: from now on nothing goes back; for memory that a network adapter knows by its physical
 * pages. */
void rask_store_trim(struct rask_store *);
void rask_store_keep(struct rask_store *);

void rask_store_usage(const struct rask_store *, struct rask_store_usage *);

/* Asserts every invariant of the free lists and neighbour links; names the broken one. For tests
 * and debug builds. */
rask_status rask_store_check(const struct rask_store *, struct rask_error *);

#endif
