/**
 * Guarantee: a window loads files of the build's own folder and nothing else, under a policy that runs no script of anybody else's, and
 * talks to nobody.
 *
 * Threat: markup or script in what an agent printed, named or wrote; a path that climbs out of the folder; a page that loads or
 * sends something over the network.
 *
 * Limits: styles may be inline in the main window, because the terminal and the editor write their own; a style runs nothing.
 */
import { readFile } from 'node:fs/promises';
import { join, normalize, posix } from 'node:path';
import { protocol, type Session } from 'electron';

/** The two schemes: one a window, so that no page of one is of the same origin as one of the other. */
export const schemes = {
  main: { scheme: 'app', origin: 'app://gatehouse', folder: 'renderer', page: 'main-window.html' },
  approval: { scheme: 'approval', origin: 'approval://gatehouse', folder: 'approval', page: 'approval-window.html' },
} as const;
type Kind = keyof typeof schemes;

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

/** Content Security Policy, level 3. */
function policyOf(kind: Kind): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    kind === 'main' ? "style-src 'self' 'unsafe-inline'" : "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "require-trusted-types-for 'script'",
    ...(kind === 'main' ? [] : ['trusted-types']),
  ].join('; ');
}

/** Before the app is ready: both are standard and secure, neither gets what else a scheme may have. */
export function registerSchemes(): void {
  protocol.registerSchemesAsPrivileged(
    Object.values(schemes).map(({ scheme }) => ({ scheme, privileges: { standard: true, secure: true } })),
  );
}

/** Serves one window's files in its own session; every other scheme of that session is refused. */
export function serveScheme(session: Session, kind: Kind, appFolder: string): void {
  const { scheme, origin, folder } = schemes[kind];
  const root = join(appFolder, folder);
  session.protocol.handle(scheme, async ({ url, method }) => {
    const { origin: asked, pathname } = new URL(url);
    const name = posix.normalize(decodeURIComponent(pathname));
    const file = normalize(join(root, name));
    const type = types[posix.extname(file)];
    const isOurs = asked === origin || url.startsWith(`${origin}/`);
    if (method !== 'GET' || !isOurs || type === undefined || !file.startsWith(`${root}/`)) return refused();
    try {
      return new Response(new Uint8Array(await readFile(file)), {
        headers: {
          'content-type': type,
          'content-security-policy': policyOf(kind),
          'x-content-type-options': 'nosniff',
          'referrer-policy': 'no-referrer',
          'cross-origin-opener-policy': 'same-origin',
          'cache-control': 'no-store',
        },
      });
    } catch {
      return refused();
    }
  });
  session.webRequest.onBeforeRequest((details, answer) => {
    answer({ cancel: !details.url.startsWith(`${origin}/`) && !details.url.startsWith('devtools://') });
  });
}

function refused(): Response {
  return new Response('There is no such file.', { status: 404, headers: { 'content-type': 'text/plain' } });
}
