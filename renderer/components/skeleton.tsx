/** Rows that will be there in a moment. Drawn only after 300 ms, so that what is fast does not flicker. */
export function Skeleton({ rows = 6, label }: { readonly rows?: number; readonly label: string }) {
  return (
    <div className="skeleton" role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, index) => (
        // Rows of a skeleton are all the same, and stay.
        // biome-ignore lint/suspicious/noArrayIndexKey: there is nothing else to tell them apart by
        <div key={index} className="skeleton-row" />
      ))}
    </div>
  );
}
