/** What a table says of a word from the wire, which may be `constructor`; undefined when it is not in there. */
export function lookUp<T>(table: Readonly<Record<string, T>>, word: string | null | undefined): T | undefined {
  return word !== null && word !== undefined && Object.hasOwn(table, word) ? table[word] : undefined;
}

/** A code of the vendor's, if it is short and plain enough to be one and not a sentence. */
export function shortCode(text: string | null | undefined): string | null {
  return text !== null && text !== undefined && /^[\w.-]{1,64}$/.test(text) ? text : null;
}
