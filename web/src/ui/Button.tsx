import type { ButtonHTMLAttributes } from 'react';
import { classes } from './classes.ts';
import { Icon, type IconName } from './Icon.tsx';
import './button.css';

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** @default 'plain' */
  readonly look?: 'plain' | 'primary' | 'danger' | 'quiet';
  readonly icon?: IconName;
}

export function Button({ children, className, icon, look = 'plain', type = 'button', ...rest }: ButtonProps) {
  return (
    <button type={type} className={classes('button', `button-${look}`, className)} {...rest}>
      {icon === undefined ? null : <Icon name={icon} />}
      {children}
    </button>
  );
}

interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly icon: IconName;
  /** What it does, for those who can't see the icon, and as its tooltip. */
  readonly label: string;
}

export function IconButton({ className, icon, label, type = 'button', ...rest }: IconButtonProps) {
  return (
    <button
      type={type}
      className={classes('button button-quiet button-icon', className)}
      aria-label={label}
      title={label}
      {...rest}
    >
      <Icon name={icon} />
    </button>
  );
}
