/** The command line itself was wrong: what, why and what to write instead. Exit status 2, or 125 for `run`. */
export class UsageError extends Error {
  constructor(what: string, remedy?: string) {
    super(remedy === undefined ? what : `${what} ${remedy}`);
    this.name = 'UsageError';
  }
}
