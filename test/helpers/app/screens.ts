import type { Page } from 'playwright-core';

/** What the screens show: two sessions of a home. */
export interface ScreenGround {
  readonly running: string;
  readonly ended: string;
  /** An agent that was brought in. */
  readonly agent: string;
}

/** A state of the main window, by a name that says what it shows. */
export interface Screen {
  readonly name: string;
  /** A part of the screen before it changes: whoever looks at sizes has seen it. */
  readonly isState?: true;
  /** Goes there, and waits until it is drawn. */
  readonly open: (main: Page, ground: ScreenGround) => Promise<unknown>;
}

/** By the address, as a link would. */
async function at(main: Page, place: string): Promise<void> {
  await main.evaluate((hash) => {
    (globalThis as unknown as { location: { hash: string } }).location.hash = hash;
  }, `#/${place}`);
}

const heading = (main: Page, name: string | RegExp) => main.getByRole('heading', { name }).first().waitFor();
/** Some tabs count what is in them. */
const tab = (main: Page, name: string) => main.getByRole('tab', { name: new RegExp(`^${name}`, 'u') }).click();

function sessionTab(name: string): Screen {
  return {
    name: `now-${name.toLowerCase()}`,
    open: async (main, { running }) => {
      await at(main, `now/${running}`);
      await tab(main, name);
    },
  };
}

function settings(id: string, title: string): Screen {
  return {
    name: `settings-${id}`,
    open: async (main) => {
      await at(main, `settings/${id}`);
      await heading(main, title);
    },
  };
}

const now: readonly Screen[] = [
  ...['Terminal', 'Activity', 'Files', 'Grants', 'Identity'].map(sessionTab),
  {
    name: 'now-ended',
    open: async (main, { ended }) => {
      await at(main, `now/${ended}`);
      await main.getByRole('article', { name: `Session ${ended}` }).waitFor();
    },
  },
  {
    name: 'now-new-session',
    open: async (main) => {
      await at(main, 'now/new');
      await heading(main, 'New session');
    },
  },
];

const agents: readonly Screen[] = [
  {
    name: 'agents',
    open: async (main, { agent }) => {
      await at(main, 'agents');
      await main.getByRole('link', { name: agent }).first().waitFor();
    },
  },
  {
    name: 'agents-detail',
    open: async (main, { agent }) => {
      await at(main, `agents/${agent}`);
      await heading(main, 'Lifecycle');
    },
  },
  {
    name: 'agents-add',
    open: async (main) => {
      await at(main, 'agents/-add');
      await heading(main, 'Add an agent');
    },
  },
  {
    name: 'agents-review',
    open: async (main) => {
      await at(main, 'agents/-review');
      await heading(main, 'Who may do what');
    },
  },
];

const query = (main: Page) => main.getByRole('combobox', { name: 'Search the log' });

const timeline: readonly Screen[] = [
  {
    name: 'timeline',
    open: async (main) => {
      await at(main, 'timeline');
      await main.getByRole('listbox', { name: 'Entries, newest first' }).getByRole('option').first().waitFor();
    },
  },
  {
    name: 'timeline-suggestions',
    isState: true,
    open: async (main) => {
      await query(main).fill('dec');
      await main.getByRole('listbox', { name: 'Suggestions' }).waitFor();
    },
  },
  {
    name: 'timeline-query-wrong',
    isState: true,
    open: async (main) => {
      await query(main).fill('decision:(');
      await main.getByRole('alert').first().waitFor();
    },
  },
  {
    name: 'timeline-nothing-found',
    isState: true,
    open: async (main) => {
      await query(main).fill('nothinghasthisword');
      await main
        .getByText(/^(?:0 entries|No entries|Nothing)/u)
        .first()
        .waitFor();
    },
  },
  {
    name: 'timeline-entry',
    open: async (main) => {
      await query(main).fill('decision:deny');
      const rows = main.getByRole('listbox', { name: 'Entries, newest first' });
      await rows.getByRole('option').filter({ hasText: 'Blocked' }).first().click();
      await main.getByRole('heading', { name: /^Entry/u }).waitFor();
    },
  },
  {
    name: 'timeline-searches',
    isState: true,
    open: async (main) => {
      await main.keyboard.press('Escape');
      await query(main).fill('');
      await main.getByRole('button', { name: 'Searches' }).click();
      await main.getByText('denied-today').waitFor();
    },
  },
  {
    name: 'timeline-export',
    isState: true,
    open: async (main) => {
      await main.keyboard.press('Escape');
      await main.getByRole('button', { name: 'Export' }).click();
    },
  },
];

const policies: readonly Screen[] = [
  {
    name: 'policies',
    open: async (main) => {
      await main.keyboard.press('Escape');
      await at(main, 'policies');
      await heading(main, 'Built in');
      await main.getByLabel('to', { exact: true }).fill('~/.ssh/id_ed25519');
      await main.getByText('You would be asked').waitFor();
    },
  },
  {
    name: 'policies-rule-in-cedar',
    isState: true,
    open: async (main) => {
      await main.getByRole('button', { name: 'credentials' }).click();
      await main.getByRole('textbox', { name: 'Cedar of credentials' }).waitFor();
    },
  },
  {
    name: 'policies-given-by-you',
    open: async (main) => {
      // In a wide window all layers are open.
      const strip = main.getByRole('button', { name: 'Open Given by you' });
      if (await strip.isVisible()) await strip.click();
      await heading(main, 'Given by you');
    },
  },
  {
    name: 'policies-your-rules',
    open: async (main) => {
      await tab(main, 'Your rules');
      await main
        .getByText(/rules? holds?/u)
        .first()
        .waitFor();
    },
  },
  {
    name: 'policies-your-rules-wrong',
    isState: true,
    open: async (main) => {
      await main.locator('.cm-content').first().focus();
      await main.keyboard.press('ControlOrMeta+End');
      await main.keyboard.type('\nforbid (principal, action == Action::"net.conect", resource);');
      await main.getByRole('list', { name: 'What is wrong' }).waitFor();
    },
  },
  { name: 'policies-protected-files', open: (main) => tab(main, 'Protected files') },
  {
    name: 'policies-examples',
    open: async (main) => {
      await tab(main, 'Examples');
      await main.getByText(/examples of \d+ rules hold/u).waitFor();
    },
  },
];

const introduction = ['What is walled', 'What asks you', 'Where it is recorded', 'Your first session'] as const;

const over: readonly Screen[] = [
  {
    name: 'palette',
    open: async (main) => {
      await main.keyboard.press('Control+k');
      await main.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'keys',
    isState: true,
    open: async (main) => {
      await main.keyboard.type('show the keys');
      await main.keyboard.press('Enter');
      await main.getByRole('dialog', { name: 'Keys' }).waitFor();
    },
  },
  ...introduction.map((title, index) => ({
    name: `introduction-${index + 1}`,
    open: async (main: Page) => {
      if (index > 0) await main.getByRole('button', { name: 'Next' }).click();
      else {
        await main.keyboard.press('Escape');
        await main.keyboard.press('Control+k');
        await main.keyboard.type('introduction');
        await main.keyboard.press('Enter');
      }
      await heading(main, title);
    },
  })),
];

/** Every screen and state of the main window that a healthy supervisor shows, in an order in which each follows from the one before. */
export const screens: readonly Screen[] = [
  ...now,
  ...agents,
  ...timeline,
  ...policies,
  settings('mechanisms', 'Mechanisms'),
  settings('keystore', 'Keystore'),
  settings('retention', 'Retention'),
  settings('appearance', 'Appearance'),
  settings('start', 'Start and updates'),
  settings('shortcuts', 'Shortcuts'),
  settings('about', 'About'),
  ...over,
];

/** What is drawn late is there: no row of a skeleton is left, and nothing is being counted. */
export async function drawn(main: Page): Promise<void> {
  await main.getByText('Being counted').first().waitFor({ state: 'hidden' });
  await main.locator('.skeleton').first().waitFor({ state: 'detached' });
}
