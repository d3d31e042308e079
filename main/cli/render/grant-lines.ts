import type { GrantsSummary } from '#contract/session-end.ts';
import { visible } from '#contract/text/visible.ts';
import { commandText } from './command-text.ts';
import type { Screen } from './screen.ts';

/** What was granted and not needed, and what would have been enough: a line each, none when every grant was needed as it is. */
export function grantLines({ unused, narrower }: GrantsSummary, { paint }: Screen): string[] {
  return [
    ...unused.map(
      ({ spec, giver }) =>
        `  ${paint('warn', 'not used')}  ${visible(spec)}${giver === 'always' ? ', by your always-rule' : ''}`,
    ),
    ...narrower.map(
      ({ spec, enough }) =>
        `  ${paint('warn', 'wider than used')}  ${visible(spec)}; enough: ${enough.map((each) => commandText(['--grant', each])).join(' ')}`,
    ),
  ];
}
