import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/App.tsx';
import { renewAfterUpdate } from './app/renew.ts';
import { deleteOnLeaving } from './data/deletions.ts';
import './styles/tokens.css';
import './styles/base.css';

const root = document.getElementById('root');
if (root === null) throw new Error('The page has no root.');
deleteOnLeaving();
renewAfterUpdate();
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
