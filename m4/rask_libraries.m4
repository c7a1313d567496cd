# SPDX-License-Identifier: BSD-3-Clause
# rask_libraries.m4: finding MPI, and the libraries that pkg-config knows.

# RASK_LIBRARY(PREFIX, MODULE, DEBIAN-PACKAGE, FEDORA-PACKAGE): a library that must be there.
AC_DEFUN([RASK_LIBRARY], [
PKG_CHECK_MODULES([$1], [$2], [],
    [AC_MSG_ERROR([pkg-config does not find $2: install $3 (Debian, Ubuntu) or $4 (Fedora), or set $1_CFLAGS and $1_LIBS. It said: $$1_PKG_ERRORS])])
])

# RASK_CUNIT: the unit tests' library; without it they are built against tests/nocunit and skipped.
AC_DEFUN([RASK_CUNIT], [
AC_ARG_WITH([cunit],
    [AS_HELP_STRING([--without-cunit], [skip the unit tests [they run when CUnit is there]])],
    [], [with_cunit=auto])
rask_cunit_text="no, unit tests are skipped"
AS_IF([test "$with_cunit" != no],
      [PKG_CHECK_MODULES([CUNIT], [cunit >= 2.1], [rask_cunit_text=yes],
          [AS_IF([test "$with_cunit" = yes],
                 [AC_MSG_ERROR([--with-cunit: pkg-config does not find CUnit: install libcunit1-dev])])])])
AS_IF([test "$rask_cunit_text" = yes], [],
      [CUNIT_CFLAGS='-I$(top_srcdir)/tests/nocunit'
       CUNIT_LIBS=])
])

# RASK_MPI_TRY(HOW): sets rask_mpi_text to HOW when MPI_CFLAGS and MPI_LIBS make a program of MPI 3.1.
AC_DEFUN([RASK_MPI_TRY], [
AS_IF([test -z "$rask_mpi_text"], [
    AC_MSG_CHECKING([for MPI 3.1 by $1])
    rask_saved_cflags=$CFLAGS
    rask_saved_libs=$LIBS
    CFLAGS="$CFLAGS $MPI_CFLAGS"
    LIBS="$MPI_LIBS $LIBS"
    AC_LINK_IFELSE([AC_LANG_PROGRAM([[
#include <mpi.h>
#if MPI_VERSION < 3 || (MPI_VERSION == 3 && MPI_SUBVERSION < 1)
#error "MPI 3.1 is needed"
#endif
]], [[return MPI_Init(0, 0);]])],
        [AC_MSG_RESULT([yes])
         rask_mpi_text="$1"],
        [AC_MSG_RESULT([no])])
    CFLAGS=$rask_saved_cflags
    LIBS=$rask_saved_libs])
])

# RASK_MPI_WRAPPER: what the wrapper compiler $MPICC adds, as Open MPI or as MPICH says it.
AC_DEFUN([RASK_MPI_WRAPPER], [
AS_IF([test -z "$rask_mpi_text" && test -n "$MPICC"], [
    AS_IF([MPI_CFLAGS=`$MPICC --showme:compile 2>/dev/null` && MPI_LIBS=`$MPICC --showme:link 2>/dev/null`],
          [],
          [MPI_CFLAGS=`$MPICC -compile_info 2>/dev/null | sed 's/^@<:@^ @:>@* //'`
           MPI_LIBS=`$MPICC -link_info 2>/dev/null | sed 's/^@<:@^ @:>@* //'`])
    RASK_MPI_TRY([the wrapper $MPICC])])
])

# RASK_MPI_LAUNCHER: MPIEXEC, the launcher that belongs to the MPI found; the tests use it.
AC_DEFUN([RASK_MPI_LAUNCHER], [
AC_ARG_VAR([MPIEXEC], [the launcher of MPI programs, for the tests])
AS_CASE([$MPICC],
        [*.mpich], [AC_CHECK_PROGS([MPIEXEC], [mpiexec.mpich mpiexec.hydra])],
        [*.openmpi], [AC_CHECK_PROGS([MPIEXEC], [mpirun.openmpi])])
AC_CHECK_PROGS([MPIEXEC], [mpirun mpiexec])
])

# RASK_MPI: MPI_CFLAGS and MPI_LIBS beside a plain CC, so that clang and the sanitizers work.
AC_DEFUN([RASK_MPI], [
AC_ARG_WITH([mpi],
    [AS_HELP_STRING([--without-mpi], [build the embedded form alone: one process, no mpi.h])],
    [], [with_mpi=yes])
AC_ARG_VAR([MPICC], [the wrapper compiler of the MPI to use [mpicc]])
AC_ARG_VAR([MPI_CFLAGS], [C compiler flags for MPI, in place of the wrapper's])
AC_ARG_VAR([MPI_LIBS], [linker flags for MPI, in place of the wrapper's])
AS_CASE([$with_mpi], [yes|no], [],
        [AC_MSG_ERROR([--with-mpi takes yes or no, not "$with_mpi": choose the MPI with MPICC=.../mpicc])])
rask_mpi_text=
AS_IF([test "$with_mpi" = no],
      [MPI_CFLAGS= MPI_LIBS= MPIEXEC=], [
    AC_CHECK_PROGS([MPICC], [mpicc])
    AS_IF([test -n "$MPI_CFLAGS$MPI_LIBS"], [RASK_MPI_TRY([MPI_CFLAGS and MPI_LIBS])], [
        RASK_MPI_TRY([$CC alone])
        RASK_MPI_WRAPPER
        m4_foreach_w([rask_module], [ompi-c mpi-c mpich], [
            AS_IF([test -z "$rask_mpi_text" && $PKG_CONFIG --exists rask_module], [
                MPI_CFLAGS=`$PKG_CONFIG --cflags rask_module`
                MPI_LIBS=`$PKG_CONFIG --libs rask_module`
                RASK_MPI_TRY([pkg-config rask_module])])])])
    AS_IF([test -z "$rask_mpi_text"],
          [AC_MSG_ERROR([no MPI 3.1 found: install libopenmpi-dev and openmpi-bin (Debian, Ubuntu), load your site's module, give MPICC=.../mpicc, or build for one machine with --without-mpi])])
    RASK_MPI_LAUNCHER
    # Another project's headers are not ours to warn about.
    MPI_CFLAGS=`AS_ECHO([" $MPI_CFLAGS"]) | sed 's/ -I/ -isystem /g'`
    AC_DEFINE([HAVE_MPI], [1], [Define to 1 when built with MPI.])])
AS_IF([test -z "$rask_mpi_text"], [rask_mpi_text="no, the embedded form alone"])
AM_CONDITIONAL([HAVE_MPI], [test "$with_mpi" = yes])
])
