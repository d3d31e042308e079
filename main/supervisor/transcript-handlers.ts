import type { ControlHandlers } from './control-server.ts';
import type { Transcripts } from './transcripts.ts';

/** The handlers of transcripts. */
export function transcriptHandlers({
  transcripts,
}: {
  readonly transcripts: Transcripts;
}): Pick<ControlHandlers, 'transcript.list' | 'transcript.remove'> {
  return {
    'transcript.list': async () => ({ transcripts: await transcripts.list() }),
    'transcript.remove': async (which) => ({ transcripts: await transcripts.remove(which) }),
  };
}
