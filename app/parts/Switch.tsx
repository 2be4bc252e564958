// A native checkbox that looks and is announced like a switch. It shows what the gateway says, not what was clicked.
import styles from './Switch.module.css';

interface Props {
  label: string;
  on: boolean;
  onChange: (on: boolean) => void;
  disabled?: boolean;
  /** Show the label beside the switch; otherwise it is the accessible name only. */
  shown?: boolean;
}

export function Switch({ label, on, onChange, disabled, shown }: Props) {
  return (
    <label className={styles.row}>
      <input
        type="checkbox"
        role="switch"
        className={styles.switch}
        aria-checked={on}
        aria-label={shown ? undefined : label}
        checked={on}
        disabled={disabled}
        onChange={(event) => onChange(event.target.checked)}
      />
      {shown && <span>{label}</span>}
    </label>
  );
}
