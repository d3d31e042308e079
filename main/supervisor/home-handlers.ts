import { operatingError } from '#contract/operating-error.ts';
import type { Agents } from './agents.ts';
import type { ControlHandlers } from './control-server.ts';
import type { Homes } from './homes.ts';

type HomeMethod = Extract<keyof ControlHandlers, `home.${string}`>;

/** The methods about private homes and logins. What they do only takes away. */
export function homeHandlers({
  agents,
  homes,
}: {
  readonly agents: Pick<Agents, 'find'>;
  readonly homes: Homes;
}): Pick<ControlHandlers, HomeMethod> {
  return {
    'home.list': async ({ agent }) => {
      const found = await homes.list(agent);
      // One that ran without an identity has homes too.
      if (agents.find(agent) === undefined && found.homes.length === 0 && found.login.length === 0) {
        throw operatingError('not_found', `There is no agent ${agent}, and no home of one.`, {
          remedy: '`gatehouse agents list` shows them.',
        });
      }
      return found;
    },
    'home.reset': async ({ agent, workspace, login }) => {
      const reset = await homes.reset(agent, { workspace, homes: true, login, why: 'you reset it' });
      return { homes: [...reset.homes], logins: [...reset.logins] };
    },
  };
}
