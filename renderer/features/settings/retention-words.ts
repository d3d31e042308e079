import type { Retention } from '#contract/record.ts';
import { sizeText } from '#contract/text/size.ts';
import { wholeSpanText } from '#contract/text/span.ts';

/** What is kept, as a sentence. */
export function boundsText({ keepMs, bytesMax }: Retention): string {
  if (keepMs === undefined && bytesMax === undefined) return 'All content is kept.';
  const bounds = [
    ...(keepMs === undefined ? [] : [`no longer than ${wholeSpanText(keepMs)}`]),
    ...(bytesMax === undefined ? [] : [`no more than ${sizeText(bytesMax)}`]),
  ];
  return `Content is kept ${bounds.join(', and ')}.`;
}
