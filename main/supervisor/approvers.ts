import type { Socket } from 'node:net';
import { operatingError } from '#contract/operating-error.ts';
import { readPeer, whyNoApprover, whyNoWindow } from '../adapters/processes/peer.ts';
import type { Approvals, Surface } from './approvals.ts';
import type { Call } from './control-server.ts';
import type { ShippedFiles } from './shipped-files.ts';

/** The control connections that may answer for the person, each checked when it asked to be one. */
export class Approvers {
  readonly #approvals: Approvals;
  readonly #portcullis: string;
  readonly #windowPrograms: readonly string[];
  readonly #surfaces = new WeakMap<Socket, Surface>();

  constructor(approvals: Approvals, programs: Pick<ShippedFiles, 'portcullis' | 'windowPrograms'>) {
    this.#approvals = approvals;
    this.#portcullis = programs.portcullis;
    this.#windowPrograms = programs.windowPrograms;
  }

  /** Makes the caller's connection an approval surface, or says why it may not be one. */
  async open(session: string | undefined, kind: 'terminal' | 'window', call: Call): Promise<void> {
    const { connection } = call;
    const peer = await readPeer(this.#portcullis, connection);
    const supervisor = { pid: process.pid, uid: process.getuid?.() ?? -1 };
    const why =
      peer === undefined
        ? 'The kernel does not say who it is.'
        : await (kind === 'window'
            ? whyNoWindow(peer, supervisor, this.#windowPrograms)
            : whyNoApprover(peer, supervisor));
    if (why !== undefined || call.signal.aborted || this.#surfaces.has(connection)) {
      throw operatingError('approval_refused', 'This program may not answer for a person.', {
        why: why ?? 'It is one already, or has gone.',
        remedy: 'Answer in a terminal of your own: `gatehouse approvals answer`, or `gatehouse watch`.',
      });
    }
    const surface: Surface = {
      ...(session === undefined ? {} : { session }),
      asked: (approval, code) => call.notify('approval.asked', { approval, code }),
      changed: (approval) => call.notify('approval.changed', { approval }),
    };
    this.#surfaces.set(connection, surface);
    call.onClose(this.#approvals.attach(surface));
  }

  /** The surface that this connection is. */
  of(call: Call): Surface {
    const surface = this.#surfaces.get(call.connection);
    if (surface !== undefined) return surface;
    throw operatingError('approval_refused', 'Answers are taken from approval surfaces only.', {
      remedy: 'Answer in a terminal of your own: `gatehouse approvals answer`, or `gatehouse watch`.',
    });
  }
}
