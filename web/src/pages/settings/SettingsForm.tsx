import { useId, useState } from 'react';
import { client } from '../../data/client.ts';
import { type KnownSettings, settingsChanged } from '../../data/settings.ts';
import { Button } from '../../ui/Button.tsx';
import { showError, toasts } from '../../ui/toasts.ts';
import { Field } from './Field.tsx';
import { KeyField } from './KeyField.tsx';
import { draftOf, postedOf, problemsOf, type SettingsDraft } from './settings-draft.ts';
import { TestModel } from './TestModel.tsx';
import './settings.css';

export function SettingsForm({ known }: { readonly known: KnownSettings }) {
  const { choices, defaults, stored } = known;
  const [draft, setDraft] = useState(() => draftOf(stored));
  const [isSaving, setSaving] = useState(false);
  const modelsId = useId();
  const problems = problemsOf(draft);
  const isValid = Object.keys(problems).length === 0;
  const change = (part: Partial<SettingsDraft>): void => setDraft({ ...draft, ...part });

  const save = (): void => {
    if (!isValid || isSaving) return;
    setSaving(true);
    client
      .saveSettings(postedOf(draft))
      .then(settingsChanged)
      .then(
        () => {
          setDraft((now) => ({ ...now, key: null }));
          toasts.show('Saved. It counts for conversations that are started from now on.');
        },
        (error: unknown) => showError('The settings were not saved', error),
      )
      .finally(() => setSaving(false));
  };

  return (
    <form
      className="page-column settings"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <fieldset>
        <legend>Model</legend>
        <Field
          label="Model"
          hint={
            defaults.model === null
              ? 'Its provider and its name, such as anthropic/claude-sonnet-4-5 or openai/gpt-5.'
              : `Empty uses the server’s: ${defaults.model}.`
          }
        >
          <input
            list={modelsId}
            autoComplete="off"
            spellCheck={false}
            placeholder={defaults.model ?? 'None: the agent only runs commands'}
            value={draft.model}
            onChange={(event) => change({ model: event.target.value })}
          />
        </Field>
        <datalist id={modelsId}>
          {choices.models.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <KeyField
          isStored={(stored?.llm_api_key ?? null) !== null}
          hasServerKey={defaults.keyIsSet}
          value={draft.key}
          onChange={(key) => change({ key })}
        />
        <Field
          label="Base URL"
          hint="Only for a server of your own that speaks the API of OpenAI, or of Anthropic for anthropic/… models."
          problem={problems.baseUrl}
        >
          <input
            type="url"
            autoComplete="off"
            spellCheck={false}
            placeholder="The provider’s own"
            value={draft.baseUrl}
            onChange={(event) => change({ baseUrl: event.target.value })}
          />
        </Field>
        <TestModel posted={postedOf(draft)} isDisabled={!isValid} />
      </fieldset>

      <fieldset>
        <legend>Agent</legend>
        <Field
          label="Agent"
          hint="Automatic: one that thinks where there is a model, else one that only runs commands."
        >
          <select value={draft.agent} onChange={(event) => change({ agent: event.target.value })}>
            <option value="">
              {defaults.agent === null ? 'Automatic' : `The server’s (${defaults.agent})`}
            </option>
            {choices.agents.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </Field>
        <Field label="Confirmation" hint="Whether each command waits until you confirm it.">
          <select
            value={draft.confirmation}
            onChange={(event) =>
              change({
                confirmation:
                  event.target.value === 'on' ? 'on' : event.target.value === 'off' ? 'off' : 'default',
              })
            }
          >
            <option value="default">
              The server’s ({defaults.confirmationMode ? 'ask first' : 'do not ask'})
            </option>
            <option value="on">Ask me first</option>
            <option value="off">Do not ask</option>
          </select>
        </Field>
      </fieldset>

      <fieldset>
        <legend>Limits</legend>
        <Field
          label="Steps"
          hint="After so many steps the agent stops and asks whether to go on."
          problem={problems.maxIterations}
        >
          <input
            inputMode="numeric"
            autoComplete="off"
            placeholder={`The server’s: ${defaults.maxIterations}`}
            value={draft.maxIterations}
            onChange={(event) => change({ maxIterations: event.target.value })}
          />
        </Field>
        <p className="field-hint">
          {defaults.maxBudget === null
            ? 'Cost: this server sets no limit.'
            : `Cost: this server lets a conversation spend ${defaults.maxBudget} US dollars before it asks.`}
        </p>
      </fieldset>

      <div className="settings-end">
        <Button look="primary" type="submit" disabled={!isValid || isSaving}>
          {isSaving ? 'Saving…' : 'Save'}
        </Button>
      </div>
    </form>
  );
}
