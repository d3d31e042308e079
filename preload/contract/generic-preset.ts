// Apart from the schema of presets, so that the command line can name it without loading that.

/** The preset of every command that no other preset recognises; it must exist. It is no agent, and remembers nothing. */
export const genericPresetId = 'generic';
