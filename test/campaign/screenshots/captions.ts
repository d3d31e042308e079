/** What each picture shows, by its name. */
export const captions: Readonly<Record<string, string>> = {
  'now-terminal': 'Now: running sessions, the terminal of one, and what was blocked just now',
  'now-activity': 'Now: what a session does, entry by entry',
  'now-files': 'Now: the files that a session changed',
  'now-grants': 'Now: what a session was given, with the time that is left',
  'now-identity': 'Now: who a session is',
  'now-ended': 'Now: a session that is over',
  'now-new-session': 'Now: a new session, with what it will be able to do in plain words',
  agents: 'Agents: who may run here',
  'agents-detail': 'Agents: one of them, with its key, program, rules and life',
  'agents-add': 'Agents: bringing one in',
  'agents-review': 'Agents: who may do what, for the review',
  timeline: 'Timeline: the record, its chart and its facets',
  'timeline-suggestions': 'Timeline: what can be searched for',
  'timeline-query-wrong': 'Timeline: a query that cannot be understood',
  'timeline-nothing-found': 'Timeline: nothing on record matches',
  'timeline-entry': 'Timeline: an entry in words, with its decision and its proof',
  'timeline-searches': 'Timeline: searches under a name',
  'timeline-export': 'Timeline: what it can be exported as',
  policies: 'Policies: the layers, and whether an agent could do something now',
  'policies-rule-in-cedar': 'Policies: a rule as a sentence, and as it is written',
  'policies-given-by-you': 'Policies: what was given by hand, since when and why, and taking it back',
  'policies-your-rules': 'Policies: rules of one’s own, with their examples run',
  'policies-your-rules-wrong': 'Policies: a mistake, told where it is',
  'policies-protected-files': 'Policies: files that other programs obey, and why',
  'policies-examples': 'Policies: the examples of all rules, run now',
  'settings-mechanisms': 'Settings: what the walls stand on, what deserves a look first',
  'settings-keystore': 'Settings: where keys are',
  'settings-retention': 'Settings: how long content is kept',
  'settings-appearance': 'Settings: light or dark',
  'settings-start': 'Settings: start at login, and why there are no updates',
  'settings-shortcuts': 'Settings: keys, and whether the desktop gave them',
  'settings-about': 'Settings: versions and places',
  palette: 'The palette over everything',
  keys: 'The map of the keys',
  'introduction-1': 'First run: what is walled',
  'introduction-2': 'First run: what asks',
  'introduction-3': 'First run: where it is recorded',
  'introduction-4': 'First run: the first session',
  'empty-introduction-4': 'First run where no agent was found',
  'empty-now': 'Now, where nothing has run',
  'empty-agents': 'Agents, before there is one',
  'empty-timeline': 'Timeline, at its beginning',
  'empty-policies': 'Policies, before any session',
  'loading-now': 'Now, while the supervisor is awaited',
  'error-policies': 'Policies, where a repository’s rules cannot be used',
  'lost-now': 'Now, where no supervisor answers',
  'lost-policies': 'Policies, where no supervisor answers',
  'approval-network': 'A question: a host that nobody granted',
  'approval-network-for-the-task': 'The same question, answered for the task: the sentence changes first',
  'approval-start': 'A proposal: a session that starts with a grant',
  'approval-agent': 'A proposal: a new agent',
  'approval-key': 'A proposal: a new key for an agent',
  'approval-rules': 'A proposal: rules, with the past decisions that would come out otherwise',
  'approval-instructions': 'A question: an agent would be told something else than before',
  'approval-breaker': 'A question: a session that deleted too much is paused',
};

/** The table of the folder's README. Throws for a picture that has no words. */
export function readmeOf(taken: ReadonlyMap<string, readonly string[]>): string {
  const rows = [...taken].map(([name, files]) => {
    const words = captions[name];
    if (words === undefined) throw new Error(`there are no words for the picture ${name}`);
    const links = files.map((file) => `[${file.slice(name.length + 1, -'.png'.length).replace('-', ' ')}](${file})`);
    return `| ${words} | ${links.join(', ')} |`;
  });
  return `# What the app looks like

Taken by \`npm run campaign -- screenshots\`, with a real supervisor, real walls and real agents (a scripted model stands in for their own).
Light and dark; windows at 1280×800 and 1920×1080; the window that asks at its own size.

| what | pictures |
| --- | --- |
${rows.join('\n')}
`;
}
