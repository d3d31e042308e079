/**
 * Folders whose content a program made and makes again: of package managers, compilers, test runners, virtual environments. Whoever
 * removes one removes nothing of a person's work.
 */
const generatedFolders: ReadonlySet<string> = new Set([
  'node_modules',
  'bower_components',
  'dist',
  'build',
  'out',
  'target',
  'obj',
  'coverage',
  'htmlcov',
  '__pycache__',
  'venv',
  '.venv',
  '.tox',
  '.nox',
  '.eggs',
  '.mypy_cache',
  '.pytest_cache',
  '.ruff_cache',
  '.cache',
  '.parcel-cache',
  '.turbo',
  '.next',
  '.nuxt',
  '.svelte-kit',
  '.angular',
  '.gradle',
  '.terraform',
  '.dart_tool',
  '.yarn',
  '.pnpm-store',
  'DerivedData',
  'CMakeFiles',
]);

/** Whether a path, relative to the workspace, lies in a folder of that kind, or in Git's own. */
export function isGenerated(path: string): boolean {
  const folders = path.split('/').slice(0, -1);
  // What is in Git's folder is protected where it matters; the rest of it comes and goes with every command.
  return folders.some(
    (folder) => folder === '.git' || generatedFolders.has(folder) || /\.egg-info$|^cmake-build-/u.test(folder),
  );
}
