#ifndef GATEHOUSE_FRESH_H
#define GATEHOUSE_FRESH_H

/* Executes a command with standard input, output and error and no other descriptor. Returns only on failure. */
int fresh_main(char **command);

#endif
