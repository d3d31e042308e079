import { posix } from 'node:path';
import {
  cargoRegistries,
  npmRegistries,
  pipIndexes,
  type RegistryAddress,
  registriesOf,
  registrySettingsCharactersMax,
} from '../../core/agents/registry-settings.ts';
import { readSmallText } from './read-bounded.ts';

/** Settings of a person's own, never of a repository: whoever wrote that would name the registry. */
const files: readonly { readonly path: string; readonly read: (text: string) => RegistryAddress[] }[] = [
  { path: '.npmrc', read: npmRegistries },
  { path: '.config/pip/pip.conf', read: pipIndexes },
  { path: '.pip/pip.conf', read: pipIndexes },
  { path: '.cargo/config.toml', read: cargoRegistries },
];

const variables: readonly { readonly name: string; readonly client: string }[] = [
  { name: 'npm_config_registry', client: 'npm' },
  { name: 'NPM_CONFIG_REGISTRY', client: 'npm' },
  { name: 'PIP_INDEX_URL', client: 'pip' },
  { name: 'UV_DEFAULT_INDEX', client: 'uv' },
  { name: 'UV_INDEX_URL', client: 'uv' },
  { name: 'GOPROXY', client: 'go' },
];

/** The registries that the person's package clients were told to ask, by their own settings; none for those that were told nothing. */
export async function findRegistries(
  home: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<readonly RegistryAddress[]> {
  const texts = await Promise.all(
    files.map(({ path }) => readSmallText(posix.join(home, path), registrySettingsCharactersMax)),
  );
  const found = [
    ...variables.flatMap(({ name, client }) => registriesOf(client, (environment[name] ?? '').split(/[,|]/u))),
    ...files.flatMap(({ read }, index) => read(texts[index] ?? '')),
  ];
  return [...new Map(found.map((each) => [`${each.client} ${each.host} ${each.port}`, each])).values()];
}
