import { statePaths } from '../../../main/adapters/control/paths.ts';
import { GrantTable } from '../../../main/core/grants/grant-table.ts';
import { parseGrantSpec } from '../../../main/core/grants/spec.ts';
import { decide } from '../../../main/core/policy/decide.ts';
import { DecisionCache, decideCached } from '../../../main/core/policy/decision-cache.ts';
import type { DecisionRequest, Principal, Validity } from '../../../main/core/policy/request.ts';
import { Policies } from '../../../main/supervisor/policies.ts';
import { shippedFiles } from '../../../main/supervisor/shipped-files.ts';
import { distFolder } from '../../helpers/gatehouse.ts';
import type { Figure } from '../figure.ts';
import { median } from '../statistics.ts';

const grantsNumber = 1000;
const uncachedRuns = 5000;
const cachedRuns = 200_000;

/** One decision about a host that one of a thousand grants opens, with the shipped policies. */
export const decision: Figure = {
  name: 'decision',
  title: 'Policy decision with 1,000 grants',
  async measure({ home, gatehouse }) {
    // Makes the state folder.
    await gatehouse(['true']);
    const policies = await Policies.load(shippedFiles(distFolder).policies, statePaths(home.environment), []);
    const principal: Principal = {
      sessionId: '0000-bench-bench',
      agent: 'generic',
      taskId: 't-00000000',
      workspace: home.workspace,
      home: home.home,
    };
    const grants = new GrantTable();
    const at = Date.now();
    const requests: DecisionRequest[] = [];
    for (let number = 0; number < grantsNumber; number += 1) {
      const host = `host-${number}.example.org`;
      const pattern = parseGrantSpec(`net.connect:${host}:443`, { cwd: '/', home: '/' });
      const { taskId } = principal;
      grants.issue({
        id: `g-${number}`,
        pattern,
        taskId,
        giver: 'person',
        issuedAt: at,
        expiresAt: at + 3_600_000,
      });
      requests.push({ principal, action: 'net.connect', resource: { kind: 'host', host, port: 443 } });
    }
    const validity: Validity = {
      session: 'valid',
      task: 'running',
      binary: 'unchanged',
      identity: 'none',
      breakers: 'whole',
    };
    const ground = { policySet: policies.common, validity, grants, at };
    const cache = new DecisionCache();
    const requestAt = (run: number): DecisionRequest => {
      const request = requests[run % requests.length];
      if (request === undefined) throw new RangeError('There are no requests.');
      return request;
    };
    const times = (runs: number, one: (request: DecisionRequest) => { outcome: string }): number[] => {
      const taken: number[] = [];
      for (let run = -grantsNumber; run < runs; run += 1) {
        const request = requestAt(run + grantsNumber);
        const start = process.hrtime.bigint();
        const { outcome } = one(request);
        const took = Number(process.hrtime.bigint() - start) / 1000;
        if (outcome !== 'allow') throw new Error('The grant does not lift its gate.');
        if (run >= 0) taken.push(took);
      }
      return taken;
    };
    const uncached = times(uncachedRuns, (request) => decide({ ...ground, request }));
    const cached = times(cachedRuns, (request) => decideCached({ ...ground, request, cache }));
    return [
      {
        what: 'p50, uncached',
        unit: 'µs',
        target: { at: 'most', value: 200 },
        measured: median(uncached),
        runs: uncachedRuns,
      },
      { what: 'p50, cached', unit: 'µs', target: { at: 'most', value: 5 }, measured: median(cached), runs: cachedRuns },
    ];
  },
};
