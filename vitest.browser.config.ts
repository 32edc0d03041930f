import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** Tests in a real browser: the system's Chromium, or the one that CHROMIUM names. */
export default defineConfig({ ...base, test: { ...base.test, include: ['test/**/*.browser.ts'], testTimeout: 60_000 } });
