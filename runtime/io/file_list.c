/* SPDX-License-Identifier: BSD-3-Clause */
/* file_list.c: which files paths, globs and directories stand for.
 *
 * Directories are walked with a list of those still to do, not by recursion. What one argument adds
 * is sorted by path before it joins the list; a hash of identities finds what was there before.
 * Entry points: rask_file_list_new, rask_file_list_add. */
#include "io/file.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/vec.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

struct entry {
    char *path;
    struct rask_file_identity identity;
};

RASK_VEC_DEFINE(entries, struct entry);
RASK_VEC_DEFINE(paths, char *);

/* What one argument stands for. */
struct found {
    struct entries files;
    char *skipped; /* the first name that was left out, or NULL */
    size_t n_skipped;
};

struct rask_file_list {
    struct entries entries;
    size_t *slots; /* hash of identities: index + 1, 0 = free */
    size_t n_slots; /* a power of two, more than twice the entries; 0 at first */
    uint64_t n_bytes;
    char *repeat, *skipped; /* the first of each, or NULL */
    size_t original; /* the file that is named again by `repeat` */
    size_t n_repeats, n_skipped;
};

rask_status rask_file_list_new(struct rask_file_list **list, struct rask_error *error)
{
    struct rask_file_list *made = rask_alloc_zeroed(1, sizeof *made);
    if (made == NULL)
        return rask_error_memory(error, sizeof *made, "a list of files");
    *list = made;
    return RASK_OK;
}

static void entries_drop(struct entries *entries)
{
    for (size_t i = 0; i < entries->count; i++)
        rask_free(entries->items[i].path);
    entries_release(entries);
}

void rask_file_list_free(struct rask_file_list *list)
{
    if (list == NULL)
        return;
    entries_drop(&list->entries);
    rask_free(list->slots);
    rask_free(list->repeat);
    rask_free(list->skipped);
    rask_free(list);
}

size_t rask_file_list_count(const struct rask_file_list *list)
{
    return list->entries.count;
}

const char *rask_file_list_path(const struct rask_file_list *list, size_t i)
{
    return list->entries.items[i].path;
}

const struct rask_file_identity *rask_file_list_identity(const struct rask_file_list *list,
                                                         size_t i)
{
    return &list->entries.items[i].identity;
}

uint64_t rask_file_list_bytes(const struct rask_file_list *list)
{
    return list->n_bytes;
}

struct rask_file_remarks rask_file_list_remarks(const struct rask_file_list *list)
{
    return (struct rask_file_remarks){
        .n_repeats = list->n_repeats,
        .repeat = list->repeat,
        .original = list->repeat != NULL ? list->entries.items[list->original].path : NULL,
        .n_skipped = list->n_skipped,
        .skipped = list->skipped};
}

static rask_status out_of_memory(struct rask_error *error)
{
    return rask_error_memory(error, 0, "a list of files");
}

/* [take] path, also on error. */
static rask_status take_file(struct found *found, char *path, const struct stat *status,
                             struct rask_error *error)
{
    struct entry entry = {.path = path, .identity = rask_file_identity_of(status)};
    if (entries_push(&found->files, entry) == 0)
        return RASK_OK;
    rask_free(path);
    return out_of_memory(error);
}

/* [take] path. */
static void skip(struct found *found, char *path)
{
    found->n_skipped++;
    if (found->skipped == NULL)
        found->skipped = path;
    else
        rask_free(path);
}

static bool is_csv_name(const char *name)
{
    size_t n = strlen(name);
    return name[0] != '.' && n > 4 &&
           (strcasecmp(name + n - 4, ".csv") == 0 || strcasecmp(name + n - 4, ".tsv") == 0);
}

static char *join(const char *directory, const char *name)
{
    size_t n_directory = strlen(directory), n_name = strlen(name);
    bool has_slash = n_directory > 0 && directory[n_directory - 1] == '/';
    char *path = rask_alloc(n_directory + n_name + 2);
    if (path == NULL)
        return NULL;
    memcpy(path, directory, n_directory);
    path[n_directory] = '/';
    memcpy(path + n_directory + !has_slash, name, n_name + 1);
    return path;
}

/* A directory being read. */
struct visit {
    DIR *directory;
    const char *path;
    struct found *found; /* files go here */
    struct paths *to_do; /* directories below go here */
};

/* Puts one name of a directory where it belongs. */
static rask_status take_name(const struct visit *visit, const struct dirent *item,
                             struct rask_error *error)
{
    const char *name = item->d_name;
    bool is_csv = is_csv_name(name);
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return RASK_OK;
    if (!is_csv && item->d_type != DT_DIR && item->d_type != DT_UNKNOWN)
        return RASK_OK;
    char *path = join(visit->path, name);
    if (path == NULL)
        return out_of_memory(error);
    struct stat status, link_status;
    if (fstatat(dirfd(visit->directory), name, &status, 0) != 0) {
        rask_status failed = rask_error_set(error, RASK_ERR_IO, "%s: %s", path, strerror(errno));
        rask_free(path);
        return failed;
    }
    if (S_ISREG(status.st_mode) && is_csv)
        return take_file(visit->found, path, &status, error);
    bool is_link = fstatat(dirfd(visit->directory), name, &link_status, AT_SYMLINK_NOFOLLOW) == 0 &&
                   S_ISLNK(link_status.st_mode);
    if (S_ISDIR(status.st_mode) && !is_link) {
        if (paths_push(visit->to_do, path) == 0)
            return RASK_OK;
        rask_free(path);
        return out_of_memory(error);
    }
    if (is_csv)
        skip(visit->found, path);
    else
        rask_free(path);
    return RASK_OK;
}

static rask_status read_directory(const char *path, struct found *found, struct paths *to_do,
                                  struct rask_error *error)
{
    DIR *directory = opendir(path);
    if (directory == NULL)
        return rask_error_set(error, RASK_ERR_IO, "%s: the directory cannot be read: %s", path,
                              strerror(errno));
    struct visit visit = {directory, path, found, to_do};
    rask_status status = RASK_OK;
    for (errno = 0; status == RASK_OK; errno = 0) {
        const struct dirent *item = readdir(directory);
        if (item == NULL && errno != 0)
            status = rask_error_set(error, RASK_ERR_IO, "%s: %s", path, strerror(errno));
        if (item == NULL)
            break;
        status = take_name(&visit, item, error);
    }
    closedir(directory);
    return status;
}

/* The error of a directory that holds no file to take, but maybe one that was left out. */
static rask_status nothing_in(const char *path, const char *skipped, struct rask_error *error)
{
    if (skipped != NULL)
        return rask_error_set(error, RASK_ERR_IO,
                              "%s: no .csv or .tsv file in this directory: %s is no regular file; "
                              "copy it to one first",
                              path, skipped);
    return rask_error_set(error, RASK_ERR_IO,
                          "%s: no .csv or .tsv file in this directory; for files of other names "
                          "give a glob such as '%s/*.txt'",
                          path, path);
}

static rask_status walk(const char *path, struct found *found, struct rask_error *error)
{
    struct paths to_do = {0};
    char *first = rask_strdup(path);
    if (first == NULL || paths_push(&to_do, first) != 0) {
        rask_free(first);
        return out_of_memory(error);
    }
    size_t n_before = found->files.count, n_skipped = found->n_skipped;
    rask_status status = RASK_OK;
    while (status == RASK_OK && to_do.count > 0) {
        char *next = paths_pop(&to_do);
        status = read_directory(next, found, &to_do, error);
        rask_free(next);
    }
    for (size_t i = 0; i < to_do.count; i++)
        rask_free(to_do.items[i]);
    paths_release(&to_do);
    if (status == RASK_OK && found->files.count == n_before)
        return nothing_in(path, n_skipped == 0 ? found->skipped : NULL, error);
    return status;
}

/* The error of a path that leads to nothing. */
static rask_status nothing_at(const char *path, struct rask_error *error)
{
    if (strcmp(path, "-") == 0)
        return rask_error_set(
            error, RASK_ERR_IO,
            "-: standard input cannot be read in blocks; write it to a file first: "
            "cat >rows.csv; rask csv rows.csv");
    if (*path == '\0')
        return rask_error_set(error, RASK_ERR_IO,
                              "'': the path is empty (a variable that is not set?); name a file, a "
                              "directory or a glob");
    return rask_error_set(error, RASK_ERR_IO, "%s: %s", path, strerror(errno));
}

static rask_status take_path(const char *path, struct found *found, struct rask_error *error)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return nothing_at(path, error);
    if (S_ISDIR(status.st_mode))
        return walk(path, found, error);
    if (!S_ISREG(status.st_mode))
        return rask_error_set(error, RASK_ERR_IO, "%s: is no regular file; copy it to one first",
                              path);
    if (access(path, R_OK) != 0)
        return rask_error_set(error, RASK_ERR_IO, "%s: %s", path, strerror(errno));
    char *copy = rask_strdup(path);
    return copy != NULL ? take_file(found, copy, &status, error) : out_of_memory(error);
}

static rask_status take_glob(const char *pattern, struct found *found, struct rask_error *error)
{
    glob_t matches;
    int outcome = glob(pattern, GLOB_ERR | GLOB_NOSORT, NULL, &matches);
    if (outcome == GLOB_NOSPACE)
        return out_of_memory(error);
    if (outcome == GLOB_ABORTED)
        return rask_error_set(error, RASK_ERR_IO, "%s: a directory of this glob cannot be read",
                              pattern);
    if (outcome != 0)
        return rask_error_set(error, RASK_ERR_IO, "%s: no file has such a name", pattern);
    rask_status status = RASK_OK;
    for (size_t i = 0; status == RASK_OK && i < matches.gl_pathc; i++)
        status = take_path(matches.gl_pathv[i], found, error);
    globfree(&matches);
    return status;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->path, ((const struct entry *)b)->path);
}

/* The slot of a file: its own, or the free one where it belongs. */
static size_t *slot_of(struct rask_file_list *list, const struct rask_file_identity *identity)
{
    size_t mask = list->n_slots - 1;
    size_t at = (size_t)rask_hash64(identity, sizeof *identity) & mask;
    while (list->slots[at] != 0 && memcmp(&list->entries.items[list->slots[at] - 1].identity,
                                          identity, sizeof *identity) != 0)
        at = (at + 1) & mask;
    return &list->slots[at];
}

static int grow(struct rask_file_list *list, size_t n_more)
{
    size_t wanted = list->entries.count + n_more, n_slots = list->n_slots != 0 ? list->n_slots : 64;
    while (n_slots <= 2 * wanted)
        n_slots *= 2;
    size_t *slots =
        n_slots != list->n_slots ? rask_alloc_zeroed(n_slots, sizeof *slots) : list->slots;
    if (slots == NULL)
        return -1;
    if (slots != list->slots) {
        rask_free(list->slots);
        list->slots = slots;
        list->n_slots = n_slots;
        for (size_t i = 0; i < list->entries.count; i++)
            *slot_of(list, &list->entries.items[i].identity) = i + 1;
    }
    return entries_reserve(&list->entries, wanted);
}

/* [take] entry: the file at `index` of the list is named again. */
static void note_repeat(struct rask_file_list *list, struct entry *entry, size_t index)
{
    if (list->n_repeats++ > 0) {
        rask_free(entry->path);
        return;
    }
    list->repeat = entry->path;
    list->original = index;
}

/* [take] what was found; there is room for it. */
static void join_list(struct rask_file_list *list, struct found *found)
{
    qsort(found->files.items, found->files.count, sizeof *found->files.items, compare_paths);
    for (size_t i = 0; i < found->files.count; i++) {
        struct entry *entry = &found->files.items[i];
        size_t *slot = slot_of(list, &entry->identity);
        if (*slot != 0) {
            note_repeat(list, entry, *slot - 1);
            continue;
        }
        (void)entries_push(&list->entries, *entry);
        *slot = list->entries.count;
        list->n_bytes += entry->identity.n_bytes;
    }
    entries_release(&found->files);
    list->n_skipped += found->n_skipped;
    if (list->skipped == NULL)
        list->skipped = found->skipped;
    else
        rask_free(found->skipped);
}

rask_status rask_file_list_add(struct rask_file_list *list, const char *path,
                               struct rask_error *error)
{
    struct found found = {0};
    struct stat status;
    bool is_glob = strpbrk(path, "*?[") != NULL && lstat(path, &status) != 0;
    rask_status outcome = is_glob ? take_glob(path, &found, error) : take_path(path, &found, error);
    if (outcome == RASK_OK && grow(list, found.files.count) != 0)
        outcome = out_of_memory(error);
    if (outcome != RASK_OK) {
        entries_drop(&found.files);
        rask_free(found.skipped);
        return outcome;
    }
    join_list(list, &found);
    return RASK_OK;
}
