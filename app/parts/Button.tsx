// Buttons of three weights. `icon` alone needs `label`, which then becomes the accessible name and the tip.
import type { ButtonHTMLAttributes } from 'react';
import styles from './Button.module.css';
import { cx } from './cx.ts';
import { Icon, type IconName } from './Icon.tsx';

interface Props extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'className'> {
  weight?: 'main' | 'plain' | 'quiet' | 'bad';
  icon?: IconName;
  /** Name of a button that shows an icon only. */
  label?: string;
  large?: boolean;
}

export function Button({ weight = 'plain', icon, label, large, children, ...rest }: Props) {
  return (
    <button
      type="button"
      className={cx(styles.button, styles[weight], large && styles.large, label && styles.square)}
      aria-label={label}
      title={label}
      {...rest}
    >
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}
