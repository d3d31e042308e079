// Runs some test projects with vitest and writes what came of every test to a file, for test.mjs to add up.
//
//   node .ci/test-stage.mjs --project NAME... --results FILE [--name PATTERN] [-- FILTER...]
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs, stripVTControlCharacters } from 'node:util';
import { startVitest } from 'vitest/node';

/** Enough to see what was wrong; the whole is further up in the output. */
const messageLengthMax = 2000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { project: { type: 'string', multiple: true }, results: { type: 'string' }, name: { type: 'string' } },
});
const results = values.results;
if (results === undefined) throw new Error('--results is missing');

/** Collects one record per test and per file that could not be loaded. */
class Totals {
  onTestRunEnd(modules, unhandled) {
    const tests = modules.flatMap((module) => [...recordsOf(module)]);
    for (const error of unhandled) {
      tests.push({
        project: '',
        file: '',
        title: 'error outside any test',
        state: 'failed',
        message: messageOf(error),
      });
    }
    writeFileSync(results, JSON.stringify({ tests }));
  }
}

function* recordsOf(module) {
  const file = path.relative(process.cwd(), module.moduleId);
  const project = module.project.name;
  for (const error of module.errors()) {
    yield { project, file, title: '(the file could not be run)', state: 'failed', message: messageOf(error) };
  }
  for (const suite of module.children.allSuites()) {
    for (const error of suite.errors()) {
      yield { project, file, title: `${suite.fullName} (its hooks)`, state: 'failed', message: messageOf(error) };
    }
  }
  for (const test of module.children.allTests()) {
    const { state, errors, note } = test.result();
    yield {
      project,
      file,
      title: test.fullName,
      state: state === 'pending' ? 'failed' : state,
      message: state === 'pending' ? 'it never ended' : (errors ?? []).map(messageOf).join('\n'),
      reason: note ?? '',
    };
  }
}

function messageOf(error) {
  const text = [error?.message ?? String(error), error?.diff].filter((part) => part !== undefined).join('\n');
  return stripVTControlCharacters(text).slice(0, messageLengthMax);
}

const vitest = await startVitest(
  'test',
  positionals,
  {
    watch: false,
    project: values.project,
    ...(values.name === undefined ? {} : { testNamePattern: values.name }),
    reporters: ['default', new Totals()],
    // Vite's own loader writes beside the configuration; Node reads TypeScript by itself.
    configLoader: 'native',
    passWithNoTests: true,
    // An `.only` left behind would silently drop the rest.
    allowOnly: false,
    // The ordinary user of the second run may not write into the tree.
    cache: false,
  },
  {},
);
await vitest.close();
