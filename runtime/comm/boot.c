/* SPDX-License-Identifier: BSD-3-Clause */
/* boot.c: see boot.h. The order: MPI up, duplicate the communicator, gather the cards, compare
 * them, find the nodes, share memory on each, post receives, make and test the window. After
 * every step that can fail on one rank alone the ranks agree on its outcome, so that all go on
 * or all return the same error.
 *
 * Ends that are not orderly are left to the launcher: when rank 0 or the launcher itself is
 * killed, Open MPI's processes notice the lost connection to their daemon and end within
 * seconds, and slurmstepd ends the tasks of its step. PR_SET_PDEATHSIG is not used: it fires
 * when the parent's thread ends, and slurmstepd and orted start processes from threads that may. */
#include "comm/boot.h"

#include "base/alloc.h"
#include "base/error.h"
#include "comm/launch.h"
#include "comm/mpi_comm.h"
#include "comm/mpi_err.h"
#include "comm/same.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a start has come to so far. */
struct start {
    const struct rask_boot_request *request;
    struct rask_mpi *mpi;
    struct rask_card *cards;
    int32_t *nodes;
    int has_initialised_mpi, has_ignored_sigpipe;
};

static int is_mpi_up(void)
{
    int is_up = 0, is_over = 0;
    MPI_Initialized(&is_up);
    MPI_Finalized(&is_over);
    return is_up && !is_over;
}

enum rask_launch rask_boot_detect(char *text, size_t text_bytes)
{
    struct rask_launcher launcher;
    rask_launcher_find(&launcher);
    rask_launcher_text(&launcher, text, text_bytes);
    if (is_mpi_up()) {
        int n_ranks = 1;
        MPI_Comm_size(MPI_COMM_WORLD, &n_ranks);
        snprintf(text, text_bytes, "the program has initialised MPI, %d rank%s", n_ranks,
                 n_ranks == 1 ? "" : "s");
        return n_ranks > 1 ? RASK_LAUNCH_MPI : RASK_LAUNCH_ALONE;
    }
    return launcher.name == NULL || launcher.n_ranks == 1 ? RASK_LAUNCH_ALONE : RASK_LAUNCH_MPI;
}

/* ---- MPI up ---- */

static const char *level_name(int level)
{
    switch (level) {
    case MPI_THREAD_SINGLE:
        return "MPI_THREAD_SINGLE";
    case MPI_THREAD_FUNNELED:
        return "MPI_THREAD_FUNNELED";
    case MPI_THREAD_SERIALIZED:
        return "MPI_THREAD_SERIALIZED";
    case MPI_THREAD_MULTIPLE:
        return "MPI_THREAD_MULTIPLE";
    default:
        return "an unknown thread level";
    }
}

/* The first line of MPI's own description, up to its first comma. */
static void library_text(char *text, size_t text_bytes)
{
    char version[MPI_MAX_LIBRARY_VERSION_STRING];
    int n_chars = 0;
    if (MPI_Get_library_version(version, &n_chars) != MPI_SUCCESS)
        n_chars = 0;
    version[n_chars < (int)sizeof version ? n_chars : 0] = '\0';
    version[strcspn(version, ",\n")] = '\0';
    for (char *c = version; *c != '\0'; c++)
        if (*c == '\t')
            *c = ' ';
    snprintf(text, text_bytes, "%.100s", version[0] != '\0' ? version : "an MPI without a name");
}

static int needed_level(const struct rask_boot_request *request)
{
    return request->needs_multiple ? MPI_THREAD_MULTIPLE : MPI_THREAD_SERIALIZED;
}

/* A write to a connection whose other end has died must be an error and not the end of this
 * process. */
static void ignore_sigpipe(struct start *start)
{
    struct sigaction old;
    if (sigaction(SIGPIPE, NULL, &old) == 0 && old.sa_handler == SIG_DFL &&
        !(old.sa_flags & SA_SIGINFO) && signal(SIGPIPE, SIG_IGN) != SIG_ERR)
        start->has_ignored_sigpipe = 1;
}

static rask_status wrong_launcher(const struct rask_launcher *launcher, struct rask_error *error)
{
    char told[160], library[128];
    rask_launcher_text(launcher, told, sizeof told);
    library_text(library, sizeof library);
    return rask_error_set(
        error, RASK_ERR_STATE,
        "started by %s, but MPI (%s) sees one rank in each process: the launcher does not fit this "
        "program's MPI. Use the mpirun of that MPI, or under Slurm srun --mpi=pmix (srun "
        "--mpi=list "
        "shows what there is)",
        told, library);
}

/* Without a PMI Open MPI ends the process in MPI_Init, with advice on how to build Slurm; so it
 * is not called. */
static rask_status check_launcher(struct rask_error *error)
{
    struct rask_launcher launcher;
    char library[128];
    rask_launcher_find(&launcher);
    library_text(library, sizeof library);
    if (launcher.is_without_pmi && launcher.n_ranks > 1 && strncmp(library, "Open MPI", 8) == 0)
        return wrong_launcher(&launcher, error);
    return RASK_OK;
}

/* One world for each process although the launcher started several: this program's MPI does not
 * know the launcher. */
static rask_status check_world(struct rask_error *error)
{
    struct rask_launcher launcher;
    int n_ranks = 0;
    rask_launcher_find(&launcher);
    MPI_Comm_size(MPI_COMM_WORLD, &n_ranks);
    return n_ranks == 1 && launcher.n_ranks > 1 ? wrong_launcher(&launcher, error) : RASK_OK;
}

static rask_status bring_mpi_up(struct start *start, struct rask_error *error)
{
    int is_over = 0, provided = 0;
    MPI_Finalized(&is_over);
    if (is_over)
        return rask_error_set(error, RASK_ERR_STATE,
                              "MPI has ended in this process already, by an earlier rask_stop or "
                              "the program's MPI_Finalize, and cannot begin again: a job under a "
                              "launcher starts once in a process");
    if (is_mpi_up()) {
        ignore_sigpipe(start);
        return RASK_OK;
    }
    rask_status status = check_launcher(error);
    if (status != RASK_OK)
        return status;
    ignore_sigpipe(start);
    /* Ranks that share cores must let each other run while they wait; only before MPI_Init does
     * this count. */
    setenv("OMPI_MCA_mpi_yield_when_idle", "1", 0);
    int code = MPI_Init_thread(NULL, NULL, needed_level(start->request), &provided);
    if (code != MPI_SUCCESS)
        return rask_mpi_check(error, "MPI_Init_thread", code);
    start->has_initialised_mpi = 1;
    return start->request->mpi_comm == NULL ? check_world(error) : RASK_OK;
}

/* ---- the ranks get to know each other ---- */

/* The transport with its two communicators. */
static rask_status duplicate(struct start *start, struct rask_error *error)
{
    const void *given = start->request->mpi_comm;
    MPI_Comm comm = given != NULL ? *(const MPI_Comm *)given : MPI_COMM_WORLD,
             control = MPI_COMM_NULL;
    if (comm == MPI_COMM_NULL)
        return rask_error_set(error, RASK_ERR_ARGUMENT, "the communicator is MPI_COMM_NULL");
    rask_status status = rask_mpi_check(error, "MPI_Comm_dup", MPI_Comm_dup(comm, &control));
    if (status != RASK_OK)
        return status;
    MPI_Comm_set_errhandler(control, MPI_ERRORS_RETURN);
    start->mpi = rask_mpi_new(error);
    status = rask_mpi_agree(control, start->mpi == NULL ? RASK_ERR_MEMORY : RASK_OK, error);
    if (start->mpi == NULL) {
        MPI_Comm_free(&control);
        return status;
    }
    start->mpi->control = control;
    MPI_Comm_rank(control, &start->mpi->base.caps.rank);
    MPI_Comm_size(control, &start->mpi->base.caps.n_ranks);
    if (status == RASK_OK)
        status = rask_mpi_check(error, "MPI_Comm_dup", MPI_Comm_dup(control, &start->mpi->data));
    if (status == RASK_OK)
        MPI_Comm_set_errhandler(start->mpi->data, MPI_ERRORS_RETURN);
    return status;
}

static rask_status allocate_tables(struct start *start, struct rask_boot_result *result,
                                   struct rask_error *error)
{
    struct rask_mpi *mpi = start->mpi;
    size_t n = (size_t)mpi->base.caps.n_ranks;
    mpi->peers = rask_alloc_zeroed(n, sizeof *mpi->peers);
    mpi->n_messages_sent = rask_alloc_zeroed(n, sizeof *mpi->n_messages_sent);
    start->cards = rask_alloc_zeroed(n, sizeof *start->cards);
    result->hosts = rask_alloc_zeroed(n, RASK_NAME_BYTES);
    result->cpusets = rask_alloc_zeroed(n, RASK_CPUSET_BYTES);
    result->nodes = start->nodes = rask_alloc_zeroed(n, sizeof *result->nodes);
    if (mpi->peers == NULL || mpi->n_messages_sent == NULL || start->cards == NULL ||
        result->hosts == NULL || result->cpusets == NULL || result->nodes == NULL)
        return rask_error_memory(error, n * (sizeof *mpi->peers + sizeof *start->cards + 512),
                                 "the table of ranks");
    return RASK_OK;
}

static rask_status gather_cards(struct start *start, struct rask_error *error)
{
    struct rask_mpi *mpi = start->mpi;
    struct rask_card card;
    rask_card_fill(&card, start->request);
    MPI_Query_thread(&mpi->thread_level);
    card.thread_level = mpi->thread_level;
    int code = MPI_Allgather(&card, (int)sizeof card, MPI_BYTE, start->cards, (int)sizeof card,
                             MPI_BYTE, mpi->control);
    return rask_mpi_check(error, "MPI_Allgather", code);
}

static rask_status check_levels(const struct start *start, struct rask_error *error)
{
    int needed = needed_level(start->request);
    for (int32_t i = 0; i < start->mpi->base.caps.n_ranks; i++) {
        const struct rask_card *card = &start->cards[i];
        if (card->thread_level >= needed)
            continue;
        return rask_error_set(error, RASK_ERR_THREAD_LEVEL,
                              "rank %d (host %.40s): MPI provides %s, Rask needs %s: %s", i,
                              card->host, level_name(card->thread_level), level_name(needed),
                              start->has_initialised_mpi
                                  ? "use an MPI built with thread support"
                                  : "start MPI with MPI_Init_thread(&argc, &argv, <that level>, "
                                    "&provided) in place of "
                                    "MPI_Init");
    }
    return RASK_OK;
}

/* Nodes are numbered by their lowest rank. */
static rask_status find_nodes(struct start *start, struct rask_error *error)
{
    struct rask_mpi *mpi = start->mpi;
    struct rask_comm_caps *caps = &mpi->base.caps;
    int32_t *lowest = start->nodes, own_lowest = caps->rank;
    rask_status status =
        rask_mpi_check(error, "MPI_Comm_split_type",
                       MPI_Comm_split_type(mpi->control, MPI_COMM_TYPE_SHARED, caps->rank,
                                           MPI_INFO_NULL, &mpi->node_comm));
    if (status != RASK_OK)
        return status;
    MPI_Comm_rank(mpi->node_comm, &caps->rank_on_node);
    MPI_Comm_size(mpi->node_comm, &caps->ranks_on_node);
    MPI_Bcast(&own_lowest, 1, MPI_INT32_T, 0, mpi->node_comm);
    int code = MPI_Allgather(&own_lowest, 1, MPI_INT32_T, lowest, 1, MPI_INT32_T, mpi->control);
    for (int32_t i = 0; i < caps->n_ranks; i++)
        /* The lowest rank of a node stands before all its others, so its own number is known by
         * then. */
        lowest[i] = lowest[i] == i ? caps->n_nodes++ : lowest[lowest[i]];
    caps->node = start->nodes[caps->rank];
    caps->is_oversubscribed = caps->ranks_on_node > start->request->n_node_cores;
    return rask_mpi_check(error, "MPI_Allgather", code);
}

/* ---- the transport ---- */

static void describe(struct start *start, const struct rask_error *reason)
{
    struct rask_mpi *mpi = start->mpi;
    char library[128], local[160] = "";
    library_text(library, sizeof library);
    if (mpi->base.caps.ranks_on_node == 1)
        snprintf(local, sizeof local, "one rank on this node");
    else if (mpi->shm.base == NULL)
        snprintf(local, sizeof local, "no shared memory on this node (%.100s)", reason->text);
    else if (mpi->n_channels != 0)
        snprintf(local, sizeof local, "rings of %" PRIu64 " KiB to %s",
                 mpi->channels[0].writer.capacity >> 10,
                 mpi->base.caps.rank == 0 ? "the ranks of this node" : "rank 0");
    else
        snprintf(local, sizeof local, "shared bells on this node");
    snprintf(mpi->transport_text, sizeof mpi->transport_text,
             "MPI messages of up to %u bytes, %s; %s, %s", RASK_MESSAGE_BYTES, local, library,
             level_name(mpi->thread_level));
}

static rask_status open_transport(struct start *start, struct rask_error *error)
{
    struct rask_mpi *mpi = start->mpi;
    struct rask_comm_caps *caps = &mpi->base.caps;
    struct rask_error reason = {.text = ""};
    for (int32_t i = 0; i < caps->n_ranks; i++)
        mpi->peers[i].arena_bytes = start->cards[i].arena_bytes;
    mpi->arena = start->request->arena;
    mpi->arena_bytes = start->request->arena_bytes;
    mpi->has_initialised_mpi = start->has_initialised_mpi;
    mpi->has_ignored_sigpipe = start->has_ignored_sigpipe;
    rask_status status = rask_node_open(mpi, start->cards[0].wants_rings, &reason, error);
    status = rask_mpi_agree(mpi->control, status, error);
    if (status == RASK_OK)
        status = rask_mpi_agree(
            mpi->control,
            rask_share_open(mpi, start->request->store, start->cards[0].wants_sharing, error),
            error);
    if (status == RASK_OK)
        status = rask_mpi_agree(mpi->control, rask_messages_start(mpi, error), error);
    if (status == RASK_OK)
        status = rask_window_open(mpi, start->cards[0].wants_window, start->nodes, error);
    if (status != RASK_OK)
        return status;
    caps->has_window = mpi->window != MPI_WIN_NULL;
    caps->has_remote_nodes =
        caps->n_nodes > 1 || (mpi->shm.base == NULL && caps->ranks_on_node > 1);
    describe(start, &reason);
    return RASK_OK;
}

/* Whether all ranks have come this far without an error. */
static rask_status compare_failures(const struct start *start, struct rask_error *error)
{
    const struct rask_error *failure = start->request->failure;
    rask_status status = RASK_OK;
    if (failure != NULL) {
        *error = *failure;
        error->rank = start->mpi->base.caps.rank;
        status = failure->code;
    }
    return rask_mpi_agree(start->mpi->control, status, error);
}

static rask_status meet(struct start *start, struct rask_boot_result *result,
                        struct rask_error *error)
{
    rask_status status = duplicate(start, error);
    if (status == RASK_OK)
        status = compare_failures(start, error);
    if (status != RASK_OK)
        return status;
    MPI_Comm control = start->mpi->control;
    status = rask_mpi_agree(control, allocate_tables(start, result, error), error);
    if (status == RASK_OK)
        status = gather_cards(start, error);
    if (status == RASK_OK)
        status = check_levels(start, error);
    if (status == RASK_OK)
        status = rask_cards_check(control, start->request, start->cards, error);
    if (status == RASK_OK)
        status = find_nodes(start, error);
    if (status == RASK_OK)
        status = open_transport(start, error);
    return status;
}

static void give_tables(const struct start *start, struct rask_boot_result *result)
{
    for (int32_t i = 0; i < start->mpi->base.caps.n_ranks; i++) {
        memcpy(result->hosts + (size_t)i * RASK_NAME_BYTES, start->cards[i].host, RASK_NAME_BYTES);
        memcpy(result->cpusets + (size_t)i * RASK_CPUSET_BYTES, start->cards[i].cpuset,
               RASK_CPUSET_BYTES);
    }
    result->comm = &start->mpi->base;
    result->has_initialised_mpi = start->has_initialised_mpi;
}

/* After an error that all ranks have: MPI is as it was found, or over. */
static void undo(struct start *start, struct rask_boot_result *result,
                 const struct rask_error *error)
{
    int is_told = start->mpi != NULL && start->request->teller.tell != NULL;
    if (is_told && start->mpi->base.caps.rank == 0)
        start->request->teller.tell(start->request->teller.context, error);
    if (start->mpi != NULL) {
        rask_messages_stop(start->mpi);
        rask_window_close(start->mpi);
        rask_mpi_leave(start->mpi);
        rask_mpi_release(start->mpi);
    }
    if (start->has_initialised_mpi)
        MPI_Finalize();
    if (start->has_ignored_sigpipe)
        signal(SIGPIPE, SIG_DFL);
    rask_boot_result_release(result);
    result->is_told = is_told;
}

rask_status rask_boot_mpi(const struct rask_boot_request *request, struct rask_boot_result *result,
                          struct rask_error *error)
{
    struct start start = {.request = request};
    *result = (struct rask_boot_result){0};
    rask_status status = bring_mpi_up(&start, error);
    if (status == RASK_OK)
        status = meet(&start, result, error);
    if (status == RASK_OK)
        give_tables(&start, result);
    else
        undo(&start, result, error);
    rask_free(start.cards);
    return status;
}

/* The attribute of MPI_COMM_SELF goes first of all in MPI_Finalize. */
static int end_all(MPI_Comm comm, int key, void *value, void *end_place)
{
    void (*end)(void);
    (void)comm, (void)key, (void)value;
    memcpy(&end, end_place, sizeof end);
    rask_free(end_place);
    end();
    return MPI_SUCCESS;
}

rask_status rask_boot_at_finalize(void (*end)(void), struct rask_error *error)
{
    int key = MPI_KEYVAL_INVALID;
    void *end_place = rask_alloc(sizeof end); /* a function is no object that MPI can keep */
    if (end_place == NULL)
        return rask_error_memory(error, sizeof end, "a handler of MPI_Finalize");
    memcpy(end_place, &end, sizeof end);
    rask_status status =
        rask_mpi_check(error, "MPI_Comm_create_keyval",
                       MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, end_all, &key, end_place));
    if (status == RASK_OK) {
        status =
            rask_mpi_check(error, "MPI_Comm_set_attr", MPI_Comm_set_attr(MPI_COMM_SELF, key, NULL));
        MPI_Comm_free_keyval(&key); /* the attribute keeps it */
    }
    if (status != RASK_OK)
        rask_free(end_place);
    return status;
}

void rask_boot_result_release(struct rask_boot_result *result)
{
    rask_free(result->hosts);
    rask_free(result->cpusets);
    rask_free(result->nodes);
    result->hosts = NULL;
    result->cpusets = NULL;
    result->nodes = NULL;
}
