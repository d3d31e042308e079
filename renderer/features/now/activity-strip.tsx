import { useNow } from '../../components/when.tsx';
import { barHeight, bucketsOf, type Moment, stripWords } from './activity-buckets.ts';
import { useLiveEvents } from './live-events.ts';

const none: readonly Moment[] = [];
const size = { bar: 3, gap: 1, height: 16 } as const;

/** The last 60 seconds of a session as bars; blocked ones stand out in colour and reach the full height. */
export function ActivityStrip({ session }: { readonly session: string }) {
  const nowMs = useNow();
  const moments = useLiveEvents((state) => state.moments.get(session) ?? none);
  const buckets = bucketsOf(moments, nowMs);
  const words = stripWords(buckets);
  const width = buckets.length * (size.bar + size.gap);
  return (
    <svg className="now-strip" viewBox={`0 0 ${width} ${size.height}`} role="img" aria-label={words}>
      <title>{words}</title>
      <rect className="now-strip-ground" y={size.height - 1} width={width} height={1} />
      {buckets.map(({ done, blocked }, index) => {
        const height = blocked > 0 ? size.height : Math.round(barHeight(done) * size.height);
        if (height === 0) return null;
        return (
          <rect
            // Parts of a minute are all the same, and stay.
            // biome-ignore lint/suspicious/noArrayIndexKey: there is nothing else to tell them apart by
            key={index}
            className={blocked > 0 ? 'now-strip-blocked' : 'now-strip-done'}
            x={index * (size.bar + size.gap)}
            y={size.height - height}
            width={size.bar}
            height={height}
          />
        );
      })}
    </svg>
  );
}
