/** Asks an agent on a server, and shows what it does. Run: `node client.ts http://127.0.0.1:3000 '$ ls -la'` */
import { ConveneClient, isAgentState } from 'convene/client';

const [url = 'http://127.0.0.1:3000', message = '$ ls -la'] = process.argv.slice(2);
const client = new ConveneClient({ url });
await using conversation = await client.join(await client.create({ message }));
conversation.on('state', (state) => console.error(`(${state})`));

for await (const event of conversation) {
  const text = 'observation' in event ? event.content : event.message;
  console.log(event.id, event.source, text);
  if (isAgentState(event, 'awaiting_user_input') || isAgentState(event, 'finished')) break;
}
