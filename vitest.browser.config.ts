import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** Tests in a real browser: the system's Chromium, or the one that CHROMIUM names. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ['test/**/*.browser.ts'],
    // Far above what anything takes here: a browser on a busy machine may be slow, and is not wrong for it.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // Many of these tests expect by waiting for what a page shows, which Playwright does.
    expect: { poll: { timeout: 30_000 } },
  },
});
