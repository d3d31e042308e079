import type { ListedAgent } from '#contract/agent.ts';
import type { Approval } from '#contract/approval.ts';
import type { PreferencesChange } from '#contract/bridge.ts';
import type { SavedSearch } from '#contract/record.ts';
import type { Session } from '#contract/session.ts';
import { visible } from '#contract/text/visible.ts';
import { call, unwrap } from '../bridge.ts';
import { go, places, placeTitles } from '../stores/place-store.ts';
import { type Matchable, matchEntries } from './palette-match.ts';

/** Something to go to, or to do. */
export interface PaletteEntry extends Matchable {
  readonly id: string;
  readonly group: 'Places' | 'Sessions' | 'Agents' | 'Timeline' | 'Actions';
  /** On the right: keys, or what state it is in. */
  readonly hint?: string;
  /** Said before it is done; Enter a second time does it. */
  readonly sure?: string;
  /** Does it. A text that comes back is shown, and the palette stays. */
  readonly run: () => string | undefined | Promise<string | undefined>;
}

/** What the entries are made of. */
export interface PaletteParts {
  readonly sessions: readonly Session[];
  /** Sessions that are over; found by their words only. */
  readonly ended: readonly Session[];
  readonly searches: readonly SavedSearch[];
  readonly approvals: readonly Approval[];
  readonly agents: readonly ListedAgent[];
  readonly showKeys: () => void;
  readonly showFirstRun: () => void;
  readonly change: (change: PreferencesChange) => Promise<void>;
  /** Shows what a query finds. */
  readonly search: (query: string) => void;
}

/** Everything the palette reaches. It reads and narrows; what widens starts in the places and is confirmed elsewhere. */
export function paletteEntries(parts: PaletteParts): readonly PaletteEntry[] {
  return [
    ...waiting(parts),
    ...placeEntries(),
    ...sessionEntries(parts),
    ...agentEntries(parts),
    ...searchEntries(parts),
    ...actions(parts),
    ...settingsEntries(),
  ];
}

/** What is listed at a time; more letters find fewer. */
const listedMax = 60;

/** What a query finds: an entry of the log by its number, what has these words, and last a search for them. */
export function foundEntries(parts: PaletteParts, query: string): readonly PaletteEntry[] {
  const words = query.trim();
  const ended = words === '' ? [] : sessionEntries({ sessions: parts.ended });
  const found = matchEntries([...paletteEntries(parts), ...ended], query).slice(0, listedMax);
  return words === '' ? found : [...numberEntry(words), ...found, wordsEntry(words, parts)];
}

function numberEntry(words: string): PaletteEntry[] {
  const number = /^#?(?<number>[1-9]\d{0,14})$/u.exec(words)?.groups?.['number'];
  if (number === undefined) return [];
  return [
    {
      id: `entry-${number}`,
      group: 'Timeline',
      title: `Entry ${number} of the log`,
      run: () => goTo('timeline', number),
    },
  ];
}

function wordsEntry(words: string, { search }: PaletteParts): PaletteEntry {
  return {
    id: 'search-words',
    group: 'Timeline',
    title: `Search the timeline for “${visible(words)}”`,
    run: () => {
      search(words);
      return undefined;
    },
  };
}

function searchEntries({ searches, search }: PaletteParts): PaletteEntry[] {
  return searches.map(({ name, query, what }) => ({
    id: `search-${name}`,
    group: 'Timeline',
    title: sentence(visible(what ?? name)),
    keywords: `search ${name} ${query}`,
    hint: visible(name),
    run: () => {
      search(query);
      return undefined;
    },
  }));
}

function goTo(...where: Parameters<typeof go>): undefined {
  go(...where);
  return undefined;
}

function waiting({ approvals }: PaletteParts): PaletteEntry[] {
  const open = approvals.filter(({ state }) => state === 'waiting');
  const [first] = open;
  if (first === undefined) return [];
  return [
    {
      id: 'waiting',
      group: 'Actions',
      title: open.length === 1 ? 'Show the question that waits' : `Show the ${open.length} questions that wait`,
      keywords: 'approve approval answer allow deny',
      run: async () => {
        unwrap(await window.gatehouse.propose({ kind: 'show', approval: first.id }));
        return undefined;
      },
    },
  ];
}

function placeEntries(): PaletteEntry[] {
  const keywords = {
    now: 'sessions running start terminal',
    agents: 'identities keys',
    timeline: 'log events history search record',
    policies: 'rules cedar simulator',
    settings: 'preferences options',
  } as const;
  return places.map((name, index) => ({
    id: `place-${name}`,
    group: 'Places',
    title: placeTitles[name],
    keywords: keywords[name],
    hint: String(index + 1),
    run: () => goTo(name),
  }));
}

function settingsEntries(): PaletteEntry[] {
  const sections = [
    ['mechanisms', 'Mechanisms', 'doctor check machine bubblewrap walls'],
    ['keystore', 'Keystore', 'keychain signing'],
    ['retention', 'Retention', 'erase keep log'],
    ['appearance', 'Appearance', 'theme light dark'],
    ['start', 'Start at login', 'autostart updates'],
    ['shortcuts', 'Shortcuts', 'keys keyboard'],
    ['about', 'About', 'version'],
  ] as const;
  return sections.map(([section, title, more]) => ({
    id: `settings-${section}`,
    group: 'Places',
    title: `Settings: ${title}`,
    keywords: more,
    run: () => goTo('settings', section),
  }));
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function sessionEntries({ sessions }: Pick<PaletteParts, 'sessions'>): PaletteEntry[] {
  return sessions.map(({ id, agent, task, state }) => ({
    id: `session-${id}`,
    group: 'Sessions',
    title: named(agent, task),
    keywords: id,
    hint: state,
    run: () => goTo('now', id),
  }));
}

function agentEntries({ agents }: PaletteParts): PaletteEntry[] {
  return agents.map(({ name, state }) => ({
    id: `agent-${name}`,
    group: 'Agents',
    title: visible(name),
    hint: state,
    run: () => goTo('agents', name),
  }));
}

function actions({ sessions, showKeys, showFirstRun, change }: PaletteParts): PaletteEntry[] {
  const action = (id: string, title: string, keywords: string, run: PaletteEntry['run'], more = {}): PaletteEntry => ({
    id,
    group: 'Actions',
    title,
    keywords,
    run,
    ...more,
  });
  const one = sessions.length === 1;
  const count = one ? 'the one session' : `all ${sessions.length} sessions`;
  const done = one ? 'The session is' : `All ${sessions.length} sessions are`;
  const running = sessions.length > 0;
  return [
    ...(running
      ? [
          action('pause-all', 'Pause all sessions', 'hold stop', async () => {
            await call('session.pause', { all: true });
            return `${done} paused.`;
          }),
          action(
            'stop-all',
            'Stop all sessions',
            'end kill quit',
            async () => {
              await call('session.stop', { all: true });
              return `${done} stopped.`;
            },
            { sure: `Ends ${count} that ${one ? 'runs' : 'run'} now. Enter once more does it.` },
          ),
        ]
      : []),
    ...sessions.map(({ id, agent, task }) =>
      action(
        `stop-${id}`,
        `Stop ${named(agent, task)}`,
        `end kill ${id}`,
        async () => {
          await call('session.stop', { id });
          return 'Stopped.';
        },
        { sure: 'Ends this session. Enter once more does it.' },
      ),
    ),
    action('verify', 'Verify the log', 'check proof integrity tamper', async () => {
      const { ok, entries } = await call('log.verify', {});
      return ok
        ? `The log holds: ${entries.toLocaleString()} ${entries === 1 ? 'entry' : 'entries'}.`
        : 'The log does not hold. Timeline says where.';
    }),
    action('doctor', 'Check this machine', 'doctor mechanisms walls', () => goTo('settings', 'mechanisms')),
    ...(['light', 'dark', 'system'] as const).map((appearance) =>
      action(
        `appearance-${appearance}`,
        appearance === 'system' ? 'Light or dark as the system' : `Always ${appearance}`,
        'appearance theme',
        async () => {
          await change({ appearance });
          return undefined;
        },
      ),
    ),
    action(
      'keys',
      'Show the keys',
      'keyboard shortcuts help map',
      () => {
        showKeys();
        return undefined;
      },
      { hint: '?' },
    ),
    action('first-run', 'Show the introduction again', 'first run welcome help', () => {
      showFirstRun();
      return undefined;
    }),
  ];
}

function named(agent: string, task: string): string {
  return task === '' ? visible(agent) : `${visible(agent)} · ${visible(task)}`;
}
