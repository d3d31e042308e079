import { closeSync, fsyncSync, lstatSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type AlwaysRule, alwaysRuleSchema } from '#contract/always-rule.ts';

/** Rules one person has at most; more is no longer a choice anybody remembers. */
export const alwaysRulesMax = 500;
const fileBytesMax = 16 * 1024;

/**
 * Reads the rules of a folder, and what of it cannot be used: such a file gives nothing, which only makes Gatehouse ask
 * again.
 */
export async function readAlwaysRules(folder: string): Promise<{ rules: AlwaysRule[]; unusable: string[] }> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
  const rules: AlwaysRule[] = [];
  const unusable: string[] = [];
  for (const name of names.slice(0, alwaysRulesMax)) {
    const rule = read(join(folder, name));
    if (rule !== undefined && name === `${rule.id}.json`) rules.push(rule);
    else unusable.push(name);
  }
  return { rules, unusable: [...unusable, ...names.slice(alwaysRulesMax)] };
}

function read(path: string): AlwaysRule | undefined {
  try {
    const facts = lstatSync(path);
    if (!facts.isFile() || facts.size > fileBytesMax) return undefined;
    return alwaysRuleSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    // The caller names the file.
    return undefined;
  }
}

/** Writes a rule; the whole file is there afterwards, or none. */
export function saveAlwaysRule(folder: string, rule: AlwaysRule): void {
  const path = join(folder, `${rule.id}.json`);
  const descriptor = openSync(`${path}.new`, 'w', 0o600);
  try {
    writeFileSync(descriptor, `${JSON.stringify(rule, undefined, 2)}\n`);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(`${path}.new`, path);
}

/** Removes a rule's file; one that is gone already is fine. */
export function removeAlwaysRule(folder: string, id: string): void {
  rmSync(join(folder, `${id}.json`), { force: true });
}
