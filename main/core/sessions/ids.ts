/** Words of session ids: short, common, distinct when read aloud. 64 each, so six bits choose one. */
const adjectives =
  'amber bold brave brisk calm clear clever cool copper coral crisp dawn deep early east fair fast fern firm fresh gentle glad gold grand green happy hazel keen kind late lemon light lilac lively lucky lunar mellow mild mint misty noble north oak olive open pearl plain quick quiet rapid ready rosy royal sage sandy sharp silver snowy solar south steady sunny swift tidal warm west wise young'.split(
    ' ',
  );
const nouns =
  'anchor apple arrow badge basin beach birch bison bridge brook cabin candle canyon castle cedar cloud clover comet crane delta desert eagle ember falcon field finch forest fox garden glade harbor hawk heron hill island kite lake lamp lark leaf maple marsh meadow moon mount otter owl panda path pine planet pond raven reef ridge river robin seal shell spark stone tiger tower trail valley wave willow wolf'.split(
    ' ',
  );

/** Makes a session id, like `a1c9-calm-otter`, from four random bytes. */
export function sessionIdFrom(random: Uint8Array): string {
  const [a = 0, b = 0, c = 0, d = 0] = random;
  const hex = ((a << 8) | b).toString(16).padStart(4, '0');
  return `${hex}-${adjectives[c % adjectives.length]}-${nouns[d % nouns.length]}`;
}

/** Makes a short id with a prefix, like `t-1a2b3c4d`, from four random bytes. */
export function shortIdFrom(prefix: string, random: Uint8Array): string {
  return `${prefix}-${[...random.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/** Stand in where a question is about no session and no task; `explainDecision` leaves them out. */
export const noSessionId = '0000-none-none';
export const noTaskId = 't-00000000';
