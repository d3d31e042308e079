// All tests: unit and architecture first, then those with real parts; as root the latter twice, the second time as an
// ordinary user, since walls built by root and by a user are built differently. Ends with one line of totals.
//
//   node .ci/test.mjs [--only unit|real|user] [FILTER...]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { prepareOrdinaryUser } from './ordinary-user.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
/** Only ends a run that hangs; the whole takes a fraction. */
const stageMsMax = 25 * 60_000;
/** More failed files than this are no accident, so nothing is tried again. */
const retriedFilesMax = 4;
const realProjects = ['integration', 'escape', 'e2e'];
/** What differs between root and an ordinary user: walls, their supervisor and what stands on both. */
const userFilters = [
  'test/integration/sandbox/',
  'test/integration/diff/commit-reader',
  'test/integration/diff/workspace-file',
  'test/integration/supervisor/exposed',
  'test/integration/supervisor/control',
  'test/integration/cli/run',
  'test/integration/cli/terminal',
  'test/escape/consent/delegation',
  ...['files', 'kernel', 'network', 'processes', 'record', 'services'].map((area) => `test/escape/${area}/`),
  // Of the windows the shell and a whole session: Chromium's own sandbox stands there, which root has to do without.
  'test/e2e/app/shell',
  'test/e2e/app/whole-path',
];

const { values, positionals: filters } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string' } },
});
const wants = (stage) => values.only === undefined || values.only === stage;
const isRoot = process.getuid() === 0;
const scratch = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-results-'));
const me = { name: isRoot ? 'root' : os.userInfo().username, cwd: root, env: process.env, results: scratch };
const compiled = new Map();
const tests = [];
const times = [];
const unsteady = [];
const notes = [];

try {
  if (wants('unit')) await runStage(me, ['unit', 'architecture']);
  if (wants('real')) await runStage(me, realProjects);
  if (wants('user') && isRoot) await runAsOrdinaryUser();
  if (!isRoot)
    notes.push(
      'This run was not root: the tests were run as an ordinary user only, the half that root adds was not run.',
    );
} finally {
  for (const folder of [scratch, ...compiled.values()]) rmSync(folder, { recursive: true, force: true });
}
process.exitCode = report();

async function runAsOrdinaryUser() {
  const user = prepareOrdinaryUser(root);
  try {
    await runStage(user, realProjects, filters.length > 0 ? filters : userFilters);
    notes.push(
      `Of the tests with real parts, ${user.name} ran ${userFilters.join(', ')}: the others do not depend on the user.`,
    );
  } finally {
    user.remove();
  }
}

/** Runs projects as somebody; of the real-parts projects a failed file gets one more try, alone, and is named. */
async function runStage(who, projects, wanted = filters) {
  heading(`${projects.join(', ')} as ${who.name}`);
  const started = performance.now();
  const records = await runVitest(who, projects, wanted);
  const isReal = projects.every((project) => realProjects.includes(project));
  const failedFiles = [...new Set(records.filter((test) => test.state === 'failed').map((test) => test.file))];
  const retried = isReal && failedFiles.length <= retriedFilesMax && !failedFiles.includes('') ? failedFiles : [];
  let kept = records;
  for (const file of retried) {
    const of = records.filter((test) => test.file === file);
    heading(`once more, alone: ${file} as ${who.name}`);
    const again = await runVitest(who, [of[0].project], [file]);
    if (again.length === 0 || again.some((test) => test.state === 'failed' || test.file !== file)) continue;
    kept = [...kept.filter((test) => test.file !== file), ...again];
    for (const test of of.filter((one) => one.state === 'failed')) unsteady.push({ ...test, who: who.name });
  }
  tests.push(...kept.map((test) => ({ ...test, who: who.name })));
  times.push(`${projects.join(', ')} as ${who.name} took ${Math.round((performance.now() - started) / 1000)} s`);
}

/** Where all homes of one stage share their compiled code: a folder of that person alone, since whoever writes there runs code as them. */
function compiledFolder(who) {
  const known = compiled.get(who.name);
  if (known !== undefined) return known;
  const folder = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-compiled-'));
  if (who.uid !== undefined) chownSync(folder, who.uid, who.gid);
  compiled.set(who.name, folder);
  return folder;
}

async function runVitest(who, projects, wanted) {
  const results = path.join(who.results, `${projects.join('-')}-${process.hrtime.bigint()}.json`);
  const args = ['.ci/test-stage.mjs', '--results', results, ...projects.flatMap((name) => ['--project', name])];
  const child = spawn(process.execPath, [...args, '--', ...wanted], {
    cwd: who.cwd,
    env: { ...who.env, GATEHOUSE_TEST_COMPILE_CACHE: compiledFolder(who) },
    stdio: ['ignore', 'inherit', 'inherit'],
    ...(who.uid === undefined ? {} : { uid: who.uid, gid: who.gid }),
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), stageMsMax);
  await once(child, 'exit');
  clearTimeout(timer);
  try {
    return JSON.parse(readFileSync(results, 'utf8')).tests;
  } catch (error) {
    const how = child.signalCode === null ? `status ${child.exitCode}` : `signal ${child.signalCode}`;
    const message = `vitest ended with ${how} before it had results (${error.message})`;
    return [{ project: projects[0], file: '', title: `${projects.join(', ')} as a whole`, state: 'failed', message }];
  }
}

/** Prints what a person needs to know, the totals last, and returns the exit status. */
function report() {
  const of = (state) => tests.filter((test) => test.state === state);
  const failed = of('failed');
  heading('summary');
  for (const who of [...new Set(tests.map((test) => test.who))]) {
    const mine = tests.filter((test) => test.who === who);
    for (const project of [...new Set(mine.map((test) => test.project))].filter((name) => name !== '')) {
      const count = (state) => mine.filter((test) => test.project === project && test.state === state).length;
      const counts = `${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`;
      console.log(`  ${project} as ${who}: ${counts}`);
    }
  }
  for (const line of [...times, ...notes]) console.log(`  ${line}`);
  for (const test of of('skipped')) console.log(`SKIPPED ${name(test)}\n    ${test.reason || unsaid(test, failed)}`);
  for (const test of unsteady) {
    console.log(`UNSTEADY: passed only when run once more, alone: ${name(test)}\n${indent(test.message)}`);
  }
  for (const test of failed) console.log(`FAILED ${name(test)}\n${indent(test.message)}`);
  if (tests.length === 0) console.log('FAILED: no test was run');
  console.log(`\n${of('passed').length} passed, ${failed.length} failed, ${of('skipped').length} skipped`);
  return failed.length === 0 && tests.length > 0 ? 0 : 1;
}

/** A hook that failed takes its tests along; anything else that is skipped should have said why. */
function unsaid(test, failed) {
  const isReached = failed.every((other) => other.file !== test.file || other.who !== test.who);
  return isReached ? 'NO REASON GIVEN' : 'not reached, since something before it failed';
}

function name(test) {
  return `${test.file} › ${test.title} (as ${test.who})`;
}

function indent(text) {
  return text.replace(/^/gmu, '    ');
}

function heading(text) {
  console.log(`\n── ${text} ${'─'.repeat(Math.max(2, 76 - text.length))}`);
}
