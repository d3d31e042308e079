import type { AgentQuestion, Attestation } from '#contract/agent.ts';
import { visible } from '#contract/text/visible.ts';
import { homePath } from '../render/home-path.ts';
import type { Screen } from '../render/screen.ts';
import { wrap } from '../render/width.ts';

const labelCells = 10;

/** The facts of a question about an agent, a line each: what the supervisor found, nothing an agent said. */
export function agentFactLines(question: AgentQuestion, screen: Screen, home: string): string[] {
  const { name, kind, title, preset, owner, purpose, attestation, changes } = question;
  const { paint } = screen;
  const head =
    kind === 'unknown'
      ? `${paint('strong', name)} is new: it was never accepted as an agent`
      : `${paint('strong', name)} ${paint('warn', 'is not the program that was accepted')}`;
  return [
    head,
    '',
    ...changes.flatMap((change) => fact('Changed', visible(change), screen)),
    ...(title === name ? [] : fact('Agent', visible(title), screen)),
    ...(preset === name ? [] : fact('Preset', preset, screen)),
    ...attestationLines(attestation, screen, home),
    ...fact('Owner', visible(owner), screen),
    ...fact('Purpose', visible(purpose), screen),
  ];
}

/** Which bytes it is, in full: these are what is bound. */
export function attestationLines(attestation: Attestation, screen: Screen, home: string): string[] {
  const { path, sha256, package: found, interpreters } = attestation;
  return [
    ...fact('Program', visible(homePath(path, home)), screen),
    ...(found === undefined
      ? []
      : fact('Package', visible(`${found.name} ${found.version} (${found.ecosystem}, by its own word)`), screen)),
    ...fact('SHA-256', sha256, screen),
    ...interpreters.flatMap((each) =>
      fact('Run by', `${visible(homePath(each.path, home))}, SHA-256 ${each.sha256.slice(0, 16)}…`, screen),
    ),
  ];
}

/** A label and a text beside it, over as many lines as it takes. */
export function fact(label: string, text: string, { paint, columns }: Screen): string[] {
  const room = Math.max(columns - labelCells - 2, 20);
  return wrap(text, room).map((line, index) => `${paint('dim', (index === 0 ? label : '').padEnd(labelCells))}${line}`);
}
