/** A code of the vendor's, if it is short and plain enough to be one and not a sentence. None has a number of five digits or more. */
export function shortCode(text: string | null | undefined): string | null {
  return text !== null && text !== undefined && /^[\w.-]{1,64}$/.test(text) && !/\d{5}/.test(text) ? text : null;
}
