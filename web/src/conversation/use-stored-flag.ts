import { useCallback, useState } from 'react';

/** A switch that is as it was left, in this browser. */
export function useStoredFlag(key: string, initial: boolean): readonly [boolean, (isOn: boolean) => void] {
  const [isOn, setOn] = useState(() => {
    const stored = localStorage.getItem(key);
    return stored === null ? initial : stored === '1';
  });
  const change = useCallback(
    (next: boolean) => {
      setOn(next);
      try {
        localStorage.setItem(key, next ? '1' : '0');
      } catch {
        // A full storage: it holds for this page.
      }
    },
    [key],
  );
  return [isOn, change];
}
