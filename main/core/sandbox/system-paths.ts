/** Folders of the host that hold programs and libraries. Links among them are recreated, folders bound read-only. */
export const systemFolders = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/opt'] as const;

/**
 * What programs need of `/etc`, by name below it. Deliberately absent: hosts, resolv.conf, passwd and group (generated),
 * shadow, gitconfig, npmrc, pip.conf, maven's settings (may hold credentials), machine-id (identifies the person), ssh, and
 * private keys below ssl.
 */
export const etcNames: readonly string[] = [
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'ssl/certs',
  'ssl/openssl.cnf',
  'ssl/cert.pem',
  'pki/tls/certs',
  'pki/tls/cert.pem',
  'pki/tls/openssl.cnf',
  'pki/ca-trust/extracted',
  'crypto-policies',
  'ca-certificates',
  'localtime',
  'timezone',
  'alternatives',
  'nsswitch.conf',
  'host.conf',
  'gai.conf',
  'protocols',
  'services',
  'mime.types',
  'magic',
  'magic.mime',
  'terminfo',
  'inputrc',
  'shells',
  'bash.bashrc',
  'bashrc',
  'bash_completion.d',
  'profile',
  'profile.d',
  'zsh',
  'os-release',
  'lsb-release',
  'debian_version',
  'redhat-release',
  'fonts',
  'vim',
  'vimrc',
  'nanorc',
  'ant',
  'maven/m2.conf',
  'maven/logging',
  'glvnd',
  'claude-code',
  'codex',
  'gemini-cli',
];

/** Names in `/etc` that carry a version: taken when they begin like this. */
export const etcPrefixes: readonly string[] = ['python', 'perl', 'java', 'locale', 'R', 'php', 'ImageMagick'];
