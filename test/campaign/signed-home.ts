import { runGatehouse } from '../helpers/gatehouse.ts';
import { openTempHome, type TempHome } from '../helpers/temp-home.ts';

/**
 * A temporary home whose record is signed with the encrypted file keystore, so that a campaign goes through signing too. `more` is
 * added to the caller's environment.
 */
export async function openSignedHome(more: Readonly<Record<string, string>> = {}): Promise<TempHome> {
  const home = await openTempHome();
  const environment = {
    ...home.environment,
    GATEHOUSE_KEYSTORE: 'file',
    GATEHOUSE_PASSPHRASE: 'a passphrase of the campaign',
    ...more,
  };
  return {
    ...home,
    environment,
    run: (args, options = {}) => runGatehouse(args, { environment, cwd: home.workspace, ...options }),
  };
}
