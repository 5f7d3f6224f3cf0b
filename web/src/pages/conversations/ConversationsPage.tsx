import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { conversationPath } from '../../app/routes.ts';
import { client } from '../../data/client.ts';

export function ConversationsPage() {
  const { data } = useQuery({
    queryKey: ['conversations'],
    queryFn: ({ signal }) => client.list({ signal }),
  });
  return (
    <main className="page">
      <h1>Conversations</h1>
      <ul>
        {data?.conversations.map(({ id, title }) => (
          <li key={id}>
            <Link href={conversationPath(id)}>{title}</Link>
          </li>
        ))}
      </ul>
    </main>
  );
}
