/*
 * User namespaces: one for id-mapping mounts (root caller), one to work in (ordinary caller).
 */
#pragma once
#include <sys/types.h>

/* How many ids of the host are mapped onto the foreign range. */
#define IDMAP_IDS 65536u

/* A user namespace that maps host ids 0..65535 to `foreign`..., as a descriptor for MOUNT_ATTR_IDMAP; -1 with errno. */
int idmap_namespace(uid_t foreign);
/* Moves this process into a user namespace of its own in which its ids stay what they are. 0, or -1 with errno. */
int idmap_enter_own_namespace(unsigned long more_namespaces);
