import { join } from 'node:path';
import type { AlwaysRule } from '#contract/always-rule.ts';
import { genericPresetId } from '#contract/generic-preset.ts';
import { operatingError } from '#contract/operating-error.ts';
import { alwaysRulesMax, readAlwaysRules, removeAlwaysRule, saveAlwaysRule } from '../adapters/state/always-files.ts';
import type { AuditLog } from '../core/audit/log.ts';
import { shortIdFrom } from '../core/sessions/ids.ts';
import { type Clock, timestamp } from './clock.ts';

/**
 * What the person answered with "always": for one agent in one workspace, kept as files they can read. A rule becomes a
 * grant of each task, so nothing lasts longer than the task, and a rule that is removed gives no more. It lifts gates
 * like any other grant, and never a forbid.
 */
export class AlwaysRules {
  readonly #folder: string;
  readonly #audit: AuditLog;
  readonly #clock: Clock;
  readonly #rules: Map<string, AlwaysRule>;
  /** Files that could not be used. */
  readonly unusable: readonly string[];

  private constructor(
    folder: string,
    audit: AuditLog,
    clock: Clock,
    found: { rules: AlwaysRule[]; unusable: string[] },
  ) {
    this.#folder = folder;
    this.#audit = audit;
    this.#clock = clock;
    this.#rules = new Map(found.rules.map((rule) => [rule.id, rule]));
    this.unusable = found.unusable;
  }

  /** Reads the rules below the configuration folder. */
  static async load(config: string, audit: AuditLog, clock: Clock): Promise<AlwaysRules> {
    const folder = join(config, 'always');
    return new AlwaysRules(folder, audit, clock, await readAlwaysRules(folder));
  }

  list(): AlwaysRule[] {
    return [...this.#rules.values()];
  }

  /** The rules of an agent in a workspace. Without a preset or a name of its own, nobody is an agent that could have any. */
  of(agent: string, workspace: string): AlwaysRule[] {
    if (agent === genericPresetId) return [];
    return this.list().filter((rule) => rule.agent === agent && rule.workspace === workspace);
  }

  /** Adds a rule: on record, then kept. An equal one is not added twice. */
  async add(rule: Pick<AlwaysRule, 'agent' | 'workspace' | 'spec' | 'approval' | 'because'>): Promise<AlwaysRule> {
    const equal = this.of(rule.agent, rule.workspace).find(({ spec }) => spec === rule.spec);
    if (equal !== undefined) return equal;
    if (this.#rules.size >= alwaysRulesMax) {
      throw operatingError('too_many', `There are ${alwaysRulesMax} always-rules already.`, {
        remedy: '`gatehouse grants list` shows them; `gatehouse grants revoke` removes one.',
      });
    }
    const made: AlwaysRule = {
      v: 1,
      id: shortIdFrom('r', this.#clock.random(4)),
      ...rule,
      because: rule.because.slice(0, 1000),
      givenAt: timestamp(this.#clock.now()),
    };
    await this.#audit.append({
      kind: 'rule.added',
      agent: rule.agent,
      summary: `Always: ${rule.spec} for ${rule.agent} in ${rule.workspace}`,
      detail: { rule: made.id, spec: rule.spec, workspace: rule.workspace, approval: rule.approval },
    });
    saveAlwaysRule(this.#folder, made);
    this.#rules.set(made.id, made);
    return made;
  }

  /** Removes a rule; what it gave to running tasks is the caller's to revoke. */
  async remove(id: string): Promise<AlwaysRule | undefined> {
    const rule = this.#rules.get(id);
    if (rule === undefined) return undefined;
    this.#rules.delete(id);
    removeAlwaysRule(this.#folder, id);
    await this.#audit.append({
      kind: 'rule.removed',
      agent: rule.agent,
      summary: `No longer always: ${rule.spec} for ${rule.agent} in ${rule.workspace}`,
      detail: { rule: id, spec: rule.spec, workspace: rule.workspace },
    });
    return rule;
  }
}
