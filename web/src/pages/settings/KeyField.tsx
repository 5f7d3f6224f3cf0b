import { useId } from 'react';
import { Button } from '../../ui/Button.tsx';
import { Field } from './Field.tsx';

interface KeyFieldProps {
  /** Whether the server has one of this user. */
  readonly isStored: boolean;
  readonly hasServerKey: boolean;
  /** Null: what is stored stays. */
  readonly value: string | null;
  readonly onChange: (value: string | null) => void;
}

/** A key goes to the server and never comes back. */
export function KeyField({ hasServerKey, isStored, onChange, value }: KeyFieldProps) {
  const id = useId();
  if (isStored && value === null) {
    return (
      <div className="field">
        <span id={id} className="field-label">
          Key
        </span>
        {/* biome-ignore lint/a11y/useSemanticElements: a fieldset has no place for a value */}
        <div className="field-line" role="group" aria-labelledby={id}>
          <span className="field-value">A key is stored</span>
          <Button onClick={() => onChange('')}>Change or remove</Button>
        </div>
      </div>
    );
  }
  return (
    <Field
      label="Key"
      hint={
        isStored
          ? 'Empty removes the stored key.'
          : hasServerKey
            ? 'Empty uses the server’s key, at the server’s own address only.'
            : 'Stored encrypted on the server, and never shown again.'
      }
    >
      <input
        type="password"
        autoComplete="off"
        spellCheck={false}
        value={value ?? ''}
        onChange={(event) => onChange(event.target.value)}
      />
    </Field>
  );
}
