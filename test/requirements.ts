/**
 * What Gatehouse must do, and how far it is. A test cites the ids it proves in its title, like `[RUN-1]`, and a gate
 * (`test/architecture/requirements.test.ts`) fails when one that is marked done or partial is cited by no test.
 */
export interface Requirement {
  readonly id: string;
  readonly text: string;
  /** The milestone in which it is due. */
  readonly milestone: 1 | 2;
  /** What of it is due later than `milestone`. */
  readonly later?: string;
  readonly state: 'done' | 'partial' | 'open';
  /** For a partial one: what is missing. */
  readonly missing?: string;
}

/** Every requirement, in the order of the areas: agents, identity, grants, approvals, audit, watching, platforms. */
export const requirements: readonly Requirement[] = [
  {
    id: 'RUN-1',
    milestone: 1,
    state: 'done',
    text: 'Run any command as a supervised agent session, from the app or the terminal: interactive (real TTY, resize, colours, Ctrl-C) or piped; its exit status comes through unchanged; detach and attach again',
  },
  {
    id: 'RUN-2',
    milestone: 1,
    state: 'partial',
    missing: 'four of the twelve agents could not be run here and are labelled unverified',
    text: 'Presets for the agents people use (Claude Code, Codex, Gemini CLI, opencode, Copilot CLI, Qwen Code, goose, aider, Cline, Amp, Crush, pi), each one data file: binary, config and memory files, model hosts, credential names, known sandbox conflicts; and a generic one',
  },
  {
    id: 'RUN-3',
    milestone: 1,
    state: 'done',
    text: 'Pause, resume, stop, kill one; stop everything (tray, global shortcut, CLI). No process of a session outlives it, and none outlives the supervisor',
  },
  {
    id: 'RUN-4',
    milestone: 2,
    state: 'partial',
    missing: 'memory as a whole where no cgroup is delegated',
    text: 'Limits per session: memory, processes, CPU, wall time, output, open files; over a limit is an event and a clear end, never a hang',
  },
  {
    id: 'RUN-5',
    milestone: 2,
    state: 'open',
    text: 'Agent Client Protocol agents and MCP servers as first-class: permission requests, file and terminal calls go through the same decisions',
  },
  {
    id: 'RUN-7',
    milestone: 1,
    state: 'done',
    text: '`gatehouse setup` puts shims on the PATH, so an agent started from any terminal or IDE is supervised; `--expose` serves a port to the person; toolchains in the home just work',
  },
  {
    id: 'DSK-1',
    milestone: 2,
    state: 'open',
    text: "Desktop agents (computer use) get a private nested display per session, shown in the app; clipboard and files by grant; never the host's display",
  },
  {
    id: 'RUN-6',
    milestone: 1,
    state: 'done',
    text: 'The app can crash or be closed and sessions go on; the supervisor can crash and every agent stops (fail closed), with nothing acknowledged lost',
  },
  {
    id: 'IDN-1',
    milestone: 1,
    state: 'partial',
    missing: 'without a keystore, an agent that was never brought in runs as nobody, and says so',
    text: 'Every agent has its own key pair, made for it, private key in the OS keychain, never on disk in clear, never in the sandbox; a named human owner and a purpose; no shared or anonymous agents',
  },
  {
    id: 'IDN-2',
    milestone: 1,
    state: 'done',
    text: "Attestation: the agent's executable (resolved path, SHA-256, package and version) is bound to the identity; a change is shown and must be accepted before the next run",
  },
  {
    id: 'IDN-3',
    milestone: 1,
    state: 'open',
    text: 'Each session gets a short-lived, session-bound credential under a SPIFFE ID (X.509-SVID and audience-bound JWT-SVID), rotated, checked at every use, refused at once after revocation',
  },
  {
    id: 'IDN-4',
    milestone: 1,
    state: 'done',
    text: 'Lifecycle: create, suspend, resume, rotate, retire; idle and ownerless agents are flagged, a periodic review lists who may do what; retiring revokes everything',
  },
  {
    id: 'IDN-5',
    milestone: 2,
    state: 'open',
    text: 'Inventory: finds agents and MCP configurations on the machine that run unsupervised ("shadow AI"), says what they can reach, and offers to bring them in',
  },
  {
    id: 'IDN-6',
    milestone: 1,
    state: 'open',
    text: 'The agent never holds a real secret: it gets a placeholder, and the egress proxy puts in the keychain-held secret only for the granted host (and method and path); works for the model API keys of the presets, for OAuth bearer tokens and for Git over HTTPS',
  },
  {
    id: 'IDN-9',
    milestone: 1,
    state: 'done',
    text: "Chained delegation: a nested run is a child session with its own identity, grants at most its parent's, the actor chain on record, ended with its parent",
  },
  {
    id: 'IDN-7',
    milestone: 2,
    state: 'open',
    text: 'Static keys lying about (env, dotfiles) are found and can be moved into the keychain',
  },
  {
    id: 'IDN-8',
    milestone: 2,
    state: 'open',
    text: "mTLS and OAuth 2.0 client credentials (private_key_jwt) on the agent's behalf, from its identity, at the proxy",
  },
  {
    id: 'GRT-1',
    milestone: 1,
    state: 'partial',
    missing: 'method and path inside HTTPS, secrets and tools',
    text: 'Default deny for files (read, write, delete), network (host, port, method, path), programs, secrets and tools. The home directory is not readable unless granted',
  },
  {
    id: 'GRT-2',
    milestone: 1,
    state: 'partial',
    missing: 'a folder that is taken back stays visible to sessions that run',
    text: 'Grants belong to one task: narrow, with an end time, listed with who gave them and how often they were used, revocable while the agent runs; revoking closes what is open',
  },
  {
    id: 'GRT-3',
    milestone: 1,
    state: 'open',
    text: "Grants appear live: an approved folder is there at the agent's next system call, without a restart, enforced by the kernel",
  },
  {
    id: 'GRT-4',
    milestone: 1,
    state: 'done',
    text: 'Every use is decided afresh: identity valid, binary unchanged, grant unexpired, task running, breakers not tripped',
  },
  {
    id: 'GRT-5',
    milestone: 1,
    later: 'simulator and suggestion 2',
    state: 'done',
    text: 'Policies are Cedar, validated against a schema, with examples that run when they load; `why` explains any decision; a simulator answers "what would happen"; the session\'s unused grants are reported and a least-privilege policy is suggested from what was used',
  },
  {
    id: 'GRT-6',
    milestone: 1,
    state: 'done',
    text: 'A repository can ship a policy; it can only restrict, never widen',
  },
  {
    id: 'GRT-7',
    milestone: 1,
    state: 'partial',
    missing: 'shadows: protected files are read-only for now, and what is missing cannot be held',
    text: 'Files that other programs execute or trust later (git hooks and config in any repository depth, shell start-up files, editor tasks, agent settings and memory files, CI files) are protected even inside a writable workspace, also when they do not exist yet, without leaving litter behind and without breaking ordinary git and npm work: changes wait in a shadow and are reviewed together',
  },
  {
    id: 'APR-1',
    milestone: 1,
    state: 'partial',
    missing: 'questions about files, programs, secrets, tools and protected files',
    text: 'An action that needs a person stops at the enforcement point until answered: file access, network destination, program, secret use, tool call, protected-file change',
  },
  {
    id: 'APR-2',
    milestone: 1,
    state: 'partial',
    missing: 'which credential is used: there is no secret store yet',
    text: "The prompt states facts only the supervisor established (who: agent, key fingerprint, task; what exactly; where; with which credential; for how long; why it is asked; risk), never the agent's text as fact. Agent text is shown escaped and labelled as a claim",
  },
  {
    id: 'APR-3',
    milestone: 1,
    state: 'done',
    text: 'Answers: allow once, 15 minutes, this task, always for this agent in this workspace; deny once, deny for the task, deny and pause, deny and stop. "Always" is visible and revocable, and never leaks to another agent or overrides a forbid',
  },
  {
    id: 'APR-4',
    milestone: 1,
    state: 'done',
    text: 'An approval is bound to a digest of the exact action and checked again when it takes effect',
  },
  {
    id: 'APR-5',
    milestone: 1,
    state: 'done',
    text: 'Only the approval surface can answer, and only a person can work it: isolated window, no agent content can reach or cover it; buttons arm after a delay and after typing stops; nothing is approved by closing, time-out, Enter held down or a flood',
  },
  {
    id: 'APR-6',
    milestone: 1,
    state: 'done',
    text: 'Few prompts: related requests are joined, known noise is decided by policy, prompts are rate-limited, and prompts per task are measured',
  },
  {
    id: 'APR-7',
    milestone: 1,
    later: 'second factor 2',
    state: 'partial',
    missing: 'the second factor',
    text: 'Without a display, the terminal asks with the same facts and the same rules; second-factor confirmation (system password, Touch ID, WebAuthn) for the highest class',
  },
  {
    id: 'AUD-1',
    milestone: 1,
    state: 'done',
    text: 'Everything significant is recorded before it takes effect: identities, grants, decisions with reasons and determining policies, approvals, programs, files, connections, requests, tools, lifecycle. If it cannot be recorded it does not happen',
  },
  {
    id: 'AUD-2',
    milestone: 1,
    state: 'done',
    text: 'Hash-chained, Merkle-tree checkpoints signed with a keychain-held key; edits, reorders, deletions, truncation and rollback are detected and located; inclusion and consistency proofs; `log verify`',
  },
  {
    id: 'AUD-3',
    milestone: 1,
    state: 'done',
    text: 'Search as you type over millions of events: free text and fields (agent, session, action, path, host, decision, time), facets, activity chart, live tail, saved searches',
  },
  {
    id: 'AUD-4',
    milestone: 1,
    later: 'files, streaming 2',
    state: 'partial',
    missing: 'live streaming',
    text: "Export to JSON Lines, CSV and OCSF; live streaming to an OpenTelemetry collector or syslog, which is how a fleet's events reach a SIEM",
  },
  {
    id: 'AUD-5',
    milestone: 1,
    state: 'done',
    text: 'No secret is ever written: redaction before hashing, proven with planted canaries',
  },
  {
    id: 'AUD-6',
    milestone: 1,
    state: 'done',
    text: 'Retention and compaction that keep verifiability; disk-full and corruption are survived and reported',
  },
  {
    id: 'MON-1',
    milestone: 2,
    state: 'open',
    text: 'Baseline of normal behaviour per agent; deviations raise alerts on the timeline',
  },
  {
    id: 'MON-2',
    milestone: 1,
    later: 'basic, 2 full',
    state: 'partial',
    missing: 'spend, and adjusting to what is normal for an agent',
    text: 'Circuit breakers: mass deletion, bytes out, denial bursts, process storms, request storms, spend; a tripped breaker pauses the session and asks',
  },
  {
    id: 'MON-3',
    milestone: 2,
    state: 'open',
    text: 'Continuous posture: sandbox health, binary digest, policy version, keychain state; a lapse suspends the session',
  },
  {
    id: 'DAT-1',
    milestone: 2,
    state: 'open',
    text: 'Workspace change record: every file the agent created, changed or deleted, with a diff; undo for a whole session that never touches what the agent did not change; optional staged mode in which changes reach the workspace only after review',
  },
  {
    id: 'DAT-2',
    milestone: 2,
    state: 'open',
    text: 'Outgoing data is checked for secrets and classified data before it leaves; incoming content (tool results, web pages, files from outside) is scanned for injected instructions and labelled',
  },
  {
    id: 'DAT-3',
    milestone: 1,
    state: 'done',
    text: 'Memory protection: instruction and memory files are pinned by digest; changes are shown as diffs and need approval',
  },
  {
    id: 'DAT-4',
    milestone: 2,
    state: 'open',
    text: 'MCP tools pinned: description or schema change ("rug pull"), hidden text, name shadowing and cross-server flows are caught',
  },
  {
    id: 'INC-1',
    milestone: 2,
    state: 'open',
    text: 'Playbooks for prompt injection, exfiltration, runaway tool use and credential compromise: one button that pauses, revokes, preserves evidence and writes a report',
  },
  {
    id: 'CMP-1',
    milestone: 2,
    state: 'open',
    text: 'Evidence reports from the audit log mapped to NIST SP 800-207 tenets, OWASP Top 10 for Agentic Applications, CSA Agentic Trust Framework, ISO 27001, SOC 2, NIS2, NIST 800-53 and AI RMF, PCI DSS, HIPAA, EU AI Act',
  },
  {
    id: 'PLT',
    milestone: 1,
    state: 'partial',
    missing: 'macOS and Windows',
    text: 'Linux is the reference platform and everything is proven there, as an ordinary user and as root, with and without a display. What a platform cannot enforce is stated by doctor and on screen, never skipped in silence',
  },
];

/**
 * Ids of what keeps the agent inside: a test of parts proves nothing about these, so each needs an escape or an end-to-end test.
 * `APR` stands for all of its ids.
 */
export const securityIds: readonly string[] = ['GRT', 'IDN-3', 'AUD-1', 'AUD-2', 'AUD-5', 'RUN-3', 'RUN-6', 'APR'];
