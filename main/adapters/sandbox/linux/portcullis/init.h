/*
 * The init: process 1 inside the walls.
 */
#pragma once

/* Reads its configuration from FD_CONFIG. Returns the exit status of the session. */
int init_main(void);
