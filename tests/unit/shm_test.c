/* SPDX-License-Identifier: BSD-3-Clause */
/* shm_test.c: two mappings of one object are the same memory, the name can go at once, and room
 * that is not there is an error and not a signal. */
#include "comm/shm.h"

#include "unit.h"

#include <string.h>
#include <sys/resource.h>

#define BYTES ((size_t)1 << 20)

static void two_mappings(void)
{
    struct rask_shm maker, joiner;
    char name[RASK_SHM_NAME_BYTES];
    CU_ASSERT_EQUAL_FATAL(rask_shm_make(&maker, BYTES, name, NULL), RASK_OK);
    CU_ASSERT_EQUAL_FATAL(rask_shm_join(&joiner, BYTES, name, NULL), RASK_OK);
    rask_shm_unlink(name);
    CU_ASSERT_PTR_NOT_EQUAL(maker.base, joiner.base);
    CU_ASSERT_EQUAL(((char *)joiner.base)[BYTES - 1], 0);
    ((char *)maker.base)[BYTES - 1] = 7;
    CU_ASSERT_EQUAL(((char *)joiner.base)[BYTES - 1], 7);
    rask_shm_release(&maker);
    ((char *)joiner.base)[0] = 1;
    rask_shm_release(&joiner);
    CU_ASSERT_PTR_NULL(joiner.base);
    rask_shm_release(&joiner);
}

static void names_go(void)
{
    struct rask_shm maker, joiner = {0};
    struct rask_error error;
    char name[RASK_SHM_NAME_BYTES], other[RASK_SHM_NAME_BYTES];
    CU_ASSERT_EQUAL_FATAL(rask_shm_make(&maker, BYTES, name, NULL), RASK_OK);
    CU_ASSERT_EQUAL(rask_shm_join(&joiner, BYTES / 2, name, &error), RASK_ERR_SYSTEM);
    rask_shm_unlink(name);
    CU_ASSERT_EQUAL(rask_shm_join(&joiner, BYTES, name, &error), RASK_ERR_SYSTEM);
    CU_ASSERT_PTR_NULL(joiner.base);
    rask_shm_release(&maker);
    CU_ASSERT_EQUAL_FATAL(rask_shm_make(&maker, BYTES, other, NULL), RASK_OK);
    rask_shm_unlink(other);
    CU_ASSERT_STRING_NOT_EQUAL(name, other);
    rask_shm_release(&maker);
}

static void no_room(void)
{
    struct rask_shm shm = {0};
    struct rask_error error;
    char name[RASK_SHM_NAME_BYTES];
    CU_ASSERT_EQUAL(rask_shm_make(&shm, (size_t)1 << 50, name, &error), RASK_ERR_SYSTEM);
    CU_ASSERT_PTR_NULL(shm.base);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "/dev/shm"));
    CU_ASSERT_EQUAL(rask_shm_join(&shm, (size_t)1 << 50, name, &error), RASK_ERR_SYSTEM);
}

static void limit_on_files(void)
{
    struct rask_shm shm = {0};
    struct rask_error error;
    struct rlimit limit, kept;
    char name[RASK_SHM_NAME_BYTES];
    CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_FSIZE, &kept), 0);
    limit = kept;
    limit.rlim_cur = 4096;
    CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_FSIZE, &limit), 0);
    rask_status status = rask_shm_make(&shm, BYTES, name, &error);
    setrlimit(RLIMIT_FSIZE, &kept);
    CU_ASSERT_EQUAL(status, RASK_ERR_SYSTEM);
    CU_ASSERT_PTR_NULL(shm.base);
}

RASK_UNIT_MAIN("shm", {"two mappings are the same memory", two_mappings},
               {"a name that is gone or of another size", names_go}, {"no room", no_room},
               {"a limit on file sizes", limit_on_files})
