import { QueryClientProvider } from '@tanstack/react-query';
import { queryClient } from '../data/query-client.ts';
import { ToastList } from '../ui/ToastList.tsx';
import { Routes } from './Routes.tsx';
import { Shell } from './Shell.tsx';

export function App() {
  return (
    <QueryClientProvider client={queryClient}>
      <Shell>
        <Routes />
      </Shell>
      <ToastList />
    </QueryClientProvider>
  );
}
