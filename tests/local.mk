# SPDX-License-Identifier: BSD-3-Clause
# How tests are run; the folders' local.mk and the files included below list them.
#
#   tests/unit/x_test          a program; exit code 0 passed, 77 skipped, else failed
#   tests/mpi/x.n2.mpi         the program tests/mpi/x on 2 ranks (one extension, or logs would collide)
#   tests/cli/x.sh             a script, run by bash in the build folder
#
# Each is cut by a timeout, after it has been asked for a stall report by SIGUSR1.
#
# Real files to read are not part of the sources. RASK_TEST_DATA is their directory; when nobody says, it is
# shared/data beside the source tree. Tests that do not find them there are skipped, or that part of them.

TEST_EXTENSIONS = .sh .mpi
LOG_COMPILER = $(BASH_PATH) $(top_srcdir)/tests/run_with_timeout
SH_LOG_COMPILER = $(BASH_PATH) $(top_srcdir)/tests/run_with_timeout
AM_SH_LOG_FLAGS = $(BASH_PATH)
MPI_LOG_COMPILER = $(BASH_PATH) $(top_srcdir)/tests/mpirun.sh

AM_TESTS_ENVIRONMENT = \
	srcdir='$(srcdir)'; export srcdir; \
	top_srcdir='$(abs_top_srcdir)'; export top_srcdir; \
	top_builddir='$(abs_top_builddir)'; export top_builddir; \
	RASK='$(abs_top_builddir)/rask'; export RASK; \
	RASK_TEST_DATA="$${RASK_TEST_DATA-$(abs_top_srcdir)/../shared/data}"; export RASK_TEST_DATA; \
	MPIEXEC='$(MPIEXEC)'; export MPIEXEC; \
	CC='$(CC)'; export CC; \
	TEST_CXX='$(TEST_CXX)'; export TEST_CXX; \
	TEST_CFLAGS='$(RASK_SANITIZE)'; export TEST_CFLAGS; \
	TEST_CPPFLAGS='$(MPI_CFLAGS)'; export TEST_CPPFLAGS; \
	TEST_LIBS='$(MPI_LIBS)'; export TEST_LIBS; \
	PKG_CONFIG='$(PKG_CONFIG)'; export PKG_CONFIG; \
	ASAN_OPTIONS="$${ASAN_OPTIONS-detect_leaks=1:strict_string_checks=1}"; export ASAN_OPTIONS; \
	LSAN_OPTIONS="$${LSAN_OPTIONS-suppressions=$(abs_top_srcdir)/tests/lsan.supp:print_suppressions=0}"; \
	export LSAN_OPTIONS; \
	UBSAN_OPTIONS="$${UBSAN_OPTIONS-print_stacktrace=1}"; export UBSAN_OPTIONS; \
	TSAN_OPTIONS="$${TSAN_OPTIONS-second_deadlock_stack=1:suppressions=$(abs_top_srcdir)/tests/tsan.supp}"; \
	export TSAN_OPTIONS;

AM_CFLAGS += $(CUNIT_CFLAGS)
unit_ldadd = librask_core.la $(CUNIT_LIBS)
mpi_ldadd = librask_core.la $(MPI_LIBS)
fuzz_ldadd = librask_core.la
fuzz_ldflags = $(AM_LDFLAGS) $(RASK_FUZZER)

# A test x.nK.mpi is an empty mark, or a file of the source tree whose first line holds arguments.
tests/mpi/%.mpi:
	$(AM_V_at)$(MKDIR_P) $(@D) && : > $@

clean-local: clean-marks clean-scratch
.PHONY: clean-marks clean-scratch lint format print-tests
clean-marks:
	-test ! -d tests/mpi || find tests/mpi -name '*.mpi' -empty -exec rm -f {} +
clean-scratch:
	-rm -rf tests/scratch

# The form of the sources: STYLE in CONTRIBUTING.md.
lint:
	@CC='$(CC)' TEST_CXX='$(TEST_CXX)' TEST_CPPFLAGS='$(MPI_CFLAGS) $(HWLOC_CFLAGS) $(XXHASH_CFLAGS) $(CUNIT_CFLAGS)' \
		HAVE_MPI='$(if $(MPIEXEC),1)' top_builddir='$(abs_top_builddir)' $(BASH_PATH) $(top_srcdir)/tests/lint.sh

# Lays the sources out anew; diagrams in comments want a look afterwards.
format:
	cd $(top_srcdir) && find include runtime apps tests -name '*.[ch]' ! -path include/rask/version.h \
		-exec clang-format -i {} +

# For scripts that run a part of the tests: make check TESTS="...".
print-tests:
	@printf '%s\n' $(TESTS)

TESTS += tests/install.sh tests/docs.sh
EXTRA_DIST += tests/run_with_timeout tests/mpirun.sh tests/install.sh tests/docs.sh tests/docs.h tests/stages.sh \
	tests/unit/unit.h \
	tests/lint.sh tests/lint.awk tests/lint.exceptions \
	tests/lsan.supp tests/tsan.supp tests/nocunit/CUnit/Basic.h
