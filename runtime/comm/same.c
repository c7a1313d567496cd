/* SPDX-License-Identifier: BSD-3-Clause */
/* same.c: comparing the ranks. Cards are compared by every rank on its own, with the same
 * outcome; only when the digests of the function tables differ are names sent: rank 0's table to
 * all, each rank's first difference from it back to all. The least of those names is the
 * function of the message, and each rank tells which version of it it has.
 *
 * A program is known by the build id that the linker writes into it; one without is not
 * compared. */
#include "comm/same.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/hash.h"
#include "comm/mpi_comm.h"
#include "comm/mpi_err.h"

#include <rask/version.h>

#include <elf.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FUNCTION_NAME_BYTES 128
#define RANKS_TEXT_BYTES 96

/* ---- the card ---- */

struct build_ids {
    uint64_t program, library;
    uintptr_t library_address;
    int n_objects;
};

static uint64_t build_id_in(const uint8_t *notes, size_t bytes)
{
    while (bytes >= sizeof(ElfW(Nhdr))) {
        ElfW(Nhdr) note;
        memcpy(&note, notes, sizeof note);
        size_t name_bytes = ((size_t)note.n_namesz + 3) & ~(size_t)3;
        size_t text_bytes = ((size_t)note.n_descsz + 3) & ~(size_t)3;
        if (sizeof note + name_bytes + text_bytes > bytes)
            return 0;
        const uint8_t *name = notes + sizeof note;
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && memcmp(name, "GNU", 4) == 0)
            return rask_hash64(name + name_bytes, note.n_descsz);
        notes += sizeof note + name_bytes + text_bytes;
        bytes -= sizeof note + name_bytes + text_bytes;
    }
    return 0;
}

/* The program comes first; the library is the object that holds this function, be it the program
 * itself. */
static int look_at_object(struct dl_phdr_info *info, size_t info_bytes, void *context)
{
    struct build_ids *ids = context;
    uint64_t id = 0;
    int is_library = 0;
    (void)info_bytes;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        uintptr_t begin = info->dlpi_addr + part->p_vaddr;
        if (part->p_type == PT_NOTE && id == 0)
            id = build_id_in((const uint8_t *)begin, part->p_memsz);
        if (part->p_type == PT_LOAD && ids->library_address - begin < part->p_memsz)
            is_library = 1;
    }
    if (ids->n_objects++ == 0)
        ids->program = id;
    if (is_library)
        ids->library = id;
    return 0;
}

void rask_card_fill(struct rask_card *card, const struct rask_boot_request *request)
{
    struct build_ids ids = {.library_address = (uintptr_t)&rask_card_fill};
    dl_iterate_phdr(look_at_object, &ids);
    *card = (struct rask_card){
        .version = RASK_VERSION_TEXT,
        .digest_lo = request->digest_lo,
        .digest_hi = request->digest_hi,
        .program = ids.program,
        .library = ids.library,
        .arena_bytes = request->arena_bytes,
        .n_node_cores = request->n_node_cores,
        .wants_rings = request->wants_rings,
        .wants_window = request->wants_window,
        .wants_sharing = request->wants_sharing,
    };
    if (gethostname(card->host, sizeof card->host) != 0)
        rask_text_copy(card->host, sizeof card->host, "unknown");
    card->host[sizeof card->host - 1] = '\0';
    rask_text_copy(card->cpuset, sizeof card->cpuset,
                   request->cpuset != NULL ? request->cpuset : "");
}

/* ---- texts ---- */

/* "rank 3 (host b)", or "ranks 1-4,7", cut with "..." when there are too many. */
static void ranks_text(char *text, const uint8_t *is_meant, int n_ranks,
                       const struct rask_card *cards)
{
    int n_meant = 0, last = -1;
    for (int i = 0; i < n_ranks; i++)
        if (is_meant[i]) {
            n_meant++;
            last = i;
        }
    if (n_meant == 1) {
        snprintf(text, RANKS_TEXT_BYTES, "rank %d (host %.40s)", last, cards[last].host);
        return;
    }
    size_t at = (size_t)snprintf(text, RANKS_TEXT_BYTES, "ranks");
    for (int i = 0; i < n_ranks; i++) {
        if (!is_meant[i])
            continue;
        int end = i;
        while (end + 1 < n_ranks && is_meant[end + 1])
            end++;
        if (at > RANKS_TEXT_BYTES - 32) {
            snprintf(text + at, RANKS_TEXT_BYTES - at, "...");
            return;
        }
        at += (size_t)snprintf(text + at, RANKS_TEXT_BYTES - at, at == 5 ? " %d" : ",%d", i);
        if (end > i)
            at += (size_t)snprintf(text + at, RANKS_TEXT_BYTES - at, "-%d", end);
        i = end;
    }
}

/* ---- function tables ---- */

/* The first name that only one of two sorted tables has; NULL when they are the same. */
static const char *first_difference(const char *own, uint32_t n_own, const char *other,
                                    uint32_t n_other)
{
    while (n_own != 0 && n_other != 0) {
        int order = strcmp(own, other);
        if (order != 0)
            return order < 0 ? own : other;
        own += strlen(own) + 1;
        other += strlen(other) + 1;
        n_own--;
        n_other--;
    }
    return n_own != 0 ? own : n_other != 0 ? other : NULL;
}

#define VERSION_WORD " version "

/* The version of this rank's function of that name; -1: it has none. */
static int64_t version_of(const struct rask_boot_request *request, const char *name)
{
    const char *own = request->function_names;
    size_t length = strlen(name);
    for (uint32_t i = 0; i < request->n_functions; i++) {
        const char *rest = own + length;
        if (strncmp(own, name, length) == 0 && *rest == '\0')
            return 0;
        if (strncmp(own, name, length) == 0 &&
            strncmp(rest, VERSION_WORD, sizeof VERSION_WORD - 1) == 0)
            return (int64_t)strtoul(rest + sizeof VERSION_WORD - 1, NULL, 10);
        own += strlen(own) + 1;
    }
    return -1;
}

static size_t names_bytes(const struct rask_boot_request *request)
{
    const char *end = request->function_names;
    for (uint32_t i = 0; i < request->n_functions; i++)
        end += strlen(end) + 1;
    return request->n_functions == 0 ? 0 : (size_t)(end - request->function_names);
}

/* Collective: this rank's first difference from rank 0's table into `name`, "" if none. */
static rask_status compare_with_first(MPI_Comm comm, const struct rask_boot_request *request,
                                      char *name, struct rask_error *error)
{
    int rank = 0;
    MPI_Comm_rank(comm, &rank);
    uint64_t sizes[2] = {names_bytes(request), request->n_functions};
    rask_status status =
        rask_mpi_check(error, "MPI_Bcast", MPI_Bcast(sizes, 2, MPI_UINT64_T, 0, comm));
    char *names = status == RASK_OK && sizes[0] < INT_MAX ? rask_alloc((size_t)sizes[0]) : NULL;
    if (status == RASK_OK && names == NULL)
        status = rask_error_memory(error, sizes[0], "names of task functions");
    status = rask_mpi_agree(comm, status, error);
    if (status == RASK_OK) {
        if (rank == 0 && sizes[0] != 0)
            memcpy(names, request->function_names, (size_t)sizes[0]);
        status =
            rask_mpi_check(error, "MPI_Bcast", MPI_Bcast(names, (int)sizes[0], MPI_BYTE, 0, comm));
    }
    if (status == RASK_OK) {
        const char *first = first_difference(request->function_names, request->n_functions, names,
                                             (uint32_t)sizes[1]);
        snprintf(name, FUNCTION_NAME_BYTES, "%s", first != NULL ? first : "");
    }
    rask_free(names);
    return status;
}

/* The least name of `n` fields that is not empty, or NULL. */
static const char *least_name(const char *names, int n)
{
    const char *least = NULL;
    for (int i = 0; i < n; i++) {
        const char *name = names + (size_t)i * FUNCTION_NAME_BYTES;
        if (name[0] != '\0' && (least == NULL || strcmp(name, least) < 0))
            least = name;
    }
    return least;
}

/* Which version of a function each rank has; -1: it is missing there. */
struct versions {
    const int64_t *of;
    uint8_t *is_meant; /* scratch: a mark per rank */
    int n_ranks;
};

/* Marks the ranks with this version; how many there are. */
static int mark_version(const struct versions *versions, int64_t version)
{
    int n = 0;
    for (int i = 0; i < versions->n_ranks; i++) {
        versions->is_meant[i] = versions->of[i] == version;
        n += versions->is_meant[i];
    }
    return n;
}

/* The error of a function that is not the same on all ranks. */
static rask_status tell_function(const char *name, const struct versions *versions,
                                 const struct rask_card *cards, struct rask_error *error)
{
    char text[RANKS_TEXT_BYTES];
    int other = 0, n_ranks = versions->n_ranks;
    if (mark_version(versions, -1) != 0) {
        ranks_text(text, versions->is_meant, n_ranks, cards);
        return rask_error_set(error, RASK_ERR_VERSION,
                              "task function \"%s\" is missing on %s and known to the others: "
                              "start the same program on "
                              "every rank, and load a plug-in on every rank or on none",
                              name, text);
    }
    int n_first = mark_version(versions, versions->of[0]);
    while (other < n_ranks - 1 && versions->of[other] == versions->of[0])
        other++;
    int n_other = mark_version(versions, versions->of[other]);
    ranks_text(text, versions->is_meant, n_ranks, cards);
    return rask_error_set(error, RASK_ERR_VERSION,
                          "task function \"%s\" has version %lld on %s and %lld on %s: start the "
                          "same program, with the same plug-ins, on every rank",
                          name, (long long)versions->of[other], text, (long long)versions->of[0],
                          n_first + n_other == n_ranks ? "the others" : "rank 0");
}

/* Collective: what differs between the tables, as an error; RASK_PENDING when all names are the
 * same. */
static rask_status compare_functions(MPI_Comm comm, const struct rask_boot_request *request,
                                     const struct rask_card *cards, struct rask_error *error)
{
    int n_ranks = 0;
    MPI_Comm_size(comm, &n_ranks);
    char name[FUNCTION_NAME_BYTES] = "", differing[FUNCTION_NAME_BYTES] = "";
    rask_status status = compare_with_first(comm, request, name, error);
    if (status != RASK_OK)
        return status;
    size_t n = (size_t)n_ranks, bytes = n * (sizeof(int64_t) + FUNCTION_NAME_BYTES + 1);
    int64_t *versions = rask_alloc(bytes); /* and names, and marks */
    status = rask_mpi_agree(
        comm, versions == NULL ? rask_error_memory(error, bytes, "names") : RASK_OK, error);
    if (status != RASK_OK) {
        rask_free(versions);
        return status;
    }
    char *names = (char *)(versions + n);
    MPI_Allgather(name, FUNCTION_NAME_BYTES, MPI_CHAR, names, FUNCTION_NAME_BYTES, MPI_CHAR, comm);
    const char *least = least_name(names, n_ranks);
    if (least != NULL)
        rask_text_copy(differing, sizeof differing, least);
    /* A name has no blanks: what follows is its version. */
    differing[strcspn(differing, " ")] = '\0';
    int64_t version = version_of(request, differing);
    MPI_Allgather(&version, 1, MPI_INT64_T, versions, 1, MPI_INT64_T, comm);
    status = RASK_PENDING;
    struct versions all = {versions, (uint8_t *)names + n * FUNCTION_NAME_BYTES, n_ranks};
    if (least != NULL)
        status = tell_function(differing, &all, cards, error);
    rask_free(versions);
    return status;
}

/* ---- the verdict ---- */

enum trait { TRAIT_VERSION, TRAIT_PROGRAM, TRAIT_LIBRARY, TRAIT_DIGEST };

static int is_alike(const struct rask_card *a, const struct rask_card *b, enum trait trait)
{
    switch (trait) {
    case TRAIT_VERSION:
        return strcmp(a->version, b->version) == 0;
    case TRAIT_PROGRAM:
        return a->program == b->program;
    case TRAIT_LIBRARY:
        return a->library == b->library;
    case TRAIT_DIGEST:
        return a->digest_lo == b->digest_lo && a->digest_hi == b->digest_hi;
    }
    return 1;
}

/* How many ranks differ from rank 0 in this; `text` names them. */
static int differing(const struct rask_card *cards, int n_ranks, enum trait trait, char *text)
{
    int n = 0;
    uint8_t *is_other = rask_alloc_zeroed((size_t)n_ranks, 1);
    for (int i = 1; i < n_ranks; i++) {
        int is_different = !is_alike(&cards[0], &cards[i], trait);
        n += is_different;
        if (is_other != NULL)
            is_other[i] = (uint8_t)is_different;
    }
    if (is_other != NULL)
        ranks_text(text, is_other, n_ranks, cards);
    else
        snprintf(text, RANKS_TEXT_BYTES, "%d rank(s)", n);
    rask_free(is_other);
    return n;
}

rask_status rask_cards_check(MPI_Comm comm, const struct rask_boot_request *request,
                             const struct rask_card *cards, struct rask_error *error)
{
    int n_ranks = 0;
    char text[RANKS_TEXT_BYTES];
    MPI_Comm_size(comm, &n_ranks);
    if (differing(cards, n_ranks, TRAIT_DIGEST, text) != 0) {
        rask_status status = compare_functions(comm, request, cards, error);
        if (status != RASK_PENDING)
            return status;
    }
    static const char remedy[] =
        "start the same executable with the same library on every rank (ldd shows which)";
    if (differing(cards, n_ranks, TRAIT_VERSION, text) != 0)
        return rask_error_set(error, RASK_ERR_VERSION,
                              "%s: another version of Rask than the %s of rank 0 (host %.40s): %s",
                              text, cards[0].version, cards[0].host, remedy);
    if (differing(cards, n_ranks, TRAIT_PROGRAM, text) != 0)
        return rask_error_set(error, RASK_ERR_VERSION,
                              "%s: another program, or another build of it, than rank 0 "
                              "(host %.40s): %s",
                              text, cards[0].host, remedy);
    if (differing(cards, n_ranks, TRAIT_LIBRARY, text) != 0)
        return rask_error_set(error, RASK_ERR_VERSION,
                              "%s: another build of the Rask library than rank 0 (host %.40s): %s",
                              text, cards[0].host, remedy);
    if (differing(cards, n_ranks, TRAIT_DIGEST, text) != 0)
        return rask_error_set(error, RASK_ERR_VERSION,
                              "%s: task functions of the same names but other versions than on "
                              "rank 0 (host %.40s): %s",
                              text, cards[0].host, remedy);
    return RASK_OK;
}
