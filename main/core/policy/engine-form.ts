import type { PolicyJson } from './cedar.ts';
import type { Rule } from './rule.ts';
import { entitiesIn } from './rule-shape.ts';

/**
 * The rule as the engine gets it. Annotations are left out (they cost time and decide nothing), and a forbid for exactly
 * one path covers what is below it too, because that is what the mount that holds it does.
 */
export function engineForm(rule: Rule): PolicyJson {
  const { annotations: _, ...json } = rule.json;
  const { resource } = json;
  if (resource.op !== '==' || !('entity' in resource)) return json;
  const [entity] = entitiesIn(resource);
  return entity?.type === 'Path' ? { ...json, resource: { op: 'in', entity: { ...entity } } } : json;
}
