/* SPDX-License-Identifier: BSD-3-Clause */
/* list.h: an intrusive doubly linked list. The node is a member of the record, so adding and
 * removing never allocate and never fail.
 *
 *     struct job { int n; struct rask_list_node link; };
 *     struct rask_list jobs;
 *     rask_list_init(&jobs);
 *     rask_list_push_back(&jobs, &job->link);
 *     RASK_LIST_EACH(node, &jobs)
 *         use(RASK_LIST_ENTRY(node, struct job, link));
 *
 * The list is a ring through its head: the head must not be copied or moved while it has nodes. A
 * node that is in no list is {NULL, NULL}. Thread: one at a time. Owns: nothing. */
#ifndef RASK_BASE_LIST_H
#define RASK_BASE_LIST_H

#include <assert.h>
#include <stddef.h>

struct rask_list_node {
    struct rask_list_node *prev, *next;
};

struct rask_list {
    struct rask_list_node head; /* head.next is the first, head.prev the last; itself when empty */
};

/* The record that holds `node` as its member `member`. */
#define RASK_LIST_ENTRY(node, type, member) \
    ((type *)(void *)((char *)(node)-offsetof(type, member)))

/* From first to last. The body must not remove `node`; RASK_LIST_EACH_SAFE allows removing that
 * one. */
#define RASK_LIST_EACH(node, list) \
    for (struct rask_list_node *node = (list)->head.next; node != &(list)->head; node = node->next)
#define RASK_LIST_EACH_SAFE(node, list)                                              \
    for (struct rask_list_node *node = (list)->head.next, *node##_next = node->next; \
         node != &(list)->head; node = node##_next, node##_next = node->next)

static inline void rask_list_init(struct rask_list *list)
{
    list->head.prev = list->head.next = &list->head;
}

static inline int rask_list_is_empty(const struct rask_list *list)
{
    return list->head.next == &list->head;
}

static inline int rask_list_is_linked(const struct rask_list_node *node)
{
    return node->next != NULL;
}

/* Puts `node`, which is in no list, before `place`. */
static inline void rask_list_insert_before(struct rask_list_node *place,
                                           struct rask_list_node *node)
{
    node->prev = place->prev;
    node->next = place;
    place->prev->next = node;
    place->prev = node;
}

static inline void rask_list_push_back(struct rask_list *list, struct rask_list_node *node)
{
    rask_list_insert_before(&list->head, node);
}

/* Takes `node` out of the list that it is in. */
static inline void rask_list_remove(struct rask_list_node *node)
{
    assert(node->next != NULL);
    node->prev->next = node->next;
    node->next->prev = node->prev;
    node->prev = node->next = NULL;
}

/* The first node, NULL when empty. */
static inline struct rask_list_node *rask_list_first(const struct rask_list *list)
{
    return rask_list_is_empty(list) ? NULL : list->head.next;
}

#endif
