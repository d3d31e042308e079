import type { Campaign } from './campaign.ts';

/** Loaded when asked for, so that one campaign needs nothing of another. */
const campaigns: Readonly<Record<string, () => Promise<Campaign>>> = {
  agents: async () => (await import('./agents.ts')).agents,
  binds: async () => (await import('./binds.ts')).binds,
  damage: async () => (await import('./damage.ts')).damage,
  crowd: async () => (await import('./crowd.ts')).crowd,
  kill: async () => (await import('./kill.ts')).kill,
  screenshots: async () => (await import('./screenshots.ts')).screenshots,
  soak: async () => (await import('./soak.ts')).soak,
  trace: async () => (await import('./trace.ts')).trace,
  walkthrough: async () => (await import('./walkthrough.ts')).walkthrough,
};

const [name = '', ...args] = process.argv.slice(2);
const load = campaigns[name];
if (load === undefined) {
  console.error(`campaign: ${name === '' ? 'which' : `no campaign ${name}`}? There are:`);
  for (const each of Object.values(campaigns)) console.error(`  ${(await each()).usage}`);
  process.exit(2);
}
const campaign = await load();
try {
  process.exit((await campaign.run(args)) ? 0 : 1);
} catch (error) {
  console.error(`campaign ${campaign.name}:`, error);
  process.exit(1);
}
