/* SPDX-License-Identifier: BSD-3-Clause */
/* file_test.c: which files arguments stand for, in which order, and files that change or are none.
 */
#include "unit.h"

#include "io/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROOT "file_test.tmp"

static void make_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0)
        abort();
}

static const char *const made[] = {ROOT "/b.csv",   ROOT "/a.CSV",       ROOT "/a-b/x.tsv",
                                   ROOT "/a.txt",   ROOT "/.hidden.csv", ROOT "/sub/deep/z.csv",
                                   ROOT "/[x].csv", ROOT "/notcsv"};

static void make_tree(void)
{
    mkdir(ROOT, 0777);
    mkdir(ROOT "/a-b", 0777);
    mkdir(ROOT "/sub", 0777);
    mkdir(ROOT "/sub/deep", 0777);
    mkdir(ROOT "/empty", 0777);
    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++)
        make_file(made[i], "a,b\n");
    CU_ASSERT_EQUAL(symlink("..", ROOT "/sub/up"), 0);
    CU_ASSERT_EQUAL(symlink("../a.txt", ROOT "/sub/linked.csv"), 0);
    CU_ASSERT_EQUAL(mkfifo(ROOT "/pipe", 0600), 0);
}

static void remove_tree(void)
{
    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++)
        unlink(made[i]);
    unlink(ROOT "/sub/up");
    unlink(ROOT "/sub/linked.csv");
    unlink(ROOT "/pipe");
    rmdir(ROOT "/sub/deep");
    rmdir(ROOT "/sub");
    rmdir(ROOT "/a-b");
    rmdir(ROOT "/empty");
    CU_ASSERT_EQUAL(rmdir(ROOT), 0);
}

static void check_list(const struct rask_file_list *list, const char *const *wanted, size_t n)
{
    CU_ASSERT_EQUAL(rask_file_list_count(list), n);
    for (size_t i = 0; i < n && i < rask_file_list_count(list); i++)
        CU_ASSERT_STRING_EQUAL(rask_file_list_path(list, i), wanted[i]);
}

static void directories(void)
{
    struct rask_file_list *list;
    static const char *const wanted[] = {ROOT "/[x].csv",        ROOT "/a-b/x.tsv",
                                         ROOT "/a.CSV",          ROOT "/b.csv",
                                         ROOT "/sub/deep/z.csv", ROOT "/sub/linked.csv"};
    CU_ASSERT_EQUAL_FATAL(rask_file_list_new(&list, NULL), RASK_OK);
    CU_ASSERT_EQUAL(rask_file_list_add(list, ROOT, NULL), RASK_OK);
    check_list(list, wanted, 6);
    CU_ASSERT_EQUAL(rask_file_list_bytes(list), 24);
    CU_ASSERT_EQUAL(rask_file_list_identity(list, 5)->n_bytes, 4);
    CU_ASSERT_EQUAL(rask_file_list_add(list, ROOT "/", NULL), RASK_OK);
    check_list(list, wanted, 6);
    rask_file_list_free(list);
}

static void globs_and_names(void)
{
    struct rask_file_list *list;
    static const char *const wanted[] = {ROOT "/b.csv", ROOT "/[x].csv", ROOT "/a.txt",
                                         ROOT "/a-b/x.tsv", ROOT "/a.CSV"};
    CU_ASSERT_EQUAL_FATAL(rask_file_list_new(&list, NULL), RASK_OK);
    CU_ASSERT_EQUAL(rask_file_list_add(list, ROOT "/b.csv", NULL), RASK_OK);
    CU_ASSERT_EQUAL(rask_file_list_add(list, ROOT "/[x].csv", NULL), RASK_OK);
    CU_ASSERT_EQUAL(rask_file_list_add(list, ROOT "/a.t*", NULL), RASK_OK);
    CU_ASSERT_EQUAL(rask_file_list_add(list, ROOT "/a*", NULL), RASK_OK);
    check_list(list, wanted, 5);
    rask_file_list_free(list);
}

static void check_refused(struct rask_file_list *list, const char *path, const char *part)
{
    struct rask_error error = {0};
    size_t n = rask_file_list_count(list);
    CU_ASSERT_EQUAL(rask_file_list_add(list, path, &error), RASK_ERR_IO);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, path));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, part));
    CU_ASSERT_EQUAL(rask_file_list_count(list), n);
}

/* A file is itself however it is named. */
static void other_spellings(void)
{
    struct rask_file_list *list;
    static const char *const wanted[] = {ROOT "/b.csv", ROOT "/sub/linked.csv"};
    CU_ASSERT_EQUAL_FATAL(rask_file_list_new(&list, NULL), RASK_OK);
    CU_ASSERT_EQUAL(rask_file_list_add(list, ROOT "/b.csv", NULL), RASK_OK);
    CU_ASSERT_EQUAL(rask_file_list_remarks(list).n_repeats, 0);
    CU_ASSERT_EQUAL(rask_file_list_add(list, "./" ROOT "/sub/../b.csv", NULL), RASK_OK);
    CU_ASSERT_EQUAL(rask_file_list_add(list, ROOT "/sub/linked.csv", NULL), RASK_OK);
    CU_ASSERT_EQUAL(rask_file_list_add(list, ROOT "/a.txt", NULL), RASK_OK);
    check_list(list, wanted, 2);
    CU_ASSERT_EQUAL(rask_file_list_bytes(list), 8);
    struct rask_file_remarks remarks = rask_file_list_remarks(list);
    CU_ASSERT_EQUAL(remarks.n_repeats, 2);
    CU_ASSERT_STRING_EQUAL(remarks.repeat, "./" ROOT "/sub/../b.csv");
    CU_ASSERT_STRING_EQUAL(remarks.original, ROOT "/b.csv");
    rask_file_list_free(list);
}

/* A pipe that is named like a file is left out, and that is told. */
static void pipes_in_directories(void)
{
    struct rask_file_list *list;
    CU_ASSERT_EQUAL_FATAL(rask_file_list_new(&list, NULL), RASK_OK);
    CU_ASSERT_EQUAL(mkfifo(ROOT "/sub/deep/x.csv", 0600), 0);
    CU_ASSERT_EQUAL(rask_file_list_add(list, ROOT "/sub", NULL), RASK_OK);
    CU_ASSERT_EQUAL(rask_file_list_count(list), 2);
    CU_ASSERT_EQUAL(rask_file_list_remarks(list).n_skipped, 1);
    CU_ASSERT_STRING_EQUAL(rask_file_list_remarks(list).skipped, ROOT "/sub/deep/x.csv");
    unlink(ROOT "/sub/deep/z.csv");
    check_refused(list, ROOT "/sub/deep", "x.csv is no regular file");
    unlink(ROOT "/sub/deep/x.csv");
    make_file(ROOT "/sub/deep/z.csv", "a,b\n");
    rask_file_list_free(list);
}

static void refusals(void)
{
    struct rask_file_list *list;
    CU_ASSERT_EQUAL_FATAL(rask_file_list_new(&list, NULL), RASK_OK);
    check_refused(list, ROOT "/none.csv", "No such file");
    check_refused(list, ROOT "/none*", "no file");
    check_refused(list, ROOT "/empty", "glob");
    check_refused(list, ROOT "/pipe", "regular file");
    check_refused(list, "-", "write it to a file first");
    rask_file_list_free(list);
    struct rask_file file;
    struct rask_error error;
    CU_ASSERT_EQUAL(rask_file_open(&file, ROOT "/pipe", NULL, &error), RASK_ERR_IO);
    CU_ASSERT_EQUAL(file.fd, -1);
    CU_ASSERT_EQUAL(rask_file_open(&file, ROOT "/sub", NULL, &error), RASK_ERR_IO);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "directory"));
    CU_ASSERT_EQUAL(rask_file_open(&file, "/proc/cpuinfo", NULL, &error), RASK_ERR_IO);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "copy it"));
}

static void reading(void)
{
    struct rask_file file;
    char bytes[16];
    size_t n = 99;
    make_file(ROOT "/b.csv", "0123456789");
    CU_ASSERT_EQUAL_FATAL(rask_file_open(&file, ROOT "/b.csv", NULL, NULL), RASK_OK);
    CU_ASSERT_EQUAL(rask_file_read(&file, 3, bytes, 4, &n), RASK_OK);
    CU_ASSERT(n == 4 && memcmp(bytes, "3456", 4) == 0);
    CU_ASSERT_EQUAL(rask_file_read(&file, 8, bytes, 16, &n), RASK_OK);
    CU_ASSERT_EQUAL(n, 2);
    CU_ASSERT_EQUAL(rask_file_read(&file, 11, bytes, 16, &n), RASK_OK);
    CU_ASSERT_EQUAL(n, 0);
    CU_ASSERT_EQUAL(rask_file_check(&file, NULL), RASK_OK);
    CU_ASSERT_EQUAL(truncate(ROOT "/b.csv", 5), 0);
    struct rask_error error;
    rask_status status = rask_file_read(&file, 0, bytes, 10, &n);
    CU_ASSERT_EQUAL(status, RASK_ERR_CHANGED);
    CU_ASSERT_EQUAL(rask_file_read_error(&file, status, 0, &error), RASK_ERR_CHANGED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "b.csv"));
    CU_ASSERT_EQUAL(rask_file_check(&file, &error), RASK_ERR_CHANGED);
    struct rask_file_identity before = file.identity;
    rask_file_close(&file);
    rask_file_close(&file);
    CU_ASSERT_EQUAL(rask_file_open(&file, ROOT "/b.csv", &before, &error), RASK_ERR_CHANGED);
}

RASK_UNIT_MAIN("file", {"makes a tree", make_tree}, {"directories", directories},
               {"globs and names", globs_and_names}, {"other spellings", other_spellings},
               {"pipes in directories", pipes_in_directories}, {"refusals", refusals},
               {"reading", reading}, {"removes the tree", remove_tree})
