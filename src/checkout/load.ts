/** Some browsers never ask again for a part of a page that they once failed to get: then only a new page helps. */

const missing = { hasBeen: false };

/** A part of the page that is loaded when it is needed. Rejects when it cannot be had; the second time, the page begins anew. */
export async function loadPart<Part>(load: () => Promise<Part>): Promise<Part> {
  try {
    return await load();
  } catch (error) {
    if (missing.hasBeen && navigator.onLine) location.reload();
    missing.hasBeen = true;
    throw error;
  }
}
