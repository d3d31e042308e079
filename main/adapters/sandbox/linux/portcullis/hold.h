/*
 * The holder: outermost process of a session, outside the walls.
 */
#pragma once

/* `supervisor`: decimal pid of the parent that this process must not outlive. Returns the exit status. */
int hold_main(const char *supervisor);
