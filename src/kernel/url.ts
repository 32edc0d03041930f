/**
 * Whether the text is an absolute address. Not by `URL.canParse`: once Node.js 20 has compiled it, it is false for every text with a
 * letter such as ü (tried with 20.20).
 */
export function isUrl(text: string): boolean {
  try {
    return new URL(text).href !== '';
  } catch {
    return false;
  }
}
