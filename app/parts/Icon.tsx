// Line icons drawn for this window on a 20 × 20 grid. Always decoration: the control around them carries the name.
const shapes = {
  phone:
    'M4.2 3.4l2-.9c.5-.2 1 0 1.3.5l1.2 2.4c.2.5.1 1-.3 1.3L7.2 7.800c.9 2 2.4 3.5 4.4 4.400l1.1-1.200c.3-.4.8-.5 1.3-.3l2.4 1.200c.5.3.7.8.5 1.300l-.9 2c-.3.7-1 1.1-1.7 1C8.6 15.6 3.6 10.6 3.2 5.100c0-.7.3-1.4 1-1.700z',
  gear: 'M10 7.300a2.7 2.7 0 100 5.4 2.7 2.7 0 000-5.400zM10 2.500v2M10 15.500v2M2.5 10h2M15.5 10h2M4.7 4.700l1.4 1.400M13.9 13.900l1.4 1.400M4.7 15.300l1.4-1.400M13.9 6.100l1.4-1.4',
  plus: 'M10 4v12M4 10h12',
  pencil: 'M4 16l.7-3.200L13.2 4.300a1.5 1.5 0 012.1 0l.4.4a1.5 1.5 0 010 2.100L7.2 15.300zM12 5.500l2.5 2.5',
  bin: 'M4 6h12M8 6V4h4v2M5.5 6l.8 10h7.400l.8-10M8.5 9v4.500M11.5 9v4.5',
  pause: 'M7 4.500v11M13 4.500v11',
  play: 'M6.5 4.500l9 5.5-9 5.500z',
  copy: 'M7 7h9v9H7zM13 7V4H4v9h3',
  down: 'M10 4v11M5.5 10.500L10 15l4.5-4.5',
  up: 'M10 16V5M5.5 9.500L10 5l4.5 4.5',
  alert: 'M10 3l7.5 13.500h-15zM10 8v4M10 14.200v.2',
  check: 'M4.5 10.500l3.5 3.5 7.5-8',
  cross: 'M5 5l10 10M15 5L5 15',
  again: 'M15.5 8A6 6 0 104 10.500M15.5 3.500V8H11',
  eye: 'M2.5 10S5 5 10 5s7.5 5 7.5 5-2.5 5-7.5 5-7.5-5-7.5-5zM10 7.800a2.2 2.2 0 100 4.4 2.2 2.2 0 000-4.400z',
  computer: 'M3 4.500h14v9H3zM7.5 17h5M10 13.500V17',
  exchange: 'M3 7h12M12 3.500L15.5 7 12 10.500M17 13H5M8 9.500L4.5 13 8 16.5',
  page: 'M5 2.500h6.500L15 6v11.500H5zM11 2.500V6.500h4M7.5 10h5M7.5 13h5',
} as const;
export type IconName = keyof typeof shapes;

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg
      aria-hidden="true"
      focusable="false"
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={shapes[name]} />
    </svg>
  );
}
