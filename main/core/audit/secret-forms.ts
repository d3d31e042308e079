/** Shortest value that can be registered: shorter ones occur in ordinary text by chance. */
export const secretCharactersMin = 6;

/** Shortest form that is looked for; what is left of a short value in base64 may be less. */
const formCharactersMin = 6;

/**
 * Every way in which a secret value is looked for: as it is, URL-encoded (both cases of hex, and as a form field),
 * JSON-escaped (once and twice), in hex, and in base64 and base64url wherever it stands inside a longer text.
 */
export function secretForms(value: string): string[] {
  const bytes = Buffer.from(value, 'utf8');
  const percent = percentEncode(value);
  const json = JSON.stringify(value).slice(1, -1);
  const forms = new Set([
    value,
    percent,
    lowerPercent(percent),
    percent.replaceAll('%20', '+'),
    lowerPercent(percent).replaceAll('%20', '+'),
    percentEncodeAll(bytes),
    lowerPercent(percentEncodeAll(bytes)),
    json,
    JSON.stringify(json).slice(1, -1),
    json.replaceAll('/', '\\/'),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    ...base64Forms(bytes),
  ]);
  return [...forms].filter((form) => form.length >= formCharactersMin);
}

/** A lone surrogate has no URL encoding; it is looked for as the replacement character it becomes. */
function percentEncode(value: string): string {
  return encodeURIComponent(value.toWellFormed());
}

function percentEncodeAll(bytes: Buffer): string {
  return bytes.reduce((text, byte) => `${text}%${byte.toString(16).toUpperCase().padStart(2, '0')}`, '');
}

function lowerPercent(text: string): string {
  return text.replace(/%[0-9A-F]{2}/gu, (encoded) => encoded.toLowerCase());
}

/**
 * Base64 packs three bytes into four characters, so a value inside a longer text (`user:SECRET`) has three forms, by
 * where it begins. Each is cut to the characters that depend on the value alone.
 */
function base64Forms(bytes: Buffer): string[] {
  const forms: string[] = [];
  for (const before of [0, 1, 2]) {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/u, '');
    const begin = before === 0 ? 0 : before + 1;
    const wholeBits = (before + bytes.length) * 8;
    const text = encoded.slice(begin, Math.floor(wholeBits / 6));
    forms.push(text, text.replaceAll('+', '-').replaceAll('/', '_'));
  }
  forms.push(percentEncode(bytes.toString('base64')));
  return forms;
}
