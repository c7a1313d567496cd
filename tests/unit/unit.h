/* SPDX-License-Identifier: BSD-3-Clause */
/* unit.h: the main program of a CUnit test. A test file lists its cases and ends with
 *
 *     RASK_UNIT_MAIN("buf", {"grows and keeps its bytes", grows}, {"stops at its ceiling", stops})
 *
 * The exit code is 0 when every assertion held. */
#ifndef RASK_TESTS_UNIT_H
#define RASK_TESTS_UNIT_H

#include <CUnit/Basic.h>
#include <stddef.h>

struct rask_unit_case {
    const char *name;
    void (*run)(void);
};

static inline int rask_unit_main(const char *suite_name, const struct rask_unit_case *cases,
                                 size_t n)
{
    if (CU_initialize_registry() != CUE_SUCCESS)
        return 99;
    CU_pSuite suite = CU_add_suite(suite_name, NULL, NULL);
    for (size_t i = 0; suite != NULL && i < n; i++)
        if (CU_add_test(suite, cases[i].name, cases[i].run) == NULL)
            suite = NULL;
    if (suite == NULL) {
        CU_cleanup_registry();
        return 99;
    }
    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_basic_run_tests();
    unsigned n_failures = CU_get_number_of_failures();
    unsigned n_run = CU_get_number_of_asserts();
    CU_cleanup_registry();
    return n_failures != 0 || n_run == 0;
}

#define RASK_UNIT_MAIN(suite_name, ...)                                           \
    int main(void)                                                                \
    {                                                                             \
        static const struct rask_unit_case cases[] = {__VA_ARGS__};               \
        return rask_unit_main(suite_name, cases, sizeof cases / sizeof cases[0]); \
    }

#endif
