/* SPDX-License-Identifier: BSD-3-Clause */
/* setup.c: what a process needs to become a rank of a job: settings, functions, machine, store,
 * transport, binding, machines, threads, in this order. Each step can fail with one clear error;
 * rask_runtime_tear_down frees what is there.
 *
 * The ranks agree twice: when they meet, on all that came before, and at the end on all that came
 * after. So a step that fails on one rank alone is the same error on all, and all leave in order.
 */
#include "api/runtime.h"
#include "api/settings.h"

#include "api/options.h"
#include "base/alloc.h"
#include "base/error.h"
#include "place/memory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

/* Room for a STOP, or a BROKEN with its text. */
#define LAST_BATCH_BYTES (RASK_ERROR_TEXT_BYTES + 64)

/* Bytes for objects when nothing is said: what memory.h allows, divided by the ranks of the node,
 * but at least this in all and for each. */
#define MIN_ARENA_BYTES (UINT64_C(128) << 20)
#define LEAST_SHARE_BYTES (UINT64_C(16) << 20)
/* Spinning time when ranks share cores: whoever waits sleeps nearly at once, since a yielding
 * spinner may still keep the core for milliseconds. */
#define OVERSUBSCRIBED_SPIN_NS 3000u

/* "name=value" of the program, or "--name=value" of its command line. */
static rask_status take_setting(struct rask_runtime *rt, const char *text, struct rask_error *error)
{
    int is_option = strncmp(text, "--", 2) == 0;
    const char *begin = text + (is_option ? 2 : 0), *equals = strchr(begin, '=');
    char name[64], source[80];
    if (equals == NULL || (size_t)(equals - begin) >= sizeof name)
        return rask_error_set(error, RASK_ERR_ARGUMENT, "setting '%s': write it as name=value",
                              text);
    memcpy(name, begin, (size_t)(equals - begin));
    name[equals - begin] = '\0';
    snprintf(source, sizeof source, "option --%s", name);
    return rask_config_set(&rt->config, name, equals + 1, is_option ? source : "program", error);
}

/* Settings from file, environment and the program. */
static rask_status take_settings(struct rask_runtime *rt, const struct rask_options *options,
                                 struct rask_error *error)
{
    rask_status status = rask_config_load(&rt->config, (const char *const *)environ, error);
    for (size_t i = 0;
         status == RASK_OK && options->settings != NULL && options->settings[i] != NULL; i++)
        status = take_setting(rt, options->settings[i], error);
    if (status == RASK_OK && options->n_threads != 0) {
        char text[16];
        snprintf(text, sizeof text, "%u", options->n_threads);
        status = rask_config_set(&rt->config, "threads", text, "program", error);
    }
    return status;
}

static rask_status open_log(struct rask_runtime *rt, struct rask_error *error)
{
    if (rt->config.log_file[0] != '\0') {
        rt->log_file = fopen(rt->config.log_file, "a");
        if (rt->log_file == NULL)
            return rask_error_set(error, RASK_ERR_IO, "cannot write the log file %s: %s",
                                  rt->config.log_file, strerror(errno));
        setvbuf(rt->log_file, NULL, _IOLBF, 0);
    }
    rask_log_init(&rt->log, rt->log_file != NULL ? rt->log_file : stderr, -1,
                  (enum rask_log_level)rt->config.log_level);
    return RASK_OK;
}

static rask_status configure(struct rask_runtime *rt, const struct rask_options *options,
                             struct rask_error *error)
{
    rask_status status = take_settings(rt, options, error);
    if (status == RASK_OK)
        status = rask_settings_check(&rt->config, error);
    return status == RASK_OK ? open_log(rt, error) : status;
}

rask_status rask_runtime_check_log(const struct rask_runtime *rt)
{
    if (rt->log_file == NULL || (fflush(rt->log_file) == 0 && !ferror(rt->log_file)))
        return RASK_OK;
    struct rask_log log;
    rask_log_init(&log, rt->is_quiet ? NULL : stderr, rt->log.rank, RASK_LOG_ERROR);
    rask_log_write(&log, RASK_LOG_ERROR,
                   "cannot write the log file %s: messages of this run are lost",
                   rt->config.log_file);
    return RASK_ERR_IO;
}

/* The trace is written at the end, but that it can be is known from the start. */
static rask_status open_trace(struct rask_runtime *rt, struct rask_error *error)
{
    if (rt->config.trace[0] == '\0')
        return RASK_OK;
    rt->trace_file = fopen(rt->config.trace, "w");
    return rt->trace_file != NULL
               ? RASK_OK
               : rask_error_set(error, RASK_ERR_IO, "cannot write the trace %s: %s",
                                rt->config.trace, strerror(errno));
}

/* Address room for objects: what the ranks of the node have together, until it is known how many
 * they are (limit_arena). */
static uint64_t arena_bytes(const struct rask_config *config)
{
    struct rask_memory memory;
    if (config->arena != 0)
        return config->arena;
    rask_memory_read(&memory, "");
    uint64_t bytes = rask_memory_for_objects(&memory) & ~((UINT64_C(1) << 21) - 1);
    return bytes < MIN_ARENA_BYTES ? MIN_ARENA_BYTES : bytes;
}

/* This rank's share of the room, if the program has not said how much it wants. */
static void limit_arena(struct rask_runtime *rt)
{
    int32_t n = rt->is_embedded ? 1 : rt->boot.comm->caps.ranks_on_node;
    if (rt->config.arena != 0 || n <= 1)
        return;
    uint64_t share = arena_bytes(&rt->config) / (uint64_t)n;
    rask_store_limit(rt->store, share < LEAST_SHARE_BYTES ? LEAST_SHARE_BYTES : share);
}

/* What takes the place of joining the other ranks. */
static rask_status boot_alone(struct rask_runtime *rt, struct rask_error *error)
{
    rt->boot.hosts = rask_alloc_zeroed(1, RASK_NAME_BYTES);
    if (rt->boot.hosts == NULL)
        return rask_error_memory(error, RASK_NAME_BYTES, "the name of the host");
    if (gethostname(rt->boot.hosts, RASK_NAME_BYTES - 1) != 0)
        rask_text_copy(rt->boot.hosts, RASK_NAME_BYTES, "unknown");
    return rask_comm_local_new(&rt->boot.comm, error);
}

/* Prints an error that all ranks have; on rank 0. */
static void tell_error(void *context, const struct rask_error *error)
{
    const struct rask_runtime *rt = context;
    if (!rt->is_quiet)
        rask_log_failure(&rt->log, error);
}

/* Joins the other ranks, also in order to tell them that this one has failed: `status` is what it
 * has come to so far. */
static rask_status boot_job(struct rask_runtime *rt, void *mpi_comm, rask_status status,
                            struct rask_error *error)
{
    struct rask_topo_counts counts;
    if (status == RASK_OK)
        status = rask_topo_count(rt->topo, NULL, &counts, error);
    if (status != RASK_OK) {
        struct rask_error failure = *error;
        struct rask_boot_request message = {
            .failure = &failure, .mpi_comm = mpi_comm, .teller = {tell_error, rt}};
        failure.code = status;
        return rask_boot_mpi(&message, &rt->boot, error);
    }
    struct rask_boot_request request = {
        .mpi_comm = mpi_comm,
        .needs_multiple = rt->config.mpi_threads == RASK_CONFIG_MPI_THREADS_MULTIPLE,
        .wants_rings = rt->config.transport == RASK_CONFIG_TRANSPORT_AUTO,
        .wants_window = rt->config.window == RASK_CONFIG_WINDOW_TWO_SIDED   ? 0
                        : rt->config.window == RASK_CONFIG_WINDOW_ONE_SIDED ? 2
                                                                            : 1,
        .digest_lo = rt->registry->digest.lo ^ RASK_WIRE_VERSION,
        .digest_hi = rt->registry->digest.hi,
        .function_names = rt->registry->names,
        .n_functions = rt->registry->count,
        .cpuset = rask_topo_own_cpuset(rt->topo),
        .n_node_cores = counts.n_cores,
        .arena = rask_store_base(rt->store),
        .arena_bytes = rask_store_arena_bytes(rt->store),
        .store = rt->store,
        .wants_sharing = rt->config.node_memory == RASK_CONFIG_NODE_MEMORY_PRIVATE  ? 0
                         : rt->config.node_memory == RASK_CONFIG_NODE_MEMORY_SHARED ? 2
                                                                                    : 1,
        .teller = {tell_error, rt}};
    return rask_boot_mpi(&request, &rt->boot, error);
}

/* The plan for this rank's threads, from the cpusets of all ranks of its node. */
static rask_status plan_binding(struct rask_runtime *rt, struct rask_error *error)
{
    const struct rask_comm_caps *caps = &rt->boot.comm->caps;
    int32_t n = rt->is_embedded ? 1 : caps->ranks_on_node;
    const char **cpusets = rask_alloc((size_t)n * sizeof *cpusets);
    int32_t *ranks = rask_alloc((size_t)n * sizeof *ranks);
    rask_status status = RASK_ERR_MEMORY;
    if (cpusets != NULL && ranks != NULL) {
        struct rask_bind_request request = {.size = sizeof request,
                                            .n_threads = (int32_t)rt->config.threads,
                                            .n_ranks = n,
                                            .index = caps->rank_on_node};
        int32_t k = 0;
        for (int32_t r = 0; !rt->is_embedded && r < caps->n_ranks && k < n; r++) {
            if (rt->boot.nodes[r] != caps->node)
                continue;
            cpusets[k] = rt->boot.cpusets + (size_t)r * 256;
            ranks[k++] = r;
        }
        request.cpusets = rt->is_embedded ? NULL : cpusets;
        request.ranks = rt->is_embedded ? NULL : ranks;
        status = rask_bind_plan(rt->topo, &request, &rt->plan, error);
    } else {
        status = rask_error_memory(error, (size_t)n * sizeof *cpusets, "the binding plan");
    }
    rask_free(cpusets);
    rask_free(ranks);
    if (status == RASK_OK && rt->plan.is_oversubscribed)
        rt->boot.comm->caps.is_oversubscribed = 1;
    for (int i = 0; status == RASK_OK && !rt->is_embedded && i < rt->plan.n_notes; i++)
        rask_log_write(&rt->log, RASK_LOG_INFO, "%s", rt->plan.notes[i]);
    return status;
}

/* Tasks that rank 0 runs at once: automatic is all its cores but one, and its one core in a job of
 * two cores. */
static uint32_t own_slots(const struct rask_runtime *rt)
{
    const struct rask_comm_caps *caps = &rt->boot.comm->caps;
    uint32_t n = (uint32_t)rt->plan.n_threads;
    if (rt->is_embedded || caps->rank != 0 || rt->config.rank0_works == RASK_CONFIG_YES)
        return n;
    if (rt->config.rank0_works == RASK_CONFIG_NO)
        return 0;
    if (rt->plan.n_cores > 1 && n > 1 && !rt->plan.is_oversubscribed)
        return n - 1;
    return caps->n_ranks <= 2 && !rt->plan.is_oversubscribed ? n : 0;
}

static int take_back(void *context, struct rask_task *task)
{
    struct rask_runtime *rt = context;
    return rask_exec_take_back(&rt->loop.exec, task);
}

static const void *in_place(void *context, const struct rask_wire_input *object)
{
    struct rask_runtime *rt = context;
    return rask_loop_in_place(&rt->loop, object);
}

/* What the loop and the threads' queue know of this rank. */
static void join_parts(struct rask_runtime *rt)
{
    struct rask_loop *loop = &rt->loop;
    const struct rask_comm_caps *caps = &rt->boot.comm->caps;
    loop->comm = rt->boot.comm;
    loop->store = rt->store;
    loop->log = &rt->log;
    loop->is_starting = 1;
    rt->log.rank = rt->is_embedded ? -1 : caps->rank;
    loop->exec.registry = rt->registry;
    loop->exec.store = rt->store;
    loop->exec.runtime = rt;
    loop->exec.n_slots = own_slots(rt);
    loop->exec.inline_bytes = (uint32_t)rt->config.inline_bytes;
    loop->exec.rank = caps->rank;
}

static rask_status make_worker(struct rask_runtime *rt, struct rask_error *error)
{
    const struct rask_comm_caps *caps = &rt->boot.comm->caps;
    struct rask_wire_resource resources[RASK_LIMIT_RESOURCES];
    struct rask_worker_config worker = {.rank = caps->rank,
                                        .node = caps->node,
                                        .n_slots = rt->loop.exec.n_slots,
                                        .resources = resources,
                                        .payloads = (uint8_t *)rask_store_base(rt->store) +
                                                    RASK_OBJECT_HEADER_BYTES,
                                        .context = rt,
                                        .in_place = rt->boot.comm->arenas == NULL ? NULL : in_place,
                                        .take_back = take_back};
    rask_status status =
        rask_resources_parse(rt->config.resources, resources, &worker.n_resources, error);
    if (worker.n_slots == 0)
        worker.n_resources = 0;
    return status == RASK_OK ? rask_worker_init(&rt->loop.worker, &worker, error) : status;
}

static rask_status make_scheduler(struct rask_runtime *rt, struct rask_error *error)
{
    struct rask_sched_config sched;
    rask_sched_config_default(&sched);
    sched.n_ranks = (uint32_t)rt->boot.comm->caps.n_ranks;
    sched.n_functions = rt->registry->count;
    sched.saturation = rt->config.saturation;
    sched.max_ahead =
        rt->config.window_depth > 0 ? (uint32_t)rt->config.window_depth : sched.max_ahead;
    sched.allowed_failures = (uint32_t)rt->config.allowed_failures;
    sched.is_stealing = rt->config.stealing;
    sched.is_checking = rt->config.check;
    sched.is_closed = 1;
    sched.trace_events = rt->config.trace[0] != '\0' ? UINT64_C(1) << 20 : 0;
    rask_status status = open_trace(rt, error);
    return status == RASK_OK ? rask_sched_new(&sched, &rt->loop.sched, error) : status;
}

static rask_status make_machines(struct rask_runtime *rt, struct rask_error *error)
{
    struct rask_loop *loop = &rt->loop;
    int32_t rank = rt->boot.comm->caps.rank;
    join_parts(rt);
    rask_client_init(&loop->client, rank);
    rask_status status = rask_exec_init(&loop->exec, error);
    if (status == RASK_OK)
        status = make_worker(rt, error);
    if (status == RASK_OK)
        status = rask_loop_init(loop, error);
    if (status == RASK_OK && rank == 0)
        status = make_scheduler(rt, error);
    return status;
}

/* What needs no other rank. */
static rask_status prepare(struct rask_runtime *rt, struct rask_error *error)
{
    rask_status status = rask_registry_new(rask_registry_entries(), &rt->registry, error);
    if (status == RASK_OK)
        status = rt->is_embedded ? rask_topo_load_light(&rt->topo, error)
                                 : rask_topo_load(RASK_TOPO_MACHINE, NULL, &rt->topo, error);
    if (status == RASK_OK)
        status = rask_store_new(arena_bytes(&rt->config), &rt->store, error);
    return status;
}

/* Where the bytes of objects lie, and whether free memory may go back to the system. */
static void place_arena(struct rask_runtime *rt)
{
    const struct rask_comm_caps *caps = &rt->boot.comm->caps;
    struct rask_error error;
    if (rt->config.bind &&
        rask_place_bind_memory(rt->topo, rask_store_base(rt->store),
                               rask_store_arena_bytes(rt->store), rt->plan.numa, &error) != RASK_OK)
        rask_log_write(&rt->log, RASK_LOG_INFO, "%s", error.text);
    /* Within one node gets go through shared memory or the kernel, which know a page by its
     * address. A network's adapter knows it by where it was when the window was made. */
    if (caps->has_window && caps->n_nodes > 1)
        rask_store_keep(rt->store);
}

/* The settings as text, for rask_setting. */
static rask_status keep_settings(struct rask_runtime *rt, struct rask_error *error)
{
    rt->settings = rask_alloc_zeroed(RASK_CONFIG_COUNT, sizeof *rt->settings);
    if (rt->settings == NULL)
        return rask_error_memory(error, RASK_CONFIG_COUNT * sizeof *rt->settings, "the settings");
    for (size_t i = 0; i < RASK_CONFIG_COUNT; i++)
        rask_config_at(&rt->config, i, &rt->settings[i]);
    return RASK_OK;
}

/* Room for the slots of all ranks, which are shared at the end. */
static rask_status make_table(struct rask_runtime *rt, struct rask_error *error)
{
    size_t n = (size_t)rt->boot.comm->caps.n_ranks;
    rt->slots = rask_alloc_zeroed(n, sizeof *rt->slots);
    return rt->slots != NULL
               ? RASK_OK
               : rask_error_memory(error, n * sizeof *rt->slots, "the table of workers");
}

/* What follows the transport; on one rank it may fail alone. */
static rask_status begin(struct rask_runtime *rt, struct rask_error *error)
{
    limit_arena(rt);
    rask_status status = plan_binding(rt, error);
    if (status == RASK_OK && rask_buf_reserve(&rt->last_batch, LAST_BATCH_BYTES) != 0)
        status = rask_error_memory(error, LAST_BATCH_BYTES, "the last message");
    if (status == RASK_OK)
        status = make_table(rt, error);
    if (status == RASK_OK)
        status = make_machines(rt, error);
    if (status != RASK_OK)
        return status;
    place_arena(rt);
    rt->spin_ns = rt->config.spin_ns;
    if (rt->boot.comm->caps.is_oversubscribed && rt->spin_ns > OVERSUBSCRIBED_SPIN_NS)
        rt->spin_ns = OVERSUBSCRIBED_SPIN_NS;
    rask_libraries_find(&rt->libraries, environ);
    status = keep_settings(rt, error);
    if (status != RASK_OK)
        return status;
    status = rask_signals_start(rt, error);
    return status == RASK_OK ? rask_threads_start(rt, error) : status;
}

/* Every rank learns which ranks work, and with how many slots. */
static rask_status share_slots(struct rask_runtime *rt, struct rask_error *error)
{
    struct rask_comm *comm = rt->boot.comm;
    rask_status status = comm->ops->share(comm, rt->loop.exec.n_slots, rt->slots, error);
    for (int32_t r = 0; status == RASK_OK && r < comm->caps.n_ranks; r++) {
        rt->n_workers += rt->slots[r] != 0;
        rt->n_slots_all += rt->slots[r];
    }
    return status;
}

/* The outcome of `begin` on all ranks. The threads may be turning the loop already, and MPI is
 * called by its holder only. */
static rask_status agree(struct rask_runtime *rt, rask_status status, struct rask_error *error)
{
    struct rask_comm *comm = rt->boot.comm;
    if (!rt->is_embedded && status != RASK_OK && status != RASK_ERR_BINDING)
        error->rank = comm->caps.rank;
    rask_loop_take(&rt->loop);
    status = comm->ops->agree(comm, status, error);
    if (status == RASK_OK)
        status = share_slots(rt, error);
    rask_loop_give(&rt->loop);
    return status;
}

rask_status rask_runtime_set_up(struct rask_runtime *rt, const struct rask_options *options,
                                const struct rask_attachment *attachment, struct rask_error *error)
{
    struct rask_options own;
    rask_status status = rask_options_read(options, &own, sizeof own, "rask_options", error);
    rt->is_quiet = own.is_quiet;
    rask_log_init(&rt->log, own.is_quiet ? NULL : stderr, -1, RASK_LOG_WARNING);
    enum rask_launch launch = rask_boot_detect(rt->launch_text, sizeof rt->launch_text);
    void *mpi_comm = attachment == NULL ? NULL : attachment->mpi_comm;
    rt->is_embedded = attachment == NULL ? launch == RASK_LAUNCH_ALONE : attachment->n_ranks == 1;
    if (launch == RASK_LAUNCH_UNKNOWN)
        return rask_error_set(error, RASK_ERR_UNSUPPORTED,
                              "%s; this build has no MPI: configure it with an MPI",
                              rt->launch_text);
    /* Before anything that takes other ranks: they may be serving. */
    rask_status added = rask_exit_add(rt, status == RASK_OK ? error : NULL);
    if (added != RASK_OK)
        return status == RASK_OK ? added : status;
    if (status == RASK_OK)
        status = configure(rt, &own, error);
    if (status == RASK_OK) {
        rask_signals_block(rt);
        status = prepare(rt, error);
    }
    if (!rt->is_embedded)
        status = boot_job(rt, mpi_comm, status, error);
    else if (status == RASK_OK)
        status = boot_alone(rt, error);
    return status == RASK_OK ? agree(rt, begin(rt, error), error) : status;
}

/* Frees everything; the threads have ended and the transport has stopped. */
void rask_runtime_tear_down(struct rask_runtime *rt)
{
    rask_exit_remove(rt);
    if (rt->is_cut_off)
        rask_loop_leave_gets(&rt->loop);
    rask_loop_release(&rt->loop);
    rask_boot_result_release(&rt->boot);
    rask_bind_plan_release(&rt->plan);
    rask_libraries_release(&rt->libraries);
    rask_topo_free(rt->topo);
    /* What MPI may still read or write stays. */
    if (!rt->is_cut_off)
        rask_store_free(rt->store);
    rask_registry_free(rt->registry);
    rask_free(rt->slots);
    rask_free(rt->settings);
    rask_buf_release(&rt->last_batch);
    if (rt->log_file != NULL)
        fclose(rt->log_file);
    if (rt->trace_file != NULL)
        fclose(rt->trace_file);
    rask_free(rt);
}
