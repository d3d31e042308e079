/*
 * portcullis: holder outside and init inside of a Gatehouse session. Mechanism only; what to show, hide and limit arrives in
 * its configuration.
 */
#include "fresh.h"
#include "hold.h"
#include "init.h"
#include "peer.h"
#include "probe.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

int main(int count, char **arguments) {
  /* The supervisor keeps its own files private with 077; what is built here (/etc, the agent's files) is ordinary. */
  umask(022);
  if (count == 3 && strcmp(arguments[1], "hold") == 0) return hold_main(arguments[2]);
  if (count == 2 && strcmp(arguments[1], "init") == 0) return init_main();
  if (count == 3 && strcmp(arguments[1], "probe") == 0) return probe_main(arguments[2]);
  if (count == 2 && strcmp(arguments[1], "peer") == 0) return peer_main();
  if (count >= 3 && strcmp(arguments[1], "fresh") == 0) return fresh_main(arguments + 2);
  fprintf(stderr, "portcullis is started by Gatehouse and does nothing on its own\n");
  return 64;
}
