import { type RefObject, useEffect, useRef } from 'react';

/**
 * A field that is filled in by the address, and by a person who must not lose the place while typing: it takes over what the address
 * says only when that did not come from the field itself.
 * @returns the field, and what to tell before its own text goes into the address
 */
export function useFollowing(value: string): readonly [field: RefObject<HTMLInputElement | null>, keep: (own: string) => void] {
  const field = useRef<HTMLInputElement>(null);
  const own = useRef(value);
  useEffect(() => {
    if (field.current !== null && value !== own.current) field.current.value = value;
    own.current = value;
  }, [value]);
  return [field, (text) => void (own.current = text)];
}
