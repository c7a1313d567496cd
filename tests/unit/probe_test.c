/* SPDX-License-Identifier: BSD-3-Clause */
/* probe_test.c: a probe gives a time that light does not beat, or a clear reason; the caller stays
 * unbound. */
#include "place/probe.h"

#include "unit.h"

#include <sched.h>
#include <string.h>

/* The first two PUs that this process may use; 0 if it has one only. */
static int two_pus(uint32_t *a, uint32_t *b)
{
    cpu_set_t set;
    uint32_t found[2] = {0, 0}, n = 0;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 0;
    for (uint32_t pu = 0; pu < CPU_SETSIZE && n < 2; pu++)
        if (CPU_ISSET(pu, &set))
            found[n++] = pu;
    *a = found[0];
    *b = found[1];
    return n == 2;
}

static void measures(void)
{
    uint32_t a, b;
    double ns = -1;
    struct rask_error error;
    cpu_set_t before, after;
    if (!two_pus(&a, &b))
        return;
    CU_ASSERT_EQUAL(sched_getaffinity(0, sizeof before, &before), 0);
    rask_status status = rask_place_probe(a, b, &ns, &error);
    CU_ASSERT_TRUE(status == RASK_OK || status == RASK_ERR_TIMEOUT);
    if (status == RASK_OK)
        CU_ASSERT_TRUE(ns > 0.1);
    CU_ASSERT_EQUAL(sched_getaffinity(0, sizeof after, &after), 0);
    CU_ASSERT_TRUE(CPU_EQUAL(&before, &after));
}

static void refuses(void)
{
    double ns = -1;
    struct rask_error error;
    CU_ASSERT_EQUAL(rask_place_probe(0, 0, &ns, &error), RASK_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(rask_place_probe(0, 60000, &ns, &error), RASK_ERR_SYSTEM);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "60000"));
    CU_ASSERT_EQUAL(ns, -1);
}

RASK_UNIT_MAIN("probe", {"a step between two cores", measures}, {"no such core", refuses})
