/*
 * Tries what the walls stand on, each in a process of its own, and says what the kernel answered.
 */
#pragma once

/* Prints `name errno` lines (0: works). `folder`: where id-mapping is tried when the caller is root. Returns 0. */
int probe_main(const char *folder);
