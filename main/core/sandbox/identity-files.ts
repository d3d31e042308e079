/** Who the session is, inside. */
export interface InsideIdentity {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
  readonly home: string;
  readonly shell: string;
}

/** The session's host name: says nothing about the machine. */
export const insideHostname = 'gatehouse';

/**
 * The generated files of `/etc`: two accounts, localhost only, no resolver. Names of the host's other users and its own name
 * stay outside.
 */
export function identityFiles(identity: InsideIdentity): readonly { readonly at: string; readonly content: string }[] {
  const { uid, gid, name, home, shell } = identity;
  return [
    {
      at: '/etc/passwd',
      content: `${name}:x:${uid}:${gid}:${name}:${home}:${shell}\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n`,
    },
    { at: '/etc/group', content: `${name}:x:${gid}:\nnogroup:x:65534:\n` },
    {
      at: '/etc/hosts',
      content: `127.0.0.1 localhost ${insideHostname}\n::1 localhost ip6-localhost ip6-loopback\n`,
    },
    { at: '/etc/hostname', content: `${insideHostname}\n` },
    { at: '/etc/resolv.conf', content: '# No resolver: names are resolved by the egress proxy.\n' },
  ];
}
