/**
 * Guarantee: no registered secret value, in any of its usual encodings, and nothing that looks like a credential, is in
 * an event when it is hashed and stored. What was there is replaced by `[redacted:label]`.
 *
 * Threat: secrets in arguments, headers, URLs, error texts and file names, put there by accident or by an agent that
 * hopes somebody reads the log. A hash chain makes such a leak permanent, so it must never be written.
 *
 * Limits: a secret that nobody registered and that has no known form is not recognised, nor is one that was encrypted,
 * compressed, split over several fields, or encoded in a way not listed in `secretForms`.
 */
import { operatingError } from '#contract/operating-error.ts';
import { escapeControls } from './escape.ts';
import { secretCharactersMin, secretForms } from './secret-forms.ts';
import { secretPatterns } from './secret-patterns.ts';

/** Values that can be registered; each is looked for in every text. */
export const secretsMax = 1024;

/** Longest value that can be registered. */
export const secretCharactersMax = 65_536;

/** Bounds of what is remembered of texts that were cleaned before. */
const rememberedTextsMax = 2048;
const rememberedCharactersMax = 48;

/** Most characters of a label. */
const labelCharactersMax = 40;

/**
 * Every pattern needs one of these somewhere in the text. One quick look at a text that has none of them saves the rest.
 */
const hint =
  /AKIA|ASIA|ABIA|ACCA|gh[pousr]_|github_pat|gl[a-z]{2,5}-|xox|xapp-|hooks\.slack|npm_|sk[-_]|rk_|whsec_|AIza|ya29\.|GOCSPX|hf_|pypi-|eyJ|PRIVATE KEY|:\/\/|authorization|cookie|key|token|bearer|basic|passw|passphrase|pwd|secret|credential|signature|[?&](?:sig|code|auth|state|session|sid|jwt|pass|access|x-amz)/iu;

/** Characters that mean something in a regular expression. */
const syntaxCharacters = /[\\^$.*+?()[\]{}|/]/gu;

/** Knows the registered secrets and takes them, and whatever looks like one, out of texts. */
export class Redactor {
  readonly #labels = new Map<string, string>();
  readonly #values = new Set<string>();
  /** Short texts that were cleaned before: names, ids and words come again with every event. */
  readonly #cleaned = new Map<string, string>();
  #registered: RegExp | undefined;

  /** Registers a value under a label. Throws `invalid_request` when it is too short to be told from ordinary text. */
  add(value: string, label: string): void {
    assertRegistrable(value);
    if (this.#values.has(value)) return;
    if (this.#values.size >= secretsMax) {
      throw operatingError('too_many', `More than ${secretsMax} secrets cannot be kept out of the log.`);
    }
    this.#values.add(value);
    this.#cleaned.clear();
    const plainLabel = label.replace(/[^A-Za-z0-9._-]+/gu, '-').slice(0, labelCharactersMax) || 'secret';
    for (const form of secretForms(value)) this.#labels.set(form, plainLabel);
    // Longest first: a short secret inside a long one must not leave the rest of the long one.
    const forms = [...this.#labels.keys()].sort((a, b) => b.length - a.length);
    this.#registered = new RegExp(forms.map((form) => form.replace(syntaxCharacters, '\\$&')).join('|'), 'g');
  }

  /** The text without secrets. Call it on whole texts, before any cutting, or the beginning of a cut secret stays. */
  redact(text: string): string {
    const known = this.#registered === undefined ? text : text.replace(this.#registered, (form) => this.#mark(form));
    if (!hint.test(known)) return known;
    let result = known;
    for (const { expression, label, before, after } of secretPatterns) {
      result = result.replace(expression, `${before}[redacted:${label}]${after}`);
    }
    return result;
  }

  /** The text redacted and then escaped (`escapeControls`). */
  clean(text: string): string {
    if (text.length > rememberedCharactersMax) return escapeControls(this.redact(text));
    const known = this.#cleaned.get(text);
    if (known !== undefined) return known;
    const clean = escapeControls(this.redact(text));
    if (this.#cleaned.size >= rememberedTextsMax) this.#cleaned.clear();
    this.#cleaned.set(text, clean);
    return clean;
  }

  #mark(form: string): string {
    return `[redacted:${this.#labels.get(form) ?? 'secret'}]`;
  }
}

/** Throws `invalid_request` when the value cannot be registered. */
export function assertRegistrable(value: string): void {
  if (value.length < secretCharactersMin) {
    throw operatingError(
      'invalid_request',
      `A secret of under ${secretCharactersMin} characters cannot be kept out of the log.`,
      {
        why: 'So short a text occurs by chance, and replacing it everywhere would garble the record.',
        remedy: 'Use a longer secret.',
      },
    );
  }
  if (value.length > secretCharactersMax) {
    throw operatingError(
      'invalid_request',
      `A secret of over ${secretCharactersMax} characters cannot be kept out of the log.`,
    );
  }
}
