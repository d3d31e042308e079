import type { FuzzTarget } from './fuzz-target.ts';

interface Listed {
  /** Files whose coverage counts; named here too, since counting begins before the target is loaded. */
  readonly files: readonly string[];
  load(): Promise<FuzzTarget>;
}

const listed: Readonly<Record<string, Listed>> = {
  host: {
    files: ['main/core/network/host.ts', 'main/core/network/address-guard.ts'],
    load: async () => (await import('./targets/host.ts')).host,
  },
  http: {
    files: [
      'main/core/network/http-head.ts',
      'main/core/network/proxy-request.ts',
      'main/core/network/chunked-body.ts',
    ],
    load: async () => (await import('./targets/http.ts')).http,
  },
  tunnel: {
    files: ['main/core/network/client-hello.ts', 'main/core/network/first-flight.ts', 'main/core/network/socks5.ts'],
    load: async () => (await import('./targets/tunnel.ts')).tunnel,
  },
  control: {
    files: [
      'main/adapters/control/line-splitter.ts',
      'main/adapters/control/line-messages.ts',
      'main/adapters/control/stream-frames.ts',
    ],
    load: async () => (await import('./targets/control.ts')).control,
  },
  canonical: {
    files: ['main/core/audit/canonical.ts', 'main/core/audit/entry.ts', 'main/core/audit/clean-event.ts'],
    load: async () => (await import('./targets/canonical.ts')).canonical,
  },
  query: {
    files: [
      'main/core/audit/parse-query.ts',
      'main/core/audit/query-conditions.ts',
      'main/core/audit/search-expression.ts',
      'main/core/audit/search-text.ts',
      'main/core/audit/match-query.ts',
    ],
    load: async () => (await import('./targets/query.ts')).query,
  },
  notes: {
    files: ['main/core/audit/checkpoint.ts', 'main/core/audit/proof.ts', 'main/core/audit/merkle.ts'],
    load: async () => (await import('./targets/notes.ts')).notesAndProofs,
  },
  redact: {
    files: ['main/core/audit/redact.ts', 'main/core/audit/secret-forms.ts', 'main/core/audit/secret-patterns.ts'],
    load: async () => (await import('./targets/redact.ts')).redact,
  },
  escape: {
    files: ['main/core/audit/escape.ts', 'preload/contract/text/visible.ts', 'main/cli/render/width.ts'],
    load: async () => (await import('./targets/escape.ts')).escapeTarget,
  },
  policy: {
    files: [
      'main/core/policy/nesting.ts',
      'main/core/policy/rule.ts',
      'main/core/policy/rule-shape.ts',
      'main/core/policy/policy-set.ts',
      'main/core/policy/decide.ts',
    ],
    load: async () => (await import('./targets/policy.ts')).policy,
  },
  paths: {
    files: [
      'main/core/policy/path-sets.ts',
      'main/core/policy/entities.ts',
      'main/core/policy/compile-mounts.ts',
      'main/core/sandbox/path-components.ts',
    ],
    load: async () => (await import('./targets/paths.ts')).paths,
  },
  plan: {
    files: ['main/core/sandbox/plan.ts', 'main/core/sandbox/path-components.ts'],
    load: async () => (await import('./targets/plan.ts')).plan,
  },
  presets: {
    files: ['main/adapters/agents/load-data.ts', 'main/core/agents/seed-files.ts'],
    load: async () => (await import('./targets/presets.ts')).presets,
  },
};

/** The name of every target. */
export const targetNames: readonly string[] = Object.keys(listed);

/** The files that a target's coverage is about. */
export function targetFiles(name: string): readonly string[] {
  return listed[name]?.files ?? [];
}

/** Loads a target; its files are imported only now. */
export async function loadTarget(name: string): Promise<FuzzTarget> {
  const found = listed[name];
  if (found === undefined) throw new Error(`There is no target ${name}.`);
  return found.load();
}
