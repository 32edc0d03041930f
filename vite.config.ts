import { defineConfig, type Plugin } from 'vite';

/** The gateway that pages under development talk to. */
const GATEWAY = 'http://127.0.0.1:4000';
/** The console's requests count only where they come from the gateway's own address. */
const TO_GATEWAY = { target: GATEWAY, headers: { origin: GATEWAY } };

/**
 * The pages that browsers load: `vite build --mode console` builds src/console. Nothing is inlined, because the gateway serves them under
 * a policy that runs files of its own only. Hashed files lie under `_`, which is no name of anything else.
 */
export default defineConfig(({ mode: page }) => ({
  root: `src/${page}`,
  base: `/${page}/`,
  plugins: page === 'checkout' ? [importPlainly()] : [],
  build: {
    target: 'es2022',
    assetsDir: '_',
    assetsInlineLimit: 0,
    modulePreload: page === 'checkout' ? false : { polyfill: false },
    emptyOutDir: true,
    reportCompressedSize: false,
    rolldownOptions: {
      // Libraries mark files for frameworks that render on a server.
      onLog: (level, log, handle) => (log.code === 'MODULE_LEVEL_DIRECTIVE' ? undefined : handle(level, log)),
    },
  },
  server: {
    proxy: Object.fromEntries(['/graphql', '/export', '/example', `/${page}/session`].map((path) => [path, TO_GATEWAY])),
  },
}));

/** The checkout is small enough to load a module when it is needed, without the kilobyte that would load its parts ahead. */
function importPlainly(): Plugin {
  return {
    name: 'import-plainly',
    enforce: 'pre',
    apply: 'build',
    load: (id) => (id === '\0vite/preload-helper.js' ? 'export const __vitePreload = (load) => load();' : null),
  };
}
