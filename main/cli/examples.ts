/** The examples below a command's help: what to type, and what it does. */
export function examplesText(examples: readonly (readonly [command: string, does: string])[]): string {
  return `\nExamples:\n${examples.map(([command, does]) => `  # ${does}\n  ${command}\n`).join('')}`.trimEnd();
}
