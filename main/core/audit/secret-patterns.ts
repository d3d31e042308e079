/**
 * What secrets look like when nobody registered them. Every expression is linear on hostile text: repetitions are
 * bounded, or begin only where the character before cannot belong to them.
 */
export interface SecretPattern {
  readonly label: string;
  readonly expression: RegExp;
  /** What stays: `$1` and so on as in `String.replace`, before and after the label. */
  readonly before: string;
  readonly after: string;
}

/** Names whose value is a secret: of variables, parameters, options, headers and JSON members. */
const secretName =
  '(?:passw(?:or)?d|passphrase|pwd|secret|token|api[-_]?key|access[-_]?key(?:[-_]?id)?|secret[-_]?key|private[-_]?key|' +
  'signing[-_]?key|encryption[-_]?key|client[-_]?secret|credentials?|authorization|x-api-key|signature|x-amz-signature)';

/** Header names whose whole value is a secret. */
const secretHeader =
  '(?:(?:proxy-)?authorization|(?:set-)?cookie|x-api-key|api-key|x-auth-token|x-goog-api-key|x-amz-security-token|private-token)';

function whole(label: string, expression: RegExp): SecretPattern {
  return { label, expression, before: '', after: '' };
}

/** In the order in which they are applied: the most telling label first. */
export const secretPatterns: readonly SecretPattern[] = [
  whole(
    'private-key',
    /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|$)/gu,
  ),
  whole('anthropic', /sk-ant-[A-Za-z0-9_-]{8,}/gu),
  whole('openai', /(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{16,}/gu),
  whole('aws', /(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}/gu),
  whole('github', /gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}/gu),
  whole('gitlab', /gl(?:pat|ptt|dt|rt|cbt|ft|soat|agent|oas|imt|ffct)-[A-Za-z0-9_.-]{16,}/gu),
  whole(
    'slack',
    /xox[a-z]{1,2}-[A-Za-z0-9-]{8,}|xapp-[A-Za-z0-9-]{8,}|hooks\.slack\.com\/services\/[A-Za-z0-9/]{8,}/gu,
  ),
  whole('npm', /npm_[A-Za-z0-9]{30,}/gu),
  whole('google', /AIza[A-Za-z0-9_-]{30,}|ya29\.[A-Za-z0-9_-]{16,}|GOCSPX-[A-Za-z0-9_-]{16,}/gu),
  whole('stripe', /(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9]{16,}/gu),
  whole('huggingface', /hf_[A-Za-z0-9]{30,}/gu),
  whole('pypi', /pypi-[A-Za-z0-9_-]{32,}/gu),
  whole('jwt', /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{2,}(?:\.[A-Za-z0-9_-]*){0,3}/gu),
  {
    label: 'userinfo',
    expression: /:\/\/(?!\[redacted:)[^\s/?#"'<>]{1,4096}@/gu,
    before: '://',
    after: '@',
  },
  {
    label: 'header',
    expression: new RegExp(
      `(?<![A-Za-z0-9-])(${secretHeader}["']?\\s{0,8}[:=]\\s{0,8}["']?)(?!\\[redacted:)[^\\r\\n"'\\\\]+`,
      'giu',
    ),
    before: '$1',
    after: '',
  },
  {
    label: 'credential',
    expression: /\b(bearer\s{1,8})(?!\[redacted:)[A-Za-z0-9._~+/=-]{8,}/giu,
    before: '$1',
    after: '',
  },
  {
    // A capital, digit or = must occur, so that "basic principles" stays.
    label: 'credential',
    expression: /\b([Bb]asic\s{1,8})(?=[a-z]{0,64}[A-Z0-9+/=])[A-Za-z0-9+/]{8,}={0,2}/gu,
    before: '$1',
    after: '',
  },
  {
    // `--token=…`, `API_KEY=…`, `?access_token=…`, `"password": "…"`
    label: 'value',
    expression: new RegExp(`(${secretName}["']?\\s{0,8}[:=]\\s{0,8}["']?)(?!\\[redacted:)[^\\s"'&;]+`, 'giu'),
    before: '$1',
    after: '',
  },
  {
    // `?sig=…`, `&key=…`, `?code=…`: names that are too ordinary outside a query.
    label: 'value',
    expression:
      /([?&](?:sig|key|code|auth|state|session|sid|jwt|pass|access|x-amz-credential)=)(?!\[redacted:)[^\s"'&#;]+/giu,
    before: '$1',
    after: '',
  },
  {
    // `--token VALUE` in one text.
    label: 'value',
    expression: new RegExp(
      `((?<![A-Za-z0-9-])--?(?:[a-z0-9]{1,20}[-_]){0,4}${secretName}\\s{1,8})(?![-\\[])\\S+`,
      'giu',
    ),
    before: '$1',
    after: '',
  },
];

/** Whether a JSON member or variable of this name holds a secret, whatever its value looks like. */
export function isSecretName(name: string): boolean {
  const known = knownNames.get(name);
  if (known !== undefined) return known;
  const secret = secretNameWhole.test(name) || secretHeaderWhole.test(name);
  if (name.length > knownNameCharactersMax) return secret;
  if (knownNames.size >= knownNamesMax) knownNames.clear();
  knownNames.set(name, secret);
  return secret;
}

/** Names looked at before: the same few come with every event. */
const knownNames = new Map<string, boolean>();
const knownNamesMax = 1024;
const knownNameCharactersMax = 48;

/** Whether the argument after this one is a secret: `--api-key`, or a header's name in a list of headers. */
export function announcesSecret(argument: string): boolean {
  return secretOption.test(argument) || secretHeaderWhole.test(argument);
}

const secretNameWhole = new RegExp(`^[a-z0-9_.-]{0,80}${secretName}$`, 'iu');
const secretHeaderWhole = new RegExp(`^${secretHeader}:?$`, 'iu');
const secretOption = new RegExp(`^--?(?:[a-z0-9]{1,20}[-_]){0,4}${secretName}$`, 'iu');
