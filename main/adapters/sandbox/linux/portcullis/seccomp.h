/*
 * The session's system call filter, installed by the init on itself before it starts anything.
 */
#pragma once
#include <stddef.h>
#include <linux/filter.h>

/* Installs the filter; needs no_new_privs. Returns 0, or -1 with errno. */
int seccomp_install(void);
/* The program itself, for `portcullis filter` and tests. Returns the number of instructions written. */
size_t seccomp_program(struct sock_filter *program, size_t capacity);
#define SECCOMP_PROGRAM_MAX 512
