import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { runCommand } from '../helpers/gatehouse.ts';
import { bindCases } from './binds/cases.ts';
import { type BindResult, runBindCases } from './binds/run-cases.ts';
import type { Campaign } from './campaign.ts';

const document = path.resolve(import.meta.dirname, '../../docs/protected-files.md');
const begin = '<!-- binds: written by `npm run campaign -- binds --write` -->';
const end = '<!-- end of binds -->';

/** Ordinary git and npm commands inside the walls: which fail because protected files are read-only, and with which words. */
export const binds: Campaign = {
  name: 'binds',
  usage:
    'binds [--only TEXT] [--write]   ordinary git and npm commands inside; --write puts the table into docs/protected-files.md',
  async run(args) {
    const { values } = parseArgs({
      args: [...args],
      options: { only: { type: 'string', default: '' }, write: { type: 'boolean', default: false } },
    });
    const chosen = bindCases.filter(({ name }) => name.includes(values.only));
    const results = await runBindCases(chosen, ({ each, outcome, says, changes }) => {
      console.log(
        `${outcome.padEnd(7)} ${each.name}${says === '' ? '' : `: ${says}`}${changes.length > 0 ? `  [${changes.join(' ')}]` : ''}`,
      );
    });
    if (values.write) {
      if (values.only !== '') throw new Error('only a whole run is written');
      const text = readFileSync(document, 'utf8');
      const [head = '', rest = ''] = [text.slice(0, text.indexOf(begin)), text.slice(text.indexOf(end))];
      if (head === '' || rest === '') throw new Error(`${document} has no place for the table`);
      writeFileSync(document, `${head}${begin}\n\n${await tableText(results)}\n${rest}`);
    }
    return true;
  },
};

async function tableText(results: readonly BindResult[]): Promise<string> {
  const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
  const shown = (files: readonly string[]) =>
    `${files
      .slice(0, 3)
      .map((file) => `\`${file}\``)
      .join(' ')}${files.length > 3 ? ` and ${files.length - 3} more` : ''}`;
  const rows = results
    .filter(({ outcome }) => outcome !== 'works')
    .map(
      ({ each, outcome, says, changes }) => `| ${cell(each.name)} | ${outcome} | ${cell(says)} | ${shown(changes)} |`,
    );
  const good = (group: string) =>
    results
      .filter(({ each, outcome }) => outcome === 'works' && each.group === group)
      .map(({ each }) => each.name)
      .join('; ');
  const version = async (program: string) => {
    const { stdout } = await runCommand(program, ['--version'], {
      cwd: '/',
      environment: { PATH: process.env['PATH'] ?? '' },
    });
    return stdout.trim().replace(/^git version /u, '');
  };
  const count = (outcome: string) => results.filter((each) => each.outcome === outcome).length;
  return `${results.length} commands: ${count('works')} work, ${count('partly')} go partly, ${count('fails')} fail. ${new Date().toISOString().slice(0, 10)}, git ${await version('git')}, npm ${await version('npm')}.

| command | inside | what it says | protected files it changes outside |
| --- | --- | --- | --- |
${rows.join('\n')}

**As outside:** ${cell(good('git'))}.

**npm, as outside:** ${cell(good('npm'))}.
`;
}
