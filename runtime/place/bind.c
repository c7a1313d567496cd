/* SPDX-License-Identifier: BSD-3-Clause */
/* bind.c: the binding plan, see bind.h; the rules are numbered in docs/design/place.md.
 *
 * First the diagnosis: ranks with equal cpusets form a group, and any other overlap is found by
 * giving each PU to the first group that claims it, in time linear in the length of all cpusets.
 * The verdict is the same on every rank. Then the rank's share of cores (all of its cpuset, or its
 * part of the group's), and the threads on it. */
#include "place/bind.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "place/cpuset.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define TEXT_BYTES 160 /* of a cpuset or a list of ranks within a message */

/* The ranks of the node and how their cpusets relate. */
struct neighbours {
    int32_t n_ranks;
    int32_t index; /* this rank */
    struct rask_idset *sets; /* by rank index */
    int32_t *groups; /* by rank index: the first rank with the same cpuset */
    int32_t *owners; /* by PU: the group that claims it, -1 if none */
    size_t n_owners;
    struct rask_idset used; /* PUs of any rank */
    int32_t overlap[2]; /* two ranks whose cpusets overlap in part, -1 if there are none */
};

/* What the plan is made from. */
struct planning {
    const struct rask_topo *topo;
    const struct rask_bind_request *request;
    struct neighbours near;
    size_t node_cores; /* cores of the topology */
    struct rask_core *cores; /* of the rank's own cpuset, in order */
    size_t n_cores;
    int32_t n_sharers; /* ranks that share these cores, own included */
    int32_t sharer; /* position of this rank among them */
    size_t share_first; /* the rank's own part of `cores` */
    size_t share_count;
    uint8_t is_oversubscribed;
};

static rask_status memory_error(struct rask_error *error, uint64_t bytes)
{
    return rask_error_memory(error, bytes, "the binding plan");
}

/* ---- messages ---- */

static int32_t rank_number(const struct planning *p, int32_t index)
{
    return p->request->ranks != NULL ? p->request->ranks[index] : index;
}

/* A set as text for a message; long ones are cut and marked so, want of memory leaves "?". */
static void print_short(const struct rask_idset *set, char text[TEXT_BYTES])
{
    struct rask_buf buf;
    rask_buf_init(&buf, 0);
    const char *whole = "?";
    if (rask_cpuset_print(set, &buf, NULL) == RASK_OK)
        whole = (const char *)buf.data;
    rask_text_copy(text, TEXT_BYTES, whole);
    if (strlen(whole) >= TEXT_BYTES)
        memcpy(text + TEXT_BYTES - 4, "...", 4);
    rask_buf_release(&buf);
}

/* The numbers of the ranks of a group as text for a message. */
static void print_group(const struct planning *p, int32_t group, char text[TEXT_BYTES])
{
    struct rask_idset ranks = {0};
    for (int32_t i = 0; i < p->near.n_ranks; i++)
        if (p->near.groups[i] == group && rask_idset_add(&ranks, (uint32_t)rank_number(p, i)) != 0)
            break;
    print_short(&ranks, text);
    rask_idset_release(&ranks);
}

/* The ways to start the ranks with more cores each. */
static void print_remedy(const struct planning *p, char text[TEXT_BYTES])
{
    struct rask_topo_counts all = {0};
    int32_t n_ranks = p->near.n_ranks;
    if (rask_topo_count(p->topo, NULL, &all, NULL) != RASK_OK)
        all.n_cores = all.n_pus = n_ranks;
    int32_t cores = all.n_cores / n_ranks > 0 ? all.n_cores / n_ranks : 1;
    int32_t pus = all.n_pus / n_ranks > 0 ? all.n_pus / n_ranks : 1;
    snprintf(text, TEXT_BYTES,
             "mpirun --bind-to none, or mpirun --map-by ppr:%d:node:PE=%d, or srun "
             "--cpus-per-task=%d",
             n_ranks, cores, pus);
}

static void add_note(struct rask_bind_plan *plan, const char *text)
{
    assert(plan->n_notes < RASK_BIND_NOTES);
    rask_text_copy(plan->notes[plan->n_notes++], RASK_BIND_NOTE_BYTES, text);
}

/* ---- diagnosis ---- */

static int is_equal(const struct rask_idset *a, const struct rask_idset *b)
{
    if (rask_idset_count(a) != rask_idset_count(b))
        return 0;
    uint32_t id = rask_idset_next(a, 0);
    while (id != RASK_IDSET_NONE && rask_idset_has(b, id))
        id = rask_idset_next(a, id + 1);
    return id == RASK_IDSET_NONE;
}

static rask_status parse_sets(struct planning *p, struct rask_error *error)
{
    struct neighbours *near = &p->near;
    for (int32_t i = 0; i < near->n_ranks; i++) {
        const char *text = p->request->cpusets[i];
        struct rask_error cause = {0};
        rask_status status =
            text == NULL ? RASK_ERR_ARGUMENT : rask_cpuset_parse(text, &near->sets[i], &cause);
        if (status == RASK_OK && !rask_idset_any(&near->sets[i]))
            status = RASK_ERR_ARGUMENT;
        if (status == RASK_ERR_ARGUMENT)
            return rask_error_set(error, status, "rank %d has no valid cpuset: %s",
                                  rank_number(p, i), cause.text[0] != '\0' ? cause.text : "empty");
        if (status != RASK_OK)
            return memory_error(error, strlen(text));
    }
    return RASK_OK;
}

/* Gives the PUs of a rank to it, or finds the group that has them already. */
static rask_status claim(struct neighbours *near, int32_t index, struct rask_error *error)
{
    const struct rask_idset *set = &near->sets[index];
    near->groups[index] = index;
    for (uint32_t pu = rask_idset_next(set, 0); pu != RASK_IDSET_NONE;
         pu = rask_idset_next(set, pu + 1)) {
        int32_t *owner = &near->owners[pu];
        if (*owner >= 0 && is_equal(set, &near->sets[*owner])) {
            near->groups[index] = *owner;
            return RASK_OK;
        }
        if (*owner >= 0 && near->overlap[0] < 0) {
            near->overlap[0] = *owner;
            near->overlap[1] = index;
        }
        if (*owner < 0)
            *owner = index;
        if (rask_idset_add(&near->used, pu) != 0)
            return memory_error(error, near->n_owners / 8);
    }
    return RASK_OK;
}

static rask_status find_groups(struct planning *p, struct rask_error *error)
{
    struct neighbours *near = &p->near;
    size_t n = (size_t)near->n_ranks;
    near->n_owners = RASK_CPUSET_MAX_PU + 1;
    near->sets = rask_alloc_zeroed(n, sizeof *near->sets);
    near->groups = rask_alloc_zeroed(n, sizeof *near->groups);
    near->owners = rask_alloc(near->n_owners * sizeof *near->owners);
    if (near->sets == NULL || near->groups == NULL || near->owners == NULL)
        return memory_error(error, near->n_owners * sizeof *near->owners);
    memset(near->owners, 0xff, near->n_owners * sizeof *near->owners);
    rask_status status = parse_sets(p, error);
    for (int32_t i = 0; status == RASK_OK && i < near->n_ranks; i++)
        status = claim(near, i, error);
    return status;
}

static int32_t group_size(const struct neighbours *near, int32_t group)
{
    int32_t n = 0;
    for (int32_t i = 0; i < near->n_ranks; i++)
        n += near->groups[i] == group;
    return n;
}

/* Rule 5: cpusets that overlap in part. */
static rask_status check_overlap(const struct planning *p, struct rask_error *error)
{
    const int32_t *pair = p->near.overlap;
    if (pair[0] < 0)
        return RASK_OK;
    char first[TEXT_BYTES];
    char second[TEXT_BYTES];
    char remedy[TEXT_BYTES];
    print_short(&p->near.sets[pair[0]], first);
    print_short(&p->near.sets[pair[1]], second);
    print_remedy(p, remedy);
    return rask_error_set(error, RASK_ERR_BINDING,
                          "ranks %d and %d of this node are bound to cpusets that overlap in part: "
                          "%.100s and %.100s; start with %s",
                          rank_number(p, pair[0]), rank_number(p, pair[1]), first, second, remedy);
}

/* Rule 6: several ranks on one core though there are cores enough. */
static rask_status check_group(const struct planning *p, int32_t group, struct rask_error *error)
{
    if (p->near.groups[group] != group || group_size(&p->near, group) < 2)
        return RASK_OK;
    struct rask_core *cores = NULL;
    size_t n_cores = 0;
    rask_status status =
        rask_topo_cores_in(p->topo, p->request->cpusets[group], &cores, &n_cores, error);
    rask_free(cores);
    if (status != RASK_OK || n_cores != 1)
        return status;
    char ranks[TEXT_BYTES];
    char set[TEXT_BYTES];
    char remedy[TEXT_BYTES];
    print_group(p, group, ranks);
    print_short(&p->near.sets[group], set);
    print_remedy(p, remedy);
    return rask_error_set(error, RASK_ERR_BINDING,
                          "ranks %.100s of this node are all bound to the same core (PUs %.100s) "
                          "though the node has %zu cores for its %d ranks; start with %s",
                          ranks, set, p->node_cores, p->near.n_ranks, remedy);
}

static rask_status diagnose(struct planning *p, struct rask_error *error)
{
    rask_status status = find_groups(p, error);
    if (status != RASK_OK)
        return status;
    if ((size_t)p->near.n_ranks > p->node_cores)
        return RASK_OK;
    status = check_overlap(p, error);
    for (int32_t i = 0; status == RASK_OK && i < p->near.n_ranks; i++)
        status = check_group(p, i, error);
    return status;
}

/* ---- the share ---- */

static rask_status find_own_cores(struct planning *p, struct rask_error *error)
{
    const char *own = p->request->own_cpuset;
    if (own == NULL)
        own = rask_topo_own_cpuset(p->topo);
    rask_status status = rask_topo_cores_in(p->topo, own, &p->cores, &p->n_cores, error);
    if (status != RASK_OK || p->n_cores > 0)
        return status;
    return rask_error_set(error, RASK_ERR_BINDING,
                          "rank %d is bound to PUs \"%.100s\", none of which is in this machine "
                          "(it has %.100s); start it with mpirun --bind-to none",
                          rank_number(p, p->request->index), own, rask_topo_all_cpuset(p->topo));
}

/* Rules 2 to 4: the part of the own cores that this rank takes. Contiguous in the order of the
 * machine, so that a part spans as few NUMA nodes as possible. */
static void find_share(struct planning *p)
{
    const struct neighbours *near = &p->near;
    p->n_sharers = 1;
    p->share_count = p->n_cores;
    if (near->n_ranks <= 1)
        return;
    int32_t group = near->groups[near->index];
    assert(group <= near->index && near->groups[group] == group);
    p->n_sharers = group_size(near, group);
    for (int32_t i = 0; i < near->index; i++)
        p->sharer += near->groups[i] == group;
    size_t n = (size_t)p->n_sharers;
    size_t k = (size_t)p->sharer;
    p->is_oversubscribed = near->overlap[0] >= 0 || n > p->n_cores;
    if (p->is_oversubscribed)
        return;
    p->share_first = k * p->n_cores / n;
    p->share_count = (k + 1) * p->n_cores / n - p->share_first;
}

/* ---- the plan ---- */

static struct rask_place make_place(const struct rask_core *core, int is_bound)
{
    struct rask_place place = {
        .core = core->core, .numa = core->numa, .package = core->package, .cpuset = ""};
    if (is_bound)
        rask_text_copy(place.cpuset, sizeof place.cpuset, core->cpuset);
    return place;
}

/* Bound threads are spread evenly over the share, unbound ones have their homes in turn; those of
 * the ranks that share cores go on where the rank before them ended. */
static void place_threads(const struct planning *p, struct rask_bind_plan *plan)
{
    assert(p->share_count > 0 && p->share_first + p->share_count <= p->n_cores);
    const struct rask_core *share = p->cores + p->share_first;
    size_t n = (size_t)plan->n_threads;
    size_t first = p->is_oversubscribed ? (size_t)p->sharer * n : 0;
    for (size_t i = 0; i < n; i++) {
        size_t core = plan->is_bound ? i * p->share_count / n : (first + i) % p->share_count;
        plan->places[i] = make_place(&share[core], plan->is_bound);
    }
}

static rask_status print_share(const struct planning *p, char **text, struct rask_error *error)
{
    struct rask_idset set = {0};
    struct rask_buf buf;
    rask_buf_init(&buf, 0);
    rask_status status = RASK_OK;
    for (size_t i = 0; status == RASK_OK && i < p->share_count; i++)
        status = rask_cpuset_parse(p->cores[p->share_first + i].cpuset, &set, error);
    if (status == RASK_OK)
        status = rask_cpuset_print(&set, &buf, error);
    rask_idset_release(&set);
    if (status != RASK_OK) {
        rask_buf_release(&buf);
        return status;
    }
    *text = (char *)buf.data;
    return RASK_OK;
}

static int32_t common_numa(const struct rask_core *cores, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (cores[i].numa != cores[0].numa)
            return -1;
    return cores[0].numa;
}

static rask_status fill_plan(const struct planning *p, struct rask_bind_plan *plan,
                             struct rask_error *error)
{
    int32_t wanted = p->request->n_threads;
    if (wanted == 0)
        wanted = p->is_oversubscribed ? 1 : (int32_t)p->share_count;
    plan->n_threads = wanted;
    plan->n_cores = (int32_t)p->share_count;
    plan->is_split = p->n_sharers > 1 && !p->is_oversubscribed;
    plan->is_oversubscribed = p->is_oversubscribed;
    plan->is_bound = !p->is_oversubscribed && (size_t)wanted <= p->share_count;
    plan->numa = common_numa(p->cores + p->share_first, p->share_count);
    plan->places = rask_alloc_zeroed((size_t)wanted, sizeof *plan->places);
    if (plan->places == NULL)
        return memory_error(error, (size_t)wanted * sizeof *plan->places);
    place_threads(p, plan);
    return print_share(p, &plan->cpuset, error);
}

/* ---- notes ---- */

static void note_sharing(const struct planning *p, struct rask_bind_plan *plan)
{
    char note[RASK_BIND_NOTE_BYTES];
    if (plan->is_oversubscribed) {
        snprintf(note, sizeof note,
                 "oversubscribed: this node has %d ranks and this one shares its %zu core%s with "
                 "others; threads are not bound and ranks that wait yield",
                 p->near.n_ranks, p->n_cores, p->n_cores == 1 ? "" : "s");
        add_note(plan, note);
    } else if (plan->is_split) {
        snprintf(note, sizeof note,
                 "%d ranks of this node have the same cpuset of %zu cores; this one takes %d of "
                 "them (PUs %.100s)",
                 p->n_sharers, p->n_cores, plan->n_cores, plan->cpuset);
        add_note(plan, note);
    }
}

static void note_threads(struct rask_bind_plan *plan)
{
    if (plan->n_threads <= plan->n_cores || plan->is_oversubscribed)
        return;
    char note[RASK_BIND_NOTE_BYTES];
    snprintf(note, sizeof note, "%d threads on %d core%s: they take turns and are not bound",
             plan->n_threads, plan->n_cores, plan->n_cores == 1 ? "" : "s");
    add_note(plan, note);
}

/* Rule 7: one core for this rank while cores of the node belong to nobody, though more than one
 * thread would be welcome. That is what mpirun does by default with one or two ranks. */
static rask_status note_idle_cores(const struct planning *p, struct rask_bind_plan *plan,
                                   struct rask_error *error)
{
    if (p->n_cores != 1 || p->request->n_threads == 1 || plan->is_oversubscribed)
        return RASK_OK;
    size_t n_used = 1;
    if (p->near.n_ranks > 1) {
        struct rask_buf used;
        struct rask_core *cores = NULL;
        rask_buf_init(&used, 0);
        rask_status status = rask_cpuset_print(&p->near.used, &used, error);
        if (status == RASK_OK)
            status = rask_topo_cores_in(p->topo, (const char *)used.data, &cores, &n_used, error);
        rask_free(cores);
        rask_buf_release(&used);
        if (status != RASK_OK)
            return status;
    }
    if (n_used >= p->node_cores)
        return RASK_OK;
    char remedy[TEXT_BYTES];
    char note[RASK_BIND_NOTE_BYTES];
    print_remedy(p, remedy);
    snprintf(note, sizeof note,
             "this rank is bound to one core (PUs %.60s) and no rank uses %zu of the node's %zu "
             "cores; to use them start with %s",
             plan->cpuset, p->node_cores - n_used, p->node_cores, remedy);
    add_note(plan, note);
    return RASK_OK;
}

/* ---- entry points ---- */

static rask_status check_request(const struct rask_bind_request *request, struct rask_error *error)
{
    int32_t n_ranks = request->n_ranks > 0 ? request->n_ranks : 1;
    if (request->size != sizeof *request)
        return rask_error_set(error, RASK_ERR_ARGUMENT, "bind request: size is %u bytes, not %zu",
                              request->size, sizeof *request);
    if (request->n_threads < 0 || request->n_threads > RASK_CPUSET_MAX_PU)
        return rask_error_set(error, RASK_ERR_ARGUMENT, "%d threads are not from 0 to %d",
                              request->n_threads, RASK_CPUSET_MAX_PU);
    if (request->n_ranks < 0 || request->index < 0 || request->index >= n_ranks)
        return rask_error_set(error, RASK_ERR_ARGUMENT, "there is no rank %d among %d on this node",
                              request->index, request->n_ranks);
    if (n_ranks > 1 && request->cpusets == NULL)
        return rask_error_set(error, RASK_ERR_ARGUMENT, "the cpusets of %d ranks are missing",
                              n_ranks);
    return RASK_OK;
}

static void release_planning(struct planning *p)
{
    for (int32_t i = 0; p->near.sets != NULL && i < p->near.n_ranks; i++)
        rask_idset_release(&p->near.sets[i]);
    rask_idset_release(&p->near.used);
    rask_free(p->near.sets);
    rask_free(p->near.groups);
    rask_free(p->near.owners);
    rask_free(p->cores);
}

static rask_status make_plan(struct planning *p, struct rask_bind_plan *plan,
                             struct rask_error *error)
{
    rask_status status = find_own_cores(p, error);
    if (status == RASK_OK && p->near.n_ranks > 1)
        status = diagnose(p, error);
    if (status != RASK_OK)
        return status;
    find_share(p);
    status = fill_plan(p, plan, error);
    if (status != RASK_OK)
        return status;
    note_sharing(p, plan);
    note_threads(plan);
    return note_idle_cores(p, plan, error);
}

rask_status rask_bind_plan(const struct rask_topo *topo, const struct rask_bind_request *request,
                           struct rask_bind_plan *plan, struct rask_error *error)
{
    rask_status status = check_request(request, error);
    if (status != RASK_OK)
        return status;
    struct planning planning = {
        .topo = topo,
        .request = request,
        .near = {.n_ranks = request->n_ranks > 0 ? request->n_ranks : 1,
                 .index = request->index,
                 .overlap = {-1, -1}},
    };
    rask_topo_cores(topo, &planning.node_cores);
    struct rask_bind_plan made = {0};
    status = make_plan(&planning, &made, error);
    release_planning(&planning);
    if (status != RASK_OK) {
        rask_bind_plan_release(&made);
        return status;
    }
    *plan = made;
    return RASK_OK;
}

void rask_bind_plan_release(struct rask_bind_plan *plan)
{
    rask_free(plan->places);
    rask_free(plan->cpuset);
    *plan = (struct rask_bind_plan){0};
}
