/* SPDX-License-Identifier: BSD-3-Clause */
/* openmp.c: see openmp.h. */
#include "openmp.h"

_Thread_local int n_openmp = 5;

void omp_set_num_threads(int n)
{
    n_openmp = n;
}

int omp_get_max_threads(void)
{
    return n_openmp;
}
