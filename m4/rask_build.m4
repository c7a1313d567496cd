# SPDX-License-Identifier: BSD-3-Clause
# rask_build.m4: the compiler's flags and the kinds of build.

# RASK_SPLIT_VERSION: RASK_VERSION_MAJOR, _MINOR and _PATCH from the package's version.
AC_DEFUN([RASK_SPLIT_VERSION], [
AC_SUBST([RASK_VERSION_MAJOR], [m4_argn(1, m4_unquote(m4_split(AC_PACKAGE_VERSION, [\.])))])
AC_SUBST([RASK_VERSION_MINOR], [m4_argn(2, m4_unquote(m4_split(AC_PACKAGE_VERSION, [\.])))])
AC_SUBST([RASK_VERSION_PATCH], [m4_argn(3, m4_unquote(m4_split(AC_PACKAGE_VERSION, [\.])))])
])

# RASK_TRY_CFLAG(VARIABLE, FLAG): appends the flag to the variable when compiler and linker take it.
AC_DEFUN([RASK_TRY_CFLAG], [
AS_VAR_PUSHDEF([rask_cached], [rask_cv_cflag_$2])dnl
AC_CACHE_CHECK([whether $CC takes $2], [rask_cached],
    [rask_saved_cflags=$CFLAGS
     CFLAGS="$CFLAGS -Werror $2"
     AC_LINK_IFELSE([AC_LANG_PROGRAM()],
                    [AS_VAR_SET([rask_cached], [yes])], [AS_VAR_SET([rask_cached], [no])])
     CFLAGS=$rask_saved_cflags])
AS_VAR_IF([rask_cached], [yes], [AS_VAR_APPEND([$1], [" $2"])])
AS_VAR_POPDEF([rask_cached])dnl
])

# RASK_FLAGS: RASK_CFLAGS and RASK_LDFLAGS for every file, RASK_VISIBILITY for those of the library.
AC_DEFUN([RASK_FLAGS], [
RASK_CFLAGS=-std=c11
m4_foreach_w([rask_flag],
             [-Wall -Wextra -Wshadow -Wconversion -fno-omit-frame-pointer
              -fno-math-errno],
             [RASK_TRY_CFLAG([RASK_CFLAGS], rask_flag)])
AC_SUBST([RASK_CFLAGS])
RASK_VISIBILITY=
RASK_TRY_CFLAG([RASK_VISIBILITY], [-fvisibility=hidden])
AC_SUBST([RASK_VISIBILITY])
RASK_LDFLAGS=
RASK_TRY_CFLAG([RASK_LDFLAGS], [-Wl,--as-needed])
AC_SUBST([RASK_LDFLAGS])
])

# RASK_ENABLE_DEBUG: assertions and the invariant checker, off by default.
AC_DEFUN([RASK_ENABLE_DEBUG], [
AC_ARG_ENABLE([debug],
    [AS_HELP_STRING([--enable-debug], [assertions, and the invariant checker after every step])],
    [], [enable_debug=no])
AS_CASE([$enable_debug], [yes|no], [],
        [AC_MSG_ERROR([--enable-debug takes yes or no, not "$enable_debug"])])
AS_IF([test "$enable_debug" = yes],
      [AC_DEFINE([RASK_DEBUG], [1], [Define to 1 to check invariants after every step.])
       RASK_NDEBUG=],
      [RASK_NDEBUG=-DNDEBUG])
AC_SUBST([RASK_NDEBUG])
])

# RASK_ENABLE_SANITIZERS: the compiler's run-time checkers, as in --enable-sanitizers=address,undefined.
AC_DEFUN([RASK_ENABLE_SANITIZERS], [
AC_ARG_ENABLE([sanitizers],
    [AS_HELP_STRING([--enable-sanitizers=LIST],
                    [run-time checkers: address,undefined or thread (what -fsanitize takes)])],
    [], [enable_sanitizers=no])
AS_IF([test "$enable_sanitizers" = yes], [enable_sanitizers=address,undefined])
RASK_SANITIZE=
AS_IF([test "$enable_sanitizers" != no], [
    AC_MSG_CHECKING([whether $CC takes -fsanitize=$enable_sanitizers])
    rask_saved_cflags=$CFLAGS
    RASK_SANITIZE="-fsanitize=$enable_sanitizers -fno-sanitize-recover=all"
    CFLAGS="$CFLAGS $RASK_SANITIZE"
    AC_LINK_IFELSE([AC_LANG_PROGRAM()], [AC_MSG_RESULT([yes])],
        [AC_MSG_RESULT([no])
         AC_MSG_ERROR([$CC has no -fsanitize=$enable_sanitizers: try CC=clang, or another list])])
    CFLAGS=$rask_saved_cflags])
AC_SUBST([RASK_SANITIZE])
AC_SUBST([enable_sanitizers])
])

# RASK_ENABLE_FUZZ: fuzzers for whatever reads bytes from outside; needs clang's libFuzzer.
AC_DEFUN([RASK_ENABLE_FUZZ], [
AC_ARG_ENABLE([fuzz],
    [AS_HELP_STRING([--enable-fuzz], [build the fuzzers of tests/fuzz (needs CC=clang)])],
    [], [enable_fuzz=no])
RASK_FUZZER=
AS_IF([test "$enable_fuzz" = yes], [
    AC_MSG_CHECKING([whether $CC has libFuzzer])
    rask_saved_cflags=$CFLAGS
    CFLAGS="$CFLAGS -fsanitize=fuzzer"
    AC_LINK_IFELSE(
        [AC_LANG_SOURCE([[int LLVMFuzzerTestOneInput(const unsigned char *data, unsigned long size);
int LLVMFuzzerTestOneInput(const unsigned char *data, unsigned long size) { return data && size && 0; }]])],
        [AC_MSG_RESULT([yes])
         RASK_FUZZER=-fsanitize=fuzzer
         AS_VAR_APPEND([RASK_SANITIZE], [" -fsanitize=fuzzer-no-link"])],
        [AC_MSG_RESULT([no])
         AC_MSG_ERROR([--enable-fuzz needs clang with libFuzzer: ./configure CC=clang --enable-fuzz])])
    CFLAGS=$rask_saved_cflags])
AC_SUBST([RASK_FUZZER])
AM_CONDITIONAL([BUILD_FUZZERS], [test "$enable_fuzz" = yes])
])

# RASK_ENABLE_WERROR: warnings are errors; last, so that no probe is disturbed.
AC_DEFUN([RASK_ENABLE_WERROR], [
AC_ARG_ENABLE([werror],
    [AS_HELP_STRING([--enable-werror], [make the compiler's warnings errors])],
    [], [enable_werror=no])
AS_IF([test "$enable_werror" = yes], [RASK_TRY_CFLAG([RASK_CFLAGS], [-Werror])])
])
