/* SPDX-License-Identifier: BSD-3-Clause */
/* describe.c: rask_describe: what the runtime consists of, on one page for people or as JSON.
 *
 * What a worker says about itself comes from a task that runs there, so that the page shows ranks
 * that really work and where their threads really are. Rank 0 speaks for itself when it has no
 * slots. */
#include "api/runtime.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/fmt.h"
#include "base/json.h"
#include "place/cpuset.h"

#include <errno.h>
#include <inttypes.h>
#include <rask/function.h>
#include <rask/future.h>
#include <rask/task.h>
#include <rask/version.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#define LIST_BYTES 256 /* a list of PUs; a longer one is cut */
#define MAX_PUS 65536

struct rank_facts {
    int32_t rank, node;
    uint32_t n_slots;
    int32_t numa; /* -1: several, or unknown */
    int64_t process;
    uint64_t arena_bytes;
    uint8_t is_bound, n_notes;
    char host[RASK_NAME_BYTES];
    char cpuset[LIST_BYTES]; /* what the rank was given */
    char share[LIST_BYTES]; /* the part of it that its threads use */
    char thread[LIST_BYTES]; /* where the thread that tells this may run */
    char transport[384], window[320], sharing[320];
    char notes[RASK_BIND_NOTES][RASK_BIND_NOTE_BYTES];
};

/* What the page is written from. */
struct page {
    struct rask_runtime *runtime;
    FILE *stream;
    struct rank_facts *ranks; /* one per rank */
    size_t n_ranks;
    char *machine; /* a paragraph */
    rask_status status; /* the first thing that went wrong */
};

/* The calling thread's affinity as list; "" when the system does not say. */
static void thread_cpuset(char *text, size_t text_bytes)
{
    struct rask_idset set = {0};
    struct rask_buf list = {0};
    size_t bytes = CPU_ALLOC_SIZE(MAX_PUS);
    cpu_set_t *mask = rask_alloc_zeroed(1, bytes);
    text[0] = '\0';
    rask_status status =
        mask != NULL && sched_getaffinity(0, bytes, mask) == 0 ? RASK_OK : RASK_ERR_SYSTEM;
    for (size_t pu = 0; status == RASK_OK && pu < MAX_PUS; pu++)
        if (CPU_ISSET_S(pu, bytes, mask) && rask_idset_add(&set, (uint32_t)pu) != 0)
            status = RASK_ERR_MEMORY;
    if (status == RASK_OK && rask_cpuset_print(&set, &list, NULL) == RASK_OK)
        rask_text_copy(text, text_bytes, (const char *)list.data);
    rask_buf_release(&list);
    rask_idset_release(&set);
    rask_free(mask);
}

static void tell(const struct rask_runtime *rt, struct rank_facts *facts)
{
    const struct rask_comm_caps *caps = &rt->boot.comm->caps;
    *facts = (struct rank_facts){.rank = caps->rank,
                                 .node = caps->node,
                                 .n_slots = rt->loop.exec.n_slots,
                                 .numa = rt->plan.numa,
                                 .process = (int64_t)getpid(),
                                 .arena_bytes = rask_store_arena_bytes(rt->store),
                                 .is_bound = rt->plan.is_bound && rt->config.bind,
                                 .n_notes = rt->plan.n_notes};
    if (gethostname(facts->host, sizeof facts->host) != 0)
        rask_text_copy(facts->host, sizeof facts->host, "?");
    facts->host[sizeof facts->host - 1] = '\0';
    rask_text_copy(facts->cpuset, sizeof facts->cpuset, rask_topo_own_cpuset(rt->topo));
    rask_text_copy(facts->share, sizeof facts->share,
                   rt->plan.cpuset == NULL ? "" : rt->plan.cpuset);
    thread_cpuset(facts->thread, sizeof facts->thread);
    rask_text_copy(facts->transport, sizeof facts->transport, caps->transport_text);
    rask_text_copy(facts->window, sizeof facts->window, caps->window_text);
    rask_text_copy(facts->sharing, sizeof facts->sharing, caps->node_text);
    memcpy(facts->notes, rt->plan.notes, sizeof facts->notes);
}

static int rask_describe_rank(struct rask_task *task)
{
    struct rank_facts *facts = rask_task_result(task, sizeof *facts);
    if (facts == NULL)
        return rask_task_fail(task, RASK_ERR_MEMORY, "no room for the description of a rank");
    tell(rask_runtime_of(rask_task_runtime(task)), facts);
    return 0;
}
RASK_TASK(rask_describe_rank)

/* Asks every worker. */
static rask_status gather(struct rask *rask, struct rank_facts *ranks, struct rask_error *error)
{
    size_t n = (size_t)rask_worker_count(rask);
    struct rask_future *futures = rask_alloc_zeroed(n, sizeof *futures);
    struct rask_view *views = rask_alloc_zeroed(n, sizeof *views);
    const struct rask_call call = {.function = rask_describe_rank};
    rask_status status =
        futures != NULL && views != NULL
            ? rask_run_everywhere(rask, &call, futures, error)
            : rask_error_memory(error, n * sizeof *views, "the description of ranks");
    if (status == RASK_OK) {
        status = rask_gather(rask, futures, n, views, error);
        for (size_t i = 0; status == RASK_OK && i < n; i++) {
            struct rank_facts facts;
            memcpy(&facts, views[i].data, sizeof facts);
            ranks[facts.rank] = facts;
        }
        rask_release(rask, futures, n);
    }
    rask_free(views);
    rask_free(futures);
    return status;
}

static const char *roles_of(const struct rank_facts *facts)
{
    if (facts->rank != 0)
        return "worker";
    return facts->n_slots > 0 ? "scheduler, client, worker" : "scheduler, client";
}

static void json_text(struct page *page, const char *before, const char *text)
{
    struct rask_buf out = {0};
    if (rask_json_string(&out, text) == RASK_OK)
        fprintf(page->stream, "%s%s", before, (const char *)out.data);
    else
        page->status = RASK_ERR_MEMORY;
    rask_buf_release(&out);
}

static void json_rank(struct page *page, const struct rank_facts *facts)
{
    fprintf(page->stream, "    {\"rank\": %" PRId32 ", \"node\": %" PRId32, facts->rank,
            facts->node);
    json_text(page, ", \"host\": ", facts->host);
    json_text(page, ", \"roles\": ", roles_of(facts));
    fprintf(page->stream, ", \"slots\": %" PRIu32 ", \"process\": %" PRId64 ", \"numa\": %" PRId32,
            facts->n_slots, facts->process, facts->numa);
    json_text(page, ", \"cpuset\": ", facts->cpuset);
    json_text(page, ", \"share\": ", facts->share);
    json_text(page, ", \"thread\": ", facts->thread);
    fprintf(page->stream, ", \"is_bound\": %s, \"arena_bytes\": %" PRIu64,
            facts->is_bound ? "true" : "false", facts->arena_bytes);
    json_text(page, ", \"transport\": ", facts->transport);
    json_text(page, ", \"window\": ", facts->window);
    json_text(page, ", \"node_memory\": ", facts->sharing);
    fprintf(page->stream, ", \"notes\": [");
    for (int i = 0; i < facts->n_notes; i++)
        json_text(page, i == 0 ? "" : ", ", facts->notes[i]);
    fprintf(page->stream, "]}");
}

static void write_json(struct page *page)
{
    struct rask_runtime *rt = page->runtime;
    struct rask_config_entry entry;
    json_text(page, "{\n  \"version\": ", rask_version());
    json_text(page, ",\n  \"machine\": ", page->machine);
    json_text(page, ",\n  \"started\": ", rt->launch_text);
    fprintf(page->stream,
            ",\n  \"form\": \"%s\",\n  \"nodes\": %" PRId32 ",\n  \"workers\": %" PRId32
            ",\n  \"slots\": %" PRIu32 ",\n  \"functions\": %" PRIu32 ",\n  \"ranks\": [\n",
            rt->is_embedded ? "embedded" : "MPI", rt->boot.comm->caps.n_nodes, rt->n_workers,
            rt->n_slots_all, rt->registry->count);
    for (size_t i = 0; i < page->n_ranks; i++) {
        json_rank(page, &page->ranks[i]);
        fprintf(page->stream, i + 1 < page->n_ranks ? ",\n" : "\n");
    }
    fprintf(page->stream, "  ],\n  \"settings\": [\n");
    for (size_t i = 0; rask_config_at(&rt->config, i, &entry); i++) {
        json_text(page, "    {\"name\": ", entry.name);
        json_text(page, ", \"value\": ", entry.value);
        json_text(page, ", \"source\": ", entry.source);
        fprintf(page->stream, i + 1 < RASK_CONFIG_COUNT ? "},\n" : "}\n");
    }
    fprintf(page->stream, "  ]\n}\n");
}

static int widest(int width, const char *text)
{
    int length = (int)strlen(text);
    return length > width ? length : width;
}

static void write_ranks(const struct page *page)
{
    int host = 4, roles = 5, cpuset = 6, share = 7;
    for (size_t i = 0; i < page->n_ranks; i++) {
        const struct rank_facts *facts = &page->ranks[i];
        host = widest(host, facts->host);
        roles = widest(roles, roles_of(facts));
        cpuset = widest(cpuset, facts->cpuset);
        share = widest(share, facts->share);
    }
    fprintf(page->stream, "\nRanks\n  rank  node  %-*s  %-*s  slots  %-*s  %-*s  binding\n", host,
            "host", roles, "roles", cpuset, "cpuset", share, "threads");
    for (size_t i = 0; i < page->n_ranks; i++) {
        const struct rank_facts *facts = &page->ranks[i];
        fprintf(page->stream,
                "  %4" PRId32 "  %4" PRId32 "  %-*s  %-*s  %5" PRIu32 "  %-*s  %-*s  %s\n",
                facts->rank, facts->node, host, facts->host, roles, roles_of(facts), facts->n_slots,
                cpuset, facts->cpuset, share, facts->share,
                facts->is_bound ? "one core per thread" : "not bound");
    }
}

/* Notes of the binding plans; ranks of a node often have the same. */
static void write_notes(const struct page *page)
{
    int has_title = 0;
    for (size_t i = 0; i < page->n_ranks; i++)
        for (int k = 0; k < page->ranks[i].n_notes; k++) {
            int is_new = 1;
            for (size_t j = 0; is_new && j < i; j++)
                is_new = k >= page->ranks[j].n_notes ||
                         strcmp(page->ranks[j].notes[k], page->ranks[i].notes[k]) != 0;
            if (!is_new)
                continue;
            fprintf(page->stream, "%s  rank %zu: %s\n", has_title ? "" : "\nNotes\n", i,
                    page->ranks[i].notes[k]);
            has_title = 1;
        }
}

static void write_settings(const struct page *page)
{
    struct rask_config_entry entry;
    int name = 0, value = 5;
    for (size_t i = 0; rask_config_at(&page->runtime->config, i, &entry); i++) {
        name = widest(name, entry.name);
        value = widest(value, entry.value);
    }
    fprintf(page->stream, "\nSettings\n");
    for (size_t i = 0; rask_config_at(&page->runtime->config, i, &entry); i++) {
        char bytes[RASK_FORMAT_BYTES], room[RASK_FORMAT_BYTES + 16];
        int is_arena = i == RASK_CONFIG_INDEX_arena && page->runtime->config.arena == 0;
        snprintf(room, sizeof room, "automatic: %s",
                 rask_format_bytes(bytes, sizeof bytes, page->ranks[0].arena_bytes));
        fprintf(page->stream, "  %-*s  %-*s  %s\n", name, entry.name, value < 30 ? value : 30,
                is_arena ? room : entry.value, entry.source);
    }
}

static void write_text(struct page *page)
{
    const struct rask_runtime *rt = page->runtime;
    const struct rank_facts *first = &page->ranks[0];
    int32_t n_nodes = rt->boot.comm->caps.n_nodes;
    char bytes[RASK_FORMAT_BYTES];
    fprintf(page->stream, "rask %s\n\nMachine\n  %s\n\nJob\n  started    %s\n", rask_version(),
            page->machine, rt->is_embedded ? "one process alone (embedded)" : rt->launch_text);
    fprintf(page->stream,
            "  size       %zu rank%s on %" PRId32 " node%s; %" PRId32 " worker%s, %" PRIu32
            " slot%s\n",
            page->n_ranks, page->n_ranks == 1 ? "" : "s", n_nodes, n_nodes == 1 ? "" : "s",
            rt->n_workers, rt->n_workers == 1 ? "" : "s", rt->n_slots_all,
            rt->n_slots_all == 1 ? "" : "s");
    fprintf(page->stream,
            "  transport  %s\n  window     %s\n  on a node  objects are %s\n"
            "  objects    room for %s on each rank\n",
            first->transport, first->window, first->sharing,
            rask_format_bytes(bytes, sizeof bytes, first->arena_bytes));
    write_ranks(page);
    write_notes(page);
    write_settings(page);
}

static rask_status describe_machine(struct page *page, struct rask_error *error)
{
    struct rask_topo *topo = NULL;
    rask_status status = rask_topo_load(RASK_TOPO_MACHINE, NULL, &topo, error);
    if (status == RASK_OK)
        status = rask_topo_describe(topo, &page->machine, error);
    rask_topo_free(topo);
    return status;
}

rask_status rask_describe(struct rask *rask, enum rask_describe_form form, FILE *stream,
                          struct rask_error *error)
{
    if (rask == NULL || stream == NULL)
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "rask_describe without a runtime or a stream");
    if (form != RASK_DESCRIBE_TEXT && form != RASK_DESCRIBE_JSON)
        return rask_error_set(error, RASK_ERR_ARGUMENT,
                              "rask_describe: there is no form %d; use RASK_DESCRIBE_TEXT or "
                              "RASK_DESCRIBE_JSON",
                              (int)form);
    if (rask_fork_check(rask, error) != RASK_OK)
        return RASK_ERR_STATE;
    struct page page = {.runtime = rask_runtime_of(rask),
                        .stream = stream,
                        .n_ranks = (size_t)rask_rank_count(rask)};
    page.ranks = rask_alloc_zeroed(page.n_ranks, sizeof *page.ranks);
    if (page.ranks == NULL)
        return rask_error_memory(error, page.n_ranks * sizeof *page.ranks,
                                 "the description of ranks");
    tell(page.runtime, &page.ranks[rask_rank(rask)]);
    rask_status status = gather(rask, page.ranks, error);
    if (status == RASK_OK)
        status = describe_machine(&page, error);
    if (status == RASK_OK) {
        form == RASK_DESCRIBE_JSON ? write_json(&page) : write_text(&page);
        if (page.status != RASK_OK)
            status = rask_error_memory(error, LIST_BYTES, "the description as JSON");
        else if (fflush(stream) != 0 || ferror(stream))
            status =
                rask_error_set(error, RASK_ERR_IO, "writing the description: %s", strerror(errno));
    }
    rask_free(page.machine);
    rask_free(page.ranks);
    return status;
}
