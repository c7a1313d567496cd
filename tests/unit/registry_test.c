/* SPDX-License-Identifier: BSD-3-Clause */
/* registry_test.c: task functions are found by name, address and index; tables that differ have
 * digests that differ; what cannot be right is an error that says where. */
#include "unit.h"

#include "base/alloc.h"
#include "worker/registry.h"

#include <rask/function.h>
#include <stdio.h>
#include <string.h>

struct rask_task {
    int value;
};

static int square(struct rask_task *task)
{
    return task->value * task->value;
}
RASK_TASK(square)

static int cube(struct rask_task *task)
{
    return task->value * task->value * task->value;
}
RASK_TASK_VERSION(cube, 3)

static int add_one(struct rask_task *task)
{
    return task->value + 1;
}
RASK_TASK(add_one)

static int not_registered(struct rask_task *task)
{
    return task->value;
}

/* A registry of `n` functions, which are listed in the order given; NULL and the error if it is
 * none. */
static struct rask_registry *registry_of(const struct rask_function *functions, size_t n,
                                         struct rask_error *error)
{
    static struct rask_function_entry entries[2000];
    struct rask_registry *registry = NULL;
    for (size_t i = 0; i < n; i++)
        entries[i] = (struct rask_function_entry){&functions[i], "place.c", (int)i + 1,
                                                  i + 1 < n ? &entries[i + 1] : NULL};
    rask_status status = rask_registry_new(n == 0 ? NULL : entries, &registry, error);
    CU_ASSERT((status == RASK_OK) == (registry != NULL));
    return registry;
}

static struct rask_registry *own_registry(void)
{
    struct rask_registry *registry = NULL;
    CU_ASSERT_EQUAL_FATAL(rask_registry_new(rask_registry_entries(), &registry, NULL), RASK_OK);
    return registry;
}

static void functions_of_the_program_are_found(void)
{
    struct rask_registry *registry = own_registry();
    struct rask_task task = {5};
    CU_ASSERT_EQUAL(registry->count, 3);
    const char *names[] = {"add_one", "cube",
                           "square"}; /* by name, whatever the order in the file */
    const int results[] = {6, 125, 25};
    for (uint32_t i = 0; i < 3; i++) {
        const struct rask_function *function = rask_registry_at(registry, i);
        CU_ASSERT_STRING_EQUAL(function->name, names[i]);
        CU_ASSERT_EQUAL(function->run(&task), results[i]);
        CU_ASSERT_EQUAL(rask_registry_find_name(registry, names[i]), i);
        CU_ASSERT_EQUAL(rask_registry_find(registry, function->run), i);
    }
    CU_ASSERT_EQUAL(rask_registry_find(registry, square), 2);
    CU_ASSERT_EQUAL(rask_registry_at(registry, 1)->version, 3);
    CU_ASSERT_EQUAL(rask_registry_at(registry, 2)->version, 0);
    rask_registry_free(registry);
}

static void unknown_functions_are_none(void)
{
    struct rask_registry *registry = own_registry();
    struct rask_error error;
    CU_ASSERT_EQUAL(rask_registry_find(registry, not_registered), RASK_REGISTRY_NONE);
    CU_ASSERT_EQUAL(rask_registry_find(registry, NULL), RASK_REGISTRY_NONE);
    CU_ASSERT_EQUAL(rask_registry_find_name(registry, "squar"), RASK_REGISTRY_NONE);
    CU_ASSERT_EQUAL(rask_registry_find_name(registry, "squares"), RASK_REGISTRY_NONE);
    CU_ASSERT_EQUAL(rask_registry_find_name(registry, ""), RASK_REGISTRY_NONE);
    CU_ASSERT_EQUAL(rask_registry_find_name(registry, "zzz"), RASK_REGISTRY_NONE);

    CU_ASSERT_EQUAL(rask_registry_unknown(registry, "sqare", NULL, &error),
                    RASK_ERR_UNKNOWN_FUNCTION);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "RASK_TASK(sqare)"));
    CU_ASSERT_EQUAL(rask_registry_unknown(registry, NULL, not_registered, &error),
                    RASK_ERR_UNKNOWN_FUNCTION);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "RASK_TASK("));
    CU_ASSERT_EQUAL(rask_registry_unknown(registry, NULL, NULL, &error), RASK_ERR_UNKNOWN_FUNCTION);
    rask_registry_free(registry);
}

static void an_empty_list_is_a_registry(void)
{
    struct rask_registry *registry = registry_of(NULL, 0, NULL);
    CU_ASSERT_EQUAL(registry->count, 0);
    CU_ASSERT_EQUAL(registry->names_bytes, 0);
    CU_ASSERT_EQUAL(rask_registry_find(registry, square), RASK_REGISTRY_NONE);
    CU_ASSERT_EQUAL(rask_registry_find_name(registry, "square"), RASK_REGISTRY_NONE);
    rask_registry_free(registry);
    rask_registry_free(NULL);
}

static void many_functions(void)
{
    enum { N = 2000 };
    static struct rask_function functions[N];
    static char names[N][16];
    static struct rask_task places[N]; /* addresses that stand for functions; nobody calls them */
    for (size_t i = 0; i < N; i++) {
        void *address = &places[i];
        (void)snprintf(names[i], sizeof names[i], "f%zu", i * 7919 % N);
        functions[i] = (struct rask_function){names[i], square, 0};
        memcpy(&functions[i].run, &address, sizeof address);
    }
    struct rask_registry *registry = registry_of(functions, N, NULL);
    CU_ASSERT_EQUAL_FATAL(registry->count, N);
    size_t n_right = 0;
    for (size_t i = 0; i < N; i++) {
        uint32_t index = rask_registry_find(registry, functions[i].run);
        n_right += index != RASK_REGISTRY_NONE &&
                   rask_registry_at(registry, index) == &functions[i] &&
                   rask_registry_find_name(registry, names[i]) == index;
    }
    CU_ASSERT_EQUAL(n_right, N);
    for (uint32_t i = 1; i < N; i++)
        CU_ASSERT_FATAL(strcmp(rask_registry_at(registry, i - 1)->name,
                               rask_registry_at(registry, i)->name) < 0);
    CU_ASSERT_EQUAL(rask_registry_find(registry, cube), RASK_REGISTRY_NONE);
    rask_registry_free(registry);
}

static void two_functions_of_one_name_are_an_error(void)
{
    const struct rask_function functions[] = {{"a", square, 0}, {"b", square, 0}, {"a", cube, 0}};
    const struct rask_function versions[] = {{"a", square, 1}, {"a", square, 2}};
    struct rask_error error;
    CU_ASSERT_PTR_NULL(registry_of(functions, 3, &error));
    CU_ASSERT_EQUAL(error.code, RASK_ERR_ARGUMENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "\"a\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "place.c:1"));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "place.c:3"));
    CU_ASSERT_PTR_NULL(registry_of(versions, 2, &error));
    CU_ASSERT_EQUAL(error.code, RASK_ERR_ARGUMENT);
}

static void the_same_function_twice_counts_once(void)
{
    const struct rask_function functions[] = {{"a", square, 1}, {"b", cube, 0}, {"a", square, 1}};
    struct rask_registry *registry = registry_of(functions, 3, NULL);
    CU_ASSERT_EQUAL(registry->count, 2);
    CU_ASSERT_EQUAL(rask_registry_find(registry, square), 0);
    CU_ASSERT_EQUAL(rask_registry_find(registry, cube), 1);
    rask_registry_free(registry);
}

static void a_function_of_two_names_is_found_by_the_first(void)
{
    const struct rask_function functions[] = {{"two", square, 0}, {"one", square, 0}};
    struct rask_registry *registry = registry_of(functions, 2, NULL);
    CU_ASSERT_EQUAL(registry->count, 2);
    CU_ASSERT_EQUAL(rask_registry_find(registry, square), rask_registry_find_name(registry, "one"));
    CU_ASSERT_NOT_EQUAL(rask_registry_find_name(registry, "two"), RASK_REGISTRY_NONE);
    rask_registry_free(registry);
}

static void names_that_are_none(void)
{
    char longest[RASK_FUNCTION_NAME_MOST + 2];
    const char *names[] = {NULL, "", "two words", "line\n", "\xc3\xa5", longest};
    struct rask_error error;
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct rask_function functions[] = {{"good", cube, 0}, {names[i], square, 0}};
        CU_ASSERT_PTR_NULL(registry_of(functions, 2, &error));
        CU_ASSERT_EQUAL(error.code, RASK_ERR_ARGUMENT);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "place.c:2"));
    }
    longest[RASK_FUNCTION_NAME_MOST] = '\0';
    struct rask_registry *registry =
        registry_of(&(struct rask_function){longest, square, 0}, 1, &error);
    CU_ASSERT_PTR_NOT_NULL(registry);
    rask_registry_free(registry);
    CU_ASSERT_PTR_NULL(registry_of(&(struct rask_function){"no_function", NULL, 0}, 1, &error));
    CU_ASSERT_EQUAL(error.code, RASK_ERR_ARGUMENT);
}

/* Two tables have the same digest when they have the same functions in the same versions, in any
 * order and at any address. */
static void digests_compare_tables(void)
{
    const struct {
        struct rask_function functions[2];
        int is_same;
    } others[] = {
        {{{"b", cube, 2}, {"a", square, 0}}, 1},  {{{"a", cube, 0}, {"b", square, 2}}, 1},
        {{{"a", square, 0}, {"b", cube, 3}}, 0},  {{{"a", square, 2}, {"b", cube, 0}}, 0},
        {{{"a", square, 0}, {"c", cube, 2}}, 0},  {{{"a", square, 0}, {"b2", cube, 0}}, 0},
        {{{"ab", square, 2}, {"b", cube, 2}}, 0},
    };
    const struct rask_function functions[] = {{"a", square, 0}, {"b", cube, 2}};
    struct rask_registry *registry = registry_of(functions, 2, NULL);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct rask_registry *other = registry_of(others[i].functions, 2, NULL);
        CU_ASSERT_EQUAL(rask_key128_equal(registry->digest, other->digest), others[i].is_same);
        rask_registry_free(other);
    }
    struct rask_registry *first = registry_of(functions, 1, NULL);
    CU_ASSERT_FALSE(rask_key128_equal(registry->digest, first->digest));
    rask_registry_free(first);
    rask_registry_free(registry);
}

/* The texts that ranks exchange to name the first difference: sorted, and a version is part of the
 * text. */
static void names_tell_versions(void)
{
    const struct rask_function functions[] = {
        {"sum2", square, 0}, {"sum", cube, 7}, {"sum.x", add_one, 0}};
    static const char expected[] = "sum version 7\0sum.x\0sum2";
    struct rask_registry *registry = registry_of(functions, 3, NULL);
    CU_ASSERT_EQUAL_FATAL(registry->names_bytes, sizeof expected);
    CU_ASSERT_EQUAL(memcmp(registry->names, expected, sizeof expected), 0);
    rask_registry_free(registry);
}

static void late_functions_are_for_the_next_start(void)
{
    static const struct rask_function late = {"late", not_registered, 0};
    static struct rask_function_entry entry = {&late, "plugin.c", 12, NULL};
    struct rask_registry *registry = own_registry();
    struct rask_error error;
    rask_function_register(&entry); /* as the constructor of a plug-in does */
    CU_ASSERT_EQUAL(rask_registry_find_name(registry, "late"), RASK_REGISTRY_NONE);
    CU_ASSERT_EQUAL(rask_registry_find(registry, not_registered), RASK_REGISTRY_NONE);
    CU_ASSERT_EQUAL(rask_registry_unknown(registry, "late", NULL, &error), RASK_ERR_STATE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "plugin.c:12"));
    CU_ASSERT_EQUAL(rask_registry_unknown(registry, NULL, not_registered, &error), RASK_ERR_STATE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "\"late\""));
    CU_ASSERT_EQUAL(rask_registry_unknown(registry, "later", NULL, &error),
                    RASK_ERR_UNKNOWN_FUNCTION);
    rask_registry_free(registry);

    registry = own_registry();
    CU_ASSERT_EQUAL(registry->count, 4);
    CU_ASSERT_NOT_EQUAL(rask_registry_find(registry, not_registered), RASK_REGISTRY_NONE);
    CU_ASSERT_NOT_EQUAL(rask_registry_find(registry, square), RASK_REGISTRY_NONE);
    rask_registry_free(registry);
}

static void a_public_function_is_named(void)
{
    const struct rask_function functions[] = {{"a", square, 0}};
    struct rask_registry *registry = registry_of(functions, 1, NULL);
    struct rask_error error;
    rask_function_pointer run = NULL;
    int (*public_function)(const char *) = puts; /* any function of a shared library */
    memcpy(&run, &public_function, sizeof run);
    CU_ASSERT_EQUAL(rask_registry_unknown(registry, NULL, run, &error), RASK_ERR_UNKNOWN_FUNCTION);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "puts"));
    rask_registry_free(registry);
}

static void no_memory_is_an_error(void)
{
    const struct rask_function functions[] = {{"a", square, 0}, {"b", cube, 2}};
    struct rask_error error;
    uint64_t n = 1;
    for (; n < 100; n++) {
        error.code = RASK_OK;
        rask_alloc_fail_at(n, 0);
        struct rask_registry *registry = registry_of(functions, 2, &error);
        rask_alloc_fail_at(0, 0);
        rask_registry_free(registry);
        if (registry != NULL)
            break;
        CU_ASSERT_EQUAL(error.code, RASK_ERR_MEMORY);
    }
    CU_ASSERT(n > 4 && n < 100);
}

RASK_UNIT_MAIN("registry",
               {"functions of the program are found", functions_of_the_program_are_found},
               {"unknown functions are none", unknown_functions_are_none},
               {"an empty list is a registry", an_empty_list_is_a_registry},
               {"many functions", many_functions},
               {"two functions of one name are an error", two_functions_of_one_name_are_an_error},
               {"the same function twice counts once", the_same_function_twice_counts_once},
               {"a function of two names is found by the first",
                a_function_of_two_names_is_found_by_the_first},
               {"names that are none", names_that_are_none},
               {"digests compare tables", digests_compare_tables},
               {"names tell versions", names_tell_versions},
               {"late functions are for the next start", late_functions_are_for_the_next_start},
               {"a public function is named", a_public_function_is_named},
               {"no memory is an error", no_memory_is_an_error})
