import { readFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import type { Params, Result } from '#contract/api.ts';
import { type Proof, proofSchema } from '#contract/audit.ts';
import { operatingError } from '#contract/operating-error.ts';
import { visible } from '#contract/text/visible.ts';
import { readWitness } from '../../adapters/keystore/checkpoint-keeper.ts';
import { startAuditReader } from '../../adapters/sqlite/audit-reader.ts';
import { verifyEd25519 } from '../../adapters/sqlite/verify-ed25519.ts';
import { type PublicKey, parseVerifierKey } from '../../core/audit/checkpoint.ts';
import { holdsProof } from '../../core/audit/proof.ts';
import { withControl } from '../connection.ts';
import { exitStatus } from '../failure.ts';
import { auditWorkerPath } from '../program-files.ts';
import { notice, printJson, type Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

interface KeyOptions {
  readonly key?: readonly string[];
  readonly json?: boolean;
}

/**
 * Recomputes every hash, the chain and the tree, and holds them against the signed checkpoints. Exit status 1, with the entry and the
 * kind of damage named, when it does not hold.
 */
export async function verifyLog(
  terminal: Terminal,
  options: KeyOptions & { readonly file?: string; readonly witness?: readonly string[] },
): Promise<number> {
  const keys = [...(options.key ?? [])];
  keys.forEach(parseKey);
  if (options.file === undefined && (options.witness ?? []).length > 0) {
    throw new UsageError('--witness goes with --file.', 'The supervisor knows its own: GATEHOUSE_WITNESS.');
  }
  const result =
    options.file === undefined
      ? await withControl(terminal, (control) => control.call('log.verify', { keys }))
      : await verifyFile(terminal, options.file, keys, options.witness ?? []);
  const { paint } = terminal.screen;
  if (options.json === true) printJson(terminal, result);
  else if (result.damage !== undefined) {
    const { seq, kind, what } = result.damage;
    terminal.stdout.write(
      `${paint('bad', 'The log is damaged')} at entry ${seq}: ${kind}. ${visible(what)}\n` +
        'Entries before it hold. Keep a copy of the database before anything else is written.\n',
    );
  } else {
    const head = result.head === undefined ? '' : ` Newest: ${result.head}`;
    terminal.stdout.write(
      `${paint('good', 'The log holds')}: ${result.entries} entries, every hash and the chain.${head}\n`,
    );
  }
  if (options.json !== true) terminal.stdout.write(`${signedLine(terminal, result)}${indexLine(terminal, result)}`);
  return result.ok && result.index?.ok !== false ? exitStatus.ok : exitStatus.no;
}

/** Judges a file by itself, e.g. a copy kept as evidence: no supervisor is asked or started, and nobody's keys but those given count. */
async function verifyFile(
  terminal: Terminal,
  file: string,
  keys: string[],
  witnesses: readonly string[],
): Promise<Result<'log.verify'>> {
  const elsewhere = witnesses.flatMap((witness) => readWitness(path.resolve(terminal.cwd, witness)));
  const reader = startAuditReader({ path: path.resolve(terminal.cwd, file), workerPath: auditWorkerPath });
  try {
    return await reader.verify({ keys, elsewhere });
  } finally {
    await reader.close();
  }
}

function signedLine(terminal: Terminal, { checkpoints, entries }: Result<'log.verify'>): string {
  if (checkpoints === undefined) return '';
  const { held, size, elsewhere, unsigned, remedy } = checkpoints;
  if (unsigned !== undefined) {
    const what = terminal.screen.paint('warn', 'Checkpoints are not signed');
    return `${what}: ${visible(unsigned)}${remedy === undefined ? '' : `\n  → ${visible(remedy)}`}\n`;
  }
  const after = entries - size;
  const uncovered = after > 0 ? ` The ${after} after it are only chained.` : '';
  return `Signed: ${held} checkpoints hold, the newest over ${size} entries; ${elsewhere} kept elsewhere agree.${uncovered}\n`;
}

/** The index is no evidence, but a search that does not find an entry hides it. */
function indexLine(terminal: Terminal, { index }: Result<'log.verify'>): string {
  if (index === undefined || index.ok) return '';
  const what = terminal.screen.paint('bad', 'The search index does not fit the record');
  const remedy = index.remedy === undefined ? '' : `\n  → ${visible(index.remedy)}`;
  return `${what}: ${visible(index.what ?? 'it differs')}${remedy}\n`;
}

/** Prints the newest checkpoint's note. Exit status 1 when there is none. */
export async function printCheckpoint(terminal: Terminal, options: { json?: boolean }): Promise<number> {
  const result = await withControl(terminal, (control) => control.call('log.checkpoint', {}));
  if (options.json === true) printJson(terminal, result);
  else {
    if (result.note !== undefined) terminal.stdout.write(result.note);
    if (result.key !== undefined) notice(terminal, `the key to check it with: ${result.key}`);
    if (result.unsigned !== undefined) {
      notice(terminal, `checkpoints are not signed: ${visible(result.unsigned)}`);
      if (result.remedy !== undefined) notice(terminal, visible(result.remedy));
    }
  }
  return result.note === undefined ? exitStatus.no : exitStatus.ok;
}

/** Prints a proof as one JSON object. */
export async function prove(
  terminal: Terminal,
  seq: string | undefined,
  options: { readonly from?: string; readonly to?: string },
): Promise<number> {
  if ((seq === undefined) === (options.from === undefined)) {
    throw new UsageError(
      'Give the number of an event, or --from with a number of entries.',
      '`gatehouse log` shows numbers.',
    );
  }
  const wanted: Params<'log.prove'> =
    seq !== undefined
      ? { seq: number(seq) }
      : { from: number(options.from ?? ''), ...(options.to === undefined ? {} : { to: number(options.to) }) };
  const { proof } = await withControl(terminal, (control) => control.call('log.prove', wanted));
  printJson(terminal, proof);
  return exitStatus.ok;
}

/** Checks a proof against `--key`, or this machine's own key. */
export async function checkProof(terminal: Terminal, file: string, options: KeyOptions): Promise<number> {
  const proof = await readProof(terminal, file);
  const given = options.key ?? [];
  const keys = given.length > 0 ? given.map(parseKey) : [await ownKey(terminal)];
  const verdict = holdsProof(proof, keys, verifyEd25519);
  const { paint } = terminal.screen;
  const { entry } = proof;
  if (options.json === true) {
    printJson(terminal, {
      ok: verdict.ok,
      ...(verdict.why === undefined ? {} : { why: verdict.why }),
      ...(verdict.checkpoint === undefined ? {} : { entries: verdict.checkpoint.size }),
      ...(entry === undefined ? {} : { seq: entry.seq }),
    });
  } else if (!verdict.ok) terminal.stdout.write(`${paint('bad', 'The proof does not hold')}: ${verdict.why}\n`);
  else if (entry === undefined) {
    terminal.stdout.write(
      `${paint('good', 'The proof holds')}: the log was only added to, up to ${verdict.checkpoint?.size} entries.\n`,
    );
  } else {
    terminal.stdout.write(
      `${paint('good', 'The proof holds')}: entry ${entry.seq}, ${entry.kind}, recorded ${entry.at}, is in the signed log.\n` +
        `${entry.payload === '' ? 'Its content was erased.' : visible(entry.payload)}\n`,
    );
  }
  return verdict.ok ? exitStatus.ok : exitStatus.no;
}

async function readProof(terminal: Terminal, file: string): Promise<Proof> {
  const content = file === '-' ? await text(terminal.stdin) : readFileSync(path.resolve(terminal.cwd, file), 'utf8');
  try {
    return proofSchema.parse(JSON.parse(content));
  } catch (cause) {
    throw operatingError('invalid_request', `${file} is not a proof.`, {
      remedy: '`gatehouse log prove SEQ` prints one.',
      cause,
    });
  }
}

async function ownKey(terminal: Terminal): Promise<PublicKey> {
  const { key, unsigned } = await withControl(terminal, (control) => control.call('log.checkpoint', {}));
  if (key === undefined) {
    throw new UsageError(
      'There is no key of your own to check it with.',
      `Give --key. (${unsigned ?? 'None is known.'})`,
    );
  }
  return parseKey(key);
}

function parseKey(word: string): PublicKey {
  const key = parseVerifierKey(word);
  if (key === undefined)
    throw new UsageError(`"${word}" is no key.`, '`gatehouse log checkpoint` prints one: NAME+ID+KEY.');
  return key;
}

function number(word: string): number {
  if (!/^[1-9]\d{0,14}$/u.test(word)) throw new UsageError(`"${word}" is not a number of the log.`);
  return Number(word);
}
