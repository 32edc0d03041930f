/** The address as a link may have it, resolved against this page; null for anything but a web page, such as a script in disguise. */
export function webAddressOf(text: string): string | null {
  const base = location.href;
  if (!URL.canParse(text, base)) return null;
  const url = new URL(text, base);
  return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : null;
}
