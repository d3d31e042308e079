/*
 * The holder's own namespaces and capabilities.
 */
#pragma once

/* Makes a mount namespace (and, for an ordinary user, a user namespace) of its own, private. Returns 0, or -1 with errno. */
int isolate(void);

/* Keeps what later setns and mount calls need (live grants), and ending processes of another uid. Returns 0, or -1 with errno. */
int drop_capabilities(void);
