import { useId } from 'react';
import { Icon } from '../../ui/Icon.tsx';

interface SearchFieldProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly isBusy: boolean;
}

export function SearchField({ isBusy, onChange, value }: SearchFieldProps) {
  const id = useId();
  return (
    <div className="conversations-search">
      <Icon name="search" />
      <label htmlFor={id} className="visually-hidden">
        Search conversations
      </label>
      <input
        id={id}
        type="search"
        placeholder="Search titles and text"
        autoComplete="off"
        spellCheck={false}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape' || value === '') return;
          event.preventDefault();
          event.stopPropagation();
          onChange('');
        }}
      />
      <span className="conversations-busy" role="status">
        {isBusy ? 'Searching…' : ''}
      </span>
    </div>
  );
}
