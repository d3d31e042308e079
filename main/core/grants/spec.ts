/**
 * Guarantee: a grant spec is read in one way, by the same host and path parsers as requests, and printing what was read
 * gives a text that reads the same again.
 *
 * Threat: a spec that grants more than the person who typed it saw: a relative path or `~` taken from somewhere else, a
 * host in a second spelling, a wildcard where none is meant, control characters that hide part of it on a screen.
 *
 * Limits: symbolic links are not followed here; the caller passes real paths on.
 */
import { posix } from 'node:path';
import { operatingError } from '#contract/operating-error.ts';
import {
  authorityText,
  hostText,
  type ParsedHost,
  parseHost,
  parseHostPort,
  parseHttpUrl,
  parsePort,
} from '../network/host.ts';

/** What a grant covers. */
export type GrantPattern =
  | { readonly action: 'file.read' | 'file.write'; readonly path: string }
  | {
      readonly action: 'net.connect';
      readonly host: HostPattern;
      /** Absent: the two ports of the web, `defaultPorts`. */
      readonly port?: number;
    }
  | {
      readonly action: 'http.request';
      /** Upper case, or `*` for any. */
      readonly method: string;
      readonly host: ParsedHost;
      readonly port: number;
      /** Path and query as they must be sent. */
      readonly path: string;
      /** Anything may follow `path`. */
      readonly prefix: boolean;
    }
  | { readonly action: 'process.exec'; readonly program: string }
  | { readonly action: 'secret.use'; readonly name: string; readonly host: ParsedHost };

/** One host, or every name below a domain (`*.example.org`: any depth, not the domain itself). */
export type HostPattern = ParsedHost | { readonly kind: 'below'; readonly domain: string };

/** What `net.connect:HOST` without a port lets through. */
export const defaultPorts: readonly number[] = [443, 80];

/** Characters of a spec; as in the contract. */
export const grantSpecCharsMax = 8192;

/** Where a relative path and `~` begin. Both absolute. */
export interface SpecPlace {
  readonly cwd: string;
  readonly home: string;
}

/** Parses any grant spec of the command line. Throws `grant_invalid`, or `grant_refused` for what cannot be enforced. */
export function parseGrantSpec(text: string, place: SpecPlace): GrantPattern {
  if (text.length > grantSpecCharsMax) throw invalid(text, `it is longer than ${grantSpecCharsMax} characters`);
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text)) throw invalid(text, 'it has control or invisible characters');
  // Bytes that are not UTF-8 arrive as U+FFFD, which may be the name of something else.
  if (text.includes('\ufffd')) throw invalid(text, 'it is not valid UTF-8');
  const colon = text.indexOf(':');
  const action = colon === -1 ? text : text.slice(0, colon);
  const rest = colon === -1 ? '' : text.slice(colon + 1);
  switch (action) {
    case 'file.read':
    case 'file.write':
      return { action, path: parseSpecPath(text, rest, place) };
    case 'net.connect':
      return parseConnect(text, rest);
    case 'http.request':
      return parseRequest(text, rest);
    case 'process.exec':
      if (!/^[^\s]+$/u.test(rest)) throw invalid(text, 'a program is a name or a path without spaces');
      return { action, program: rest };
    case 'secret.use': {
      const at = rest.lastIndexOf('@');
      if (at < 1 || !/^[A-Za-z0-9][\w.-]{0,127}$/u.test(rest.slice(0, at))) {
        throw invalid(text, 'a secret is written NAME@HOST');
      }
      return { action, name: rest.slice(0, at), host: hostOf(text, () => parseHost(rest.slice(at + 1))) };
    }
    default:
      throw invalid(text, `"${action}" is not an action that can be granted`);
  }
}

/** The canonical text: `parseGrantSpec` gives the same pattern for it in any place. */
export function formatGrantSpec(pattern: GrantPattern): string {
  switch (pattern.action) {
    case 'file.read':
    case 'file.write':
      return `${pattern.action}:${pattern.path}`;
    case 'net.connect': {
      const host = pattern.host.kind === 'below' ? `*.${pattern.host.domain}` : authorityText(pattern.host);
      return `net.connect:${host}${pattern.port === undefined ? '' : `:${pattern.port}`}`;
    }
    case 'http.request': {
      const port = pattern.port === 80 ? '' : `:${pattern.port}`;
      const path = `${pattern.path}${pattern.prefix ? '*' : ''}`;
      return `http.request:${pattern.method} http://${authorityText(pattern.host)}${port}${path}`;
    }
    case 'process.exec':
      return `process.exec:${pattern.program}`;
    case 'secret.use':
      return `secret.use:${pattern.name}@${authorityText(pattern.host)}`;
  }
}

function parseSpecPath(text: string, written: string, place: SpecPlace): string {
  if (written === '') throw invalid(text, 'the path is missing');
  if (/^~[^/]/u.test(written)) throw invalid(text, 'only ~ and ~/ are understood, not the home of somebody else');
  if (/(^|\/)\*{1,2}$/u.test(written)) {
    throw invalid(text, 'a folder is granted with everything below it; leave the * out');
  }
  const fromHome = /^~(\/|$)/u.test(written) ? posix.join(place.home, written.slice(1)) : written;
  const path = posix.resolve(place.cwd, fromHome);
  if (path.length > 4096) throw invalid(text, 'the path is longer than 4096 characters');
  return path;
}

function parseConnect(text: string, rest: string): GrantPattern {
  if (/^[a-z]+:\/\//iu.test(rest)) throw invalid(text, 'it has a URL where a host is meant');
  if (rest.startsWith('*.')) {
    const [domain = '', port, ...others] = rest.slice(2).split(':');
    const parsed = hostOf(text, () => parseHost(domain));
    if (others.length > 0 || parsed.kind !== 'name') throw invalid(text, '* stands only before a domain');
    if (!parsed.name.includes('.')) throw invalid(text, `*.${parsed.name} would be a whole top-level domain`);
    const host = { kind: 'below', domain: parsed.name } as const;
    return port === undefined
      ? { action: 'net.connect', host }
      : { action: 'net.connect', host, port: hostOf(text, () => parsePort(port)) };
  }
  if (/^\[[^\]]*\]$|^[^:]*$/u.test(rest)) {
    return { action: 'net.connect', host: hostOf(text, () => parseHost(rest)) };
  }
  return { action: 'net.connect', ...hostOf(text, () => parseHostPort(rest)) };
}

function parseRequest(text: string, rest: string): GrantPattern {
  const parts = /^([A-Z]{1,32}|\*) (\S+)$/u.exec(rest);
  if (parts === null) throw invalid(text, 'a request is written METHOD URL, the method in capitals or *');
  const written = parts[2] ?? '';
  const prefix = written.endsWith('*');
  const { scheme, host, port, path } = hostOf(text, () => parseHttpUrl(prefix ? written.slice(0, -1) : written));
  if (prefix && !/^https?:\/\/[^/]+\//iu.test(written)) throw invalid(text, '* stands only at the end of a path');
  if (scheme === 'https') {
    throw operatingError('grant_refused', `The grant "${text}" cannot be enforced.`, {
      why: 'Methods and paths of HTTPS requests are not visible until Gatehouse can decrypt them.',
      remedy: `Use net.connect:${authorityText(host)}:${port}, which lets everything to that host through.`,
    });
  }
  return { action: 'http.request', method: parts[1] ?? '*', host, port, path, prefix };
}

function hostOf<T>(text: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw invalid(text, error instanceof Error ? error.message : 'the host cannot be read', error);
  }
}

function invalid(text: string, why: string, cause?: unknown) {
  const shown = text.length > 200 ? `${text.slice(0, 200)}…` : text;
  return operatingError('grant_invalid', `The grant ${JSON.stringify(shown)} cannot be read: ${why}.`, {
    cause,
    remedy: 'Write file.read:PATH, file.write:PATH, net.connect:HOST[:PORT] or http.request:METHOD http://HOST/PATH*.',
  });
}

/** The text under which an index keeps a host pattern. */
export function hostKey(host: HostPattern): string {
  return host.kind === 'below' ? `*.${host.domain}` : hostText(host);
}
