import path from 'node:path';
import type { Fault, SourceText } from './source-tree.ts';
import { findImports, type ImportFact } from './syntax.ts';

/** The layers, and what each may import of the others. Everything may import the contract. */
const layers = [
  { name: 'contract', folder: 'preload/contract/', mayImport: [] },
  { name: 'core', folder: 'main/core/', mayImport: ['contract'] },
  { name: 'adapters', folder: 'main/adapters/', mayImport: ['contract', 'core'] },
  { name: 'supervisor', folder: 'main/supervisor/', mayImport: ['contract', 'core', 'adapters'] },
  { name: 'cli', folder: 'main/cli/', mayImport: ['contract', 'core', 'adapters'] },
  { name: 'electron', folder: 'main/electron/', mayImport: ['contract', 'core', 'adapters'] },
  { name: 'preload', folder: 'preload/', mayImport: ['contract'] },
  { name: 'renderer', folder: 'renderer/', mayImport: ['contract'] },
  {
    name: 'test',
    folder: 'test/',
    mayImport: ['contract', 'core', 'adapters', 'supervisor', 'cli', 'electron', 'preload', 'renderer'],
  },
] as const;
type Layer = (typeof layers)[number];

/** Packages the pure layers may use. The others may use whatever package.json lists. */
const pureImports: Partial<Record<Layer['name'], readonly string[]>> = {
  contract: ['zod'],
  core: ['zod', 'ipaddr.js', 'canonicalize', '@cedar-policy/cedar-wasm', 'node:path', 'node:url', 'node:crypto'],
};

/** What runs in Chromium's sandbox. */
const browserLayers: readonly Layer['name'][] = ['preload', 'renderer'];

/** Of some modules core may use only what computes. */
const pureNames: Readonly<Record<string, readonly string[]>> = {
  'node:crypto': ['createHash', 'hash'],
  'node:path': ['posix'],
  'node:url': ['URL', 'domainToASCII', 'domainToUnicode'],
};

/** Adapters that stand on another one. Each pair is a decision; a new one belongs here with its reason. */
export interface AdapterPair {
  readonly from: string;
  readonly to: string;
  readonly reason: string;
}

/** What package.json says a layer may import. */
export interface Packages {
  readonly dependencies: readonly string[];
  readonly devDependencies: readonly string[];
}

/** Finds every import that points the wrong way or at a package that the layer may not use. */
export function findLayerFaults(
  sources: readonly SourceText[],
  packages: Packages,
  adapterPairs: readonly AdapterPair[] = [],
): Fault[] {
  return sources.flatMap((source) => {
    const layer = layerOf(source.path);
    if (layer === undefined) return [];
    return findImports(source).flatMap((fact) =>
      judge(source, layer, fact, packages, adapterPairs).map(
        (why) => `${source.path}:${fact.line} imports ${fact.specifier}: ${why}`,
      ),
    );
  });
}

function judge(
  source: SourceText,
  layer: Layer,
  fact: ImportFact,
  packages: Packages,
  adapterPairs: readonly AdapterPair[],
): string[] {
  if (fact.specifier === '(computed)') return layer.name === 'test' ? [] : ['an import must name its module'];
  if (fact.specifier.startsWith('#contract/')) {
    return layer.name === 'contract' ? ['inside the contract, import relatively'] : needsEnding(fact.specifier);
  }
  if (fact.specifier.startsWith('.'))
    return [...needsEnding(fact.specifier), ...judgeFile(source, layer, fact, adapterPairs)];
  return judgePackage(layer, fact, packages);
}

function judgeFile(source: SourceText, layer: Layer, fact: ImportFact, pairs: readonly AdapterPair[]): string[] {
  const target = path.posix.join(path.posix.dirname(source.path), fact.specifier);
  const targetLayer = layerOf(target);
  if (targetLayer === undefined) {
    return layer.name === 'test' ? [] : ['it lies outside the layers'];
  }
  // A preload is one file beside the contract, and Electron's loader for it knows no package's import map.
  if (targetLayer.name === 'contract' && layer.name === 'preload') return [];
  if (targetLayer.name === 'contract' && layer.name !== 'contract') return ['say #contract/…'];
  if (targetLayer.name === 'adapters' && layer.name === 'adapters') {
    const [from = '', to = ''] = [adapterOf(source.path), adapterOf(target)];
    const isKnown = from === to || pairs.some((pair) => pair.from === from && pair.to === to);
    return isKnown ? [] : [`the adapter ${from} may not lean on the adapter ${to}`];
  }
  if (targetLayer.name === layer.name) return [];
  const allowed: readonly string[] = layer.mayImport;
  return allowed.includes(targetLayer.name) ? [] : [`${layer.name} may not see ${targetLayer.name}`];
}

function judgePackage(layer: Layer, fact: ImportFact, packages: Packages): string[] {
  const name = packageName(fact.specifier);
  const pure = pureImports[layer.name];
  if (pure !== undefined) {
    if (!pure.includes(name)) return [`${layer.name} is pure and may only use ${pure.join(', ')}`];
    const names = pureNames[name];
    const others = names === undefined ? [] : fact.names.filter((imported) => !names.includes(imported));
    if (others.length > 0)
      return [`of ${name}, ${layer.name} may only use ${names?.join(', ')}, not ${others.join(', ')}`];
  }
  if (browserLayers.includes(layer.name)) {
    if (name.startsWith('node:')) return ['a page has no Node'];
    return packages.dependencies.includes(name) || (layer.name === 'preload' && name === 'electron')
      ? []
      : ['package.json does not list it'];
  }
  // Electron brings itself: it is what runs the shell, not what the shell brings along.
  if (layer.name === 'electron' && name === 'electron') return [];
  if (name.startsWith('node:')) return [];
  const listed =
    layer.name === 'test' ? [...packages.dependencies, ...packages.devDependencies] : packages.dependencies;
  return listed.includes(name) ? [] : ['package.json does not list it'];
}

function needsEnding(specifier: string): string[] {
  return /\.(?:tsx?|mjs|json|css)$/u.test(specifier) ? [] : ['write the file ending'];
}

function layerOf(file: string): Layer | undefined {
  return layers.find((layer) => file.startsWith(layer.folder));
}

function adapterOf(file: string): string {
  return file.slice('main/adapters/'.length).split('/')[0] ?? '';
}

function packageName(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier;
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}
