// Builds the window into dist/app: external scripts and styles only, relative addresses, nothing fetched from afar.
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  publicDir: false,
  plugins: [react()],
  build: {
    outDir: '../dist/app',
    emptyOutDir: true,
    target: ['chrome125', 'firefox128', 'safari17.5'],
    // A data: address would need a wider policy; a file of its own does not.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
  },
});
