/**
 * Guarantee: the passphrase of the encrypted keystore is typed without being shown, kept in no argument, variable or
 * file, and asked for only where a person can answer.
 *
 * Threat: somebody who looks at the screen, the list of processes or a core dump; a script that would wait for ever.
 *
 * Limits: the terminal, and whoever reads this process's memory meanwhile, see what is typed.
 */
import { existsSync } from 'node:fs';
import { operatingError } from '#contract/operating-error.ts';
import type { StatePaths } from '../adapters/control/paths.ts';
import { chosenKeystore, findPassphrase } from '../adapters/keystore/open-keystore.ts';
import { forbidCoreDumps } from '../adapters/processes/core-dumps.ts';
import type { Terminal } from './terminal.ts';

/** More than anybody types. */
const passphraseCharactersMax = 1024;

/**
 * The passphrase for the supervisor that is about to start: undefined when its keystore needs none. On a terminal it is
 * asked for, twice when the file is new. Throws `keystore_unavailable` where nobody can answer.
 */
export async function passphraseFor(terminal: Terminal, paths: StatePaths): Promise<string | undefined> {
  const { environment } = terminal;
  if (chosenKeystore(environment) !== 'file') return undefined;
  const isSafe = forbidCoreDumps();
  const given = findPassphrase(environment);
  if (given !== undefined) return given;
  if (terminal.stdin.isTTY !== true || terminal.stderr.isTTY !== true) {
    throw operatingError('keystore_unavailable', 'The encrypted keystore needs its passphrase.', {
      why: 'There is no terminal to ask on.',
      remedy:
        'Set GATEHOUSE_PASSPHRASE, bring it as the credential gatehouse-passphrase, or start Gatehouse on a terminal.',
    });
  }
  if (!isSafe) {
    throw operatingError('keystore_unavailable', 'The passphrase is not asked for here.', {
      why: 'A crash of this process could write it to a disk: core dumps could not be switched off.',
      remedy: 'Run `ulimit -c 0` first, or install prlimit (util-linux).',
    });
  }
  if (existsSync(paths.keystoreFile)) return ask(terminal, 'Passphrase of the keystore: ');
  const first = await ask(terminal, 'A passphrase for the new keystore: ');
  if (first !== (await ask(terminal, 'The same once more: '))) throw notGiven('The two are not the same.');
  return first;
}

/** Reads one line from the terminal without showing it. */
async function ask(terminal: Terminal, question: string): Promise<string> {
  const { stdin, stderr } = terminal;
  // Before the question, since somebody may type, or give up, the moment it is there.
  stdin.setRawMode?.(true);
  // A terminal that is left without echo is worse than none.
  const restore = (): void => void stdin.setRawMode?.(false);
  process.once('exit', restore);
  try {
    const line = readLine(stdin);
    stderr.write(question);
    return await line;
  } finally {
    process.off('exit', restore);
    restore();
    stdin.pause();
    stderr.write('\n');
  }
}

function readLine(stdin: Terminal['stdin']): Promise<string> {
  const decoder = new TextDecoder();
  let line: string[] = [];
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      stdin.off('data', hear);
      stdin.off('end', ended);
      stdin.off('error', ended);
      act();
    };
    const ended = (): void => settle(() => reject(notGiven('The terminal went away.')));
    const hear = (chunk: Buffer | string): void => {
      const characters = [...decoder.decode(typeof chunk === 'string' ? Buffer.from(chunk) : chunk, { stream: true })];
      for (const [index, character] of characters.entries()) {
        if (character === '\r' || character === '\n') {
          // What was typed ahead belongs to whoever reads next.
          const rest = characters.slice(index + 1).join('');
          settle(() => (line.length === 0 ? reject(notGiven('It is empty.')) : resolve(line.join(''))));
          if (rest !== '') stdin.unshift(Buffer.from(rest));
          return;
        }
        if (character === '\x03' || character === '\x04') {
          settle(() => reject(notGiven('You stopped.')));
          return;
        }
        if (character === '\x7f' || character === '\b') line.pop();
        else if (character === '\x15') line = [];
        else if (line.length < passphraseCharactersMax) line.push(character);
      }
    };
    stdin.on('data', hear);
    stdin.once('end', ended);
    stdin.once('error', ended);
    stdin.resume();
  });
}

function notGiven(why: string): Error {
  return operatingError('keystore_unavailable', 'No passphrase was given for the encrypted keystore.', {
    why,
    remedy: 'Try again.',
  });
}
