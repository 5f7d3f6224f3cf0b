/** The pages; all but the first are loaded when they are first opened. */
import { lazy, Suspense } from 'react';
import { Route, Switch } from 'wouter';
import { StartPage } from '../pages/start/StartPage.tsx';
import { NotFound } from './NotFound.tsx';
import { routes } from './routes.ts';

const ConversationPage = lazy(async () => {
  const { ConversationPage: page } = await import('../pages/conversation/ConversationPage.tsx');
  return { default: page };
});
const SettingsPage = lazy(async () => {
  const { SettingsPage: page } = await import('../pages/settings/SettingsPage.tsx');
  return { default: page };
});
const ClusterPage = lazy(async () => {
  const { ClusterPage: page } = await import('../pages/cluster/ClusterPage.tsx');
  return { default: page };
});

export function Routes() {
  return (
    <Suspense fallback={null}>
      <Switch>
        <Route path={routes.home}>
          <StartPage />
        </Route>
        <Route path={routes.newConversation}>
          <StartPage />
        </Route>
        <Route path={routes.conversation}>{({ id }) => <ConversationPage key={id} id={id} />}</Route>
        <Route path={routes.settings}>
          <SettingsPage />
        </Route>
        <Route path={routes.cluster}>
          <ClusterPage />
        </Route>
        <Route>
          <NotFound />
        </Route>
      </Switch>
    </Suspense>
  );
}
