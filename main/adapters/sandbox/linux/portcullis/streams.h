/*
 * The standard streams of a session. All return 0, or -1 with errno.
 */
#pragma once
#include <sys/types.h>

/* Makes three named pipes in a folder and opens them; `foreign` (unless 0) becomes their owner. */
int make_pipes(const char *folder, uid_t foreign, int streams[3]);

/* Replaces the holder's ends by the session's. */
int session_ends(int streams[3]);

/* Takes the terminal on descriptor 0 for all three. */
int use_terminal(uid_t foreign, int streams[3]);
