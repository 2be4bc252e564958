// The window's beginning: one connection, one store that follows it, one tree.
import './api/no-eval.ts';
import './tokens.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { openConnection } from './api/connection.ts';
import { follow } from './store/gateway.ts';
import { App } from './views/App.tsx';

follow(openConnection(window));

const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
