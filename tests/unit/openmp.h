/* SPDX-License-Identifier: BSD-3-Clause */
/* openmp.h: a stand-in for the OpenMP library, whose functions the runtime finds in the running
 * program: link with -export-dynamic. */
#ifndef RASK_TESTS_OPENMP_H
#define RASK_TESTS_OPENMP_H

/* The number of threads that a parallel region of this thread would have; 5 at first. */
extern _Thread_local int n_openmp;

void omp_set_num_threads(int n);
int omp_get_max_threads(void);

#endif
