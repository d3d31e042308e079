/** A campaign: a long attack or load that is run by hand; a short form of it belongs to the ordinary tests. */
export interface Campaign {
  /** What a person types after `npm run campaign --`. */
  readonly name: string;
  /** One line for whoever asks which there are, options included. */
  readonly usage: string;
  /** Runs it with what came after its name; resolves with whether everything held. Throws for options that cannot be meant. */
  run(args: readonly string[]): Promise<boolean>;
}
