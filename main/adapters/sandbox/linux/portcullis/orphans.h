/*
 * Processes whose parent died before it could tell who they are.
 */
#pragma once

/* What is orphaned below this process becomes its child. Opens the list of children, or leaves -1 where the kernel keeps none. */
int orphans_adopt(int *children);

/* Ends every child there is and waits for it. */
void orphans_end(int children);
