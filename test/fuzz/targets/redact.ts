import { type NewEvent, newEventSchema } from '#contract/audit.ts';
import { cleanEvent } from '../../../main/core/audit/clean-event.ts';
import { Redactor } from '../../../main/core/audit/redact.ts';
import { type FuzzTarget, must } from '../fuzz-target.ts';
import type { Random } from '../random.ts';

/** Registered values: plain, with everything an encoding changes, short, and beyond ASCII. */
const canaries = ['s3cr3t-Canary-Value', 'p@ss w/ord+&="quoted"\\x', 'abc123', 'pässwörd-ключ'];

/** Every way in which a canary is hidden in the text, by names that stand in inputs as `{{CANARY:FORM}}`. */
const forms: Readonly<Record<string, (secret: string) => string>> = {
  raw: (secret) => secret,
  percent: (secret) => encodeURIComponent(secret),
  percentLower: (secret) => encodeURIComponent(secret).replace(/%../gu, (each) => each.toLowerCase()),
  percentAll: (secret) => [...Buffer.from(secret)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
  form: (secret) => encodeURIComponent(secret).replaceAll('%20', '+'),
  json: (secret) => JSON.stringify(secret).slice(1, -1),
  jsonTwice: (secret) => JSON.stringify(JSON.stringify(secret)).slice(3, -3),
  hex: (secret) => Buffer.from(secret).toString('hex'),
  hexUpper: (secret) => Buffer.from(secret).toString('hex').toUpperCase(),
  base64: (secret) => Buffer.from(secret).toString('base64'),
  base64url: (secret) => Buffer.from(secret).toString('base64url'),
  basic1: (secret) => Buffer.from(`u${secret}xyz`).toString('base64'),
  basic2: (secret) => Buffer.from(`u:${secret}`).toString('base64'),
  basic3: (secret) => Buffer.from(`me:${secret}`).toString('base64url'),
};

/** Values nobody registered, that a known form gives away wherever they stand alone. */
const known = [
  `sk-ant-api03-${'Ab9_'.repeat(6)}`,
  `sk-proj-${'Zx8'.repeat(8)}`,
  `AKIA${'Q7'.repeat(8)}`,
  `ghp_${'a1B2'.repeat(9)}`,
  `glpat-${'x9Y8'.repeat(5)}`,
  `xoxb-${'1234-'.repeat(4)}abcd`,
  `npm_${'k3J'.repeat(12)}`,
  `AIza${'Sy8'.repeat(12)}`,
  `hf_${'Qw1'.repeat(11)}`,
];

const redactor = new Redactor();
for (const [index, canary] of canaries.entries()) redactor.add(canary, `canary-${index}`);

function plant(text: string): string {
  return text.replace(/\{\{(\w+):(\w+)\}\}/gu, (whole, index: string, form: string) => {
    if (index === 'known') return ` ${known[Number(form) % known.length] ?? ''} `;
    const [canary, encode] = [canaries[Number(index)], Object.hasOwn(forms, form) ? forms[form] : undefined];
    return canary === undefined || encode === undefined ? whole : encode(canary);
  });
}

/** What a reader can make of a text: as it is, and decoded in every usual way. */
function readings(text: string): readonly string[] {
  const percent = text
    .replaceAll('+', ' ')
    .replace(/(?:%[0-9a-f]{2})+/giu, (each) => Buffer.from(each.replaceAll('%', ''), 'hex').toString());
  const plus = text.replace(/(?:%[0-9a-f]{2})+/giu, (each) => Buffer.from(each.replaceAll('%', ''), 'hex').toString());
  const unquoted = text.replace(/\\(["\\/])/gu, '$1');
  const runs = text.match(/[A-Za-z0-9+/_-]{6,}={0,2}/gu) ?? [];
  const base64 = runs.flatMap((run) => [0, 1, 2, 3].map((from) => Buffer.from(run.slice(from), 'base64').toString()));
  const hex = (text.match(/(?:[0-9a-f]{2}){4,}/giu) ?? []).flatMap((run) => [
    Buffer.from(run, 'hex').toString(),
    Buffer.from(run.slice(1), 'hex').toString(),
  ]);
  return [text, percent, plus, unquoted, unquoted.replace(/\\(["\\/])/gu, '$1'), ...base64, ...hex];
}

function mustBeClean(text: string, from: string): void {
  const read = readings(text);
  for (const canary of canaries) {
    // A short value is looked for where its whole form is long enough to be told from chance.
    must(!read.some((reading) => reading.includes(canary)), 'a registered secret survived', canary, text, from);
  }
}

function check(input: string): string {
  const text = plant(input);
  const redacted = redactor.redact(text);
  mustBeClean(redacted, input);
  for (const secret of known) {
    const alone = new RegExp(`(?<![A-Za-z0-9_.-])${secret}(?![A-Za-z0-9_.-])`, 'u');
    must(!alone.test(redacted), 'a secret of a known form survived', secret, redacted);
  }
  const event: NewEvent = {
    kind: 'decision',
    summary: text,
    agent: 'a',
    detail: { [text]: text, list: [text, { name: text, value: text }] },
  };
  const clean = cleanEvent(event, redactor);
  must(newEventSchema.safeParse(clean).success, 'the event does not fit its schema any more', input);
  mustBeClean(JSON.stringify(clean), input);
  const labels = [...new Set(redacted.match(/\[redacted:[\w-]+\]/gu) ?? [])].sort();
  return `${labels.slice(0, 4).join(' ')}${redacted === text ? ' untouched' : ''}`;
}

const contexts = [
  'token=',
  '"password": "',
  'Authorization: Bearer ',
  'Authorization: Basic ',
  '--api-key ',
  'https://user:',
  '@host/',
  '?sig=',
  '&key=',
  '-----BEGIN RSA PRIVATE KEY-----\n',
  '-----END RSA PRIVATE KEY-----',
  'cookie: ',
  'x',
  ' ',
  '"',
  "'",
  '\\',
  '%',
  '=',
  '[redacted:',
  ']',
  'sk-',
  'eyJhbGciOi.eyJzdWIi.',
  '\n',
  'é',
  'basic ',
];

/** What is taken out before anything is recorded. */
export const redact: FuzzTarget = {
  name: 'redact',
  property:
    'No registered secret survives in any of its encodings, wherever it is planted, and none of a known form that stands alone; the cleaned event fits its schema.',
  generate: (random: Random) =>
    random.times(1 + random.few(9), () =>
      random.oneIn(2)
        ? random.pick(contexts)
        : random.oneIn(4)
          ? `{{known:${random.below(known.length)}}}`
          : `{{${random.below(canaries.length)}:${random.pick(Object.keys(forms))}}}`,
    ),
  words: [...contexts, '{{0:raw}}', '{{1:json}}', '{{2:raw}}', '{{3:percent}}', '{{known:0}}', '{{0:basic2}}'],
  seeds: [
    ...Object.keys(forms).flatMap((form) => canaries.map((_, index) => `{{${index}:${form}}}`)),
    ...known.map((_, index) => `{{known:${index}}}`),
  ],
  check,
};
