import { Link } from 'wouter';
import { routes } from './routes.ts';

export function NotFound() {
  return (
    <main className="page">
      <h1>There is no such page</h1>
      <p>
        <Link href={routes.home}>All conversations</Link>
      </p>
    </main>
  );
}
