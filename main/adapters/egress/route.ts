/**
 * The only way from a wish to a connected socket.
 *
 * Guarantee: in this order and no other: (1) ask, before a name leaves the machine, since a look-up alone carries data out;
 * (2) resolve once; (3) ask again with every address; (4) connect to one of exactly these addresses, by number.
 *
 * Threat: DNS tunnels through denied names, and rebinding: a name that resolves to a public address when it is judged and to
 * loopback when it is dialled.
 *
 * Limits: the system's resolver is trusted to ask whom the machine's owner configured, search domains included.
 */
import { connect, isIPv6, type Socket } from 'node:net';
import type { Decision } from '#contract/decision.ts';
import { plainDenial } from '../../core/network/denial.ts';
import type { EgressQuestion } from '../../core/network/egress.ts';
import { hostPortText, hostText, type ParsedHost } from '../../core/network/host.ts';
import { DownloadPump } from './download-pump.ts';
import type { EgressSession } from './egress-session.ts';
import { resolveName, systemCode } from './resolve-name.ts';

/** What somebody inside wants to reach. */
export interface Wish {
  readonly protocol: 'connect' | 'http' | 'socks5';
  readonly action: 'net.connect' | 'http.request';
  readonly host: ParsedHost;
  readonly port: number;
  readonly method?: string;
  readonly path?: string;
  /** What the program says of itself. */
  readonly claim?: string;
}

/** What came of it. */
export type Route =
  | {
      readonly kind: 'open';
      readonly socket: Socket;
      readonly address: string;
      readonly startedAt: number /** For a tunnel: carries what the server sends. */;
      readonly download: DownloadPump | undefined;
    }
  | { readonly kind: 'denied'; readonly decision: Decision }
  | { readonly kind: 'failed'; readonly code: string };

/** Asks, resolves, asks again and connects. A connection that failed has been reported already. */
export async function openRoute(session: EgressSession, wish: Wish): Promise<Route> {
  const question = wishQuestion(session, wish);
  if (wish.host.kind === 'address') {
    const decision = await session.supervisor.decide({ ...question, addresses: [wish.host.address] });
    if (decision.outcome !== 'allow') return { kind: 'denied', decision };
    return dial(session, wish, [wish.host.address], decision.grants);
  }
  const first = await session.supervisor.decide(question);
  if (first.outcome !== 'allow') return { kind: 'denied', decision: first };
  const resolution = await resolveName(session, wish.host.name);
  if (resolution.kind !== 'resolved') {
    const decision =
      resolution.kind === 'limit'
        ? plainDenial('limit', `${resolution.why}.`)
        : plainDenial('name_unresolved', `The name ${wish.host.name} does not resolve: ${resolution.why}.`);
    await session.refuse(wish.protocol, hostPortText(wish.host, wish.port), decision);
    return { kind: 'denied', decision };
  }
  const second = await session.supervisor.decide({ ...question, addresses: resolution.addresses });
  if (second.outcome !== 'allow') return { kind: 'denied', decision: second };
  return dial(session, wish, resolution.addresses, second.grants);
}

function wishQuestion(session: EgressSession, wish: Wish): EgressQuestion {
  const { protocol, action, port, method, path, claim } = wish;
  return {
    sessionId: session.sessionId,
    protocol,
    action,
    host: hostText(wish.host),
    port,
    ...(method === undefined ? {} : { method }),
    ...(path === undefined ? {} : { path }),
    ...(claim === undefined ? {} : { claim }),
  };
}

/** Connects to the first of the checked addresses that answers; a few are tried, since IPv6 is often half there. */
async function dial(
  session: EgressSession,
  wish: Wish,
  addresses: readonly string[],
  grants: readonly string[],
): Promise<Route> {
  const startedAt = performance.now();
  let address = addresses[0] ?? '';
  let code = 'failed';
  for (address of addresses.slice(0, session.bounds.connectAttempts)) {
    if (session.closed) break;
    const download = wish.action === 'net.connect' ? new DownloadPump() : undefined;
    const outcome = await connectTo(session, address, wish.port, download);
    if (typeof outcome !== 'string') session.holdBy(grants, outcome);
    if (typeof outcome !== 'string') return { kind: 'open', socket: outcome, address, startedAt, download };
    code = outcome;
  }
  if (session.closed) code = 'session_ended';
  session.supervisor.closed({
    connectionId: session.nextConnectionId(),
    ...wishQuestion(session, wish),
    address,
    bytesSent: 0,
    bytesReceived: 0,
    durationMs: performance.now() - startedAt,
    end: code,
  });
  return { kind: 'failed', code };
}

/** The connected socket, or the code of what went wrong. */
function connectTo(
  session: EgressSession,
  address: string,
  port: number,
  download: DownloadPump | undefined,
): Promise<Socket | string> {
  return new Promise((resolve) => {
    const socket = connect({
      host: address,
      port,
      family: isIPv6(address) ? 6 : 4,
      allowHalfOpen: true,
      noDelay: true,
      keepAlive: true,
      ...(download === undefined ? {} : { onread: download.onread }),
    });
    session.own(socket);
    let code = 'closed';
    const timer = setTimeout(() => {
      code = 'timeout';
      socket.destroy();
    }, session.bounds.connectMs);
    const settle = (outcome: Socket | string): void => {
      clearTimeout(timer);
      socket.off('connect', onConnect);
      socket.off('error', onError);
      socket.off('close', onClose);
      resolve(outcome);
    };
    const onConnect = (): void => settle(socket);
    const onError = (error: Error): void => settle(systemCode(error));
    const onClose = (): void => settle(code);
    socket.once('connect', onConnect);
    socket.once('error', onError);
    socket.once('close', onClose);
  });
}
