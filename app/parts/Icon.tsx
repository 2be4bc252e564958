// Line icons drawn for this window on a 20 × 20 grid. Always decoration: the control around them carries the name.
const shapes = {
  phone:
    'M4.2 3.4l2-.9c.5-.2 1 0 1.3.5l1.2 2.4c.2.5.1 1-.3 1.3L7.200 7.800c.9 2 2.400 3.500 4.400 4.400l1.100-1.200c.3-.4.8-.5 1.300-.3l2.400 1.200c.5.3.7.8.5 1.300l-.9 2c-.3.7-1 1.100-1.700 1C8.600 15.600 3.600 10.600 3.200 5.100c0-.7.3-1.400 1-1.700z',
  gear: 'M10 7.300a2.700 2.700 0 100 5.400 2.700 2.700 0 000-5.400zM10 2.500v2M10 15.500v2M2.500 10h2M15.500 10h2M4.700 4.700l1.400 1.400M13.900 13.900l1.400 1.400M4.700 15.300l1.400-1.400M13.900 6.100l1.400-1.400',
  plus: 'M10 4v12M4 10h12',
  pencil:
    'M4 16l.7-3.200L13.200 4.300a1.500 1.500 0 012.100 0l.4.4a1.500 1.500 0 010 2.100L7.200 15.300zM12 5.500l2.500 2.500',
  bin: 'M4 6h12M8 6V4h4v2M5.500 6l.8 10h7.400l.8-10M8.500 9v4.500M11.500 9v4.500',
  pause: 'M7 4.500v11M13 4.500v11',
  play: 'M6.500 4.500l9 5.500-9 5.500z',
  copy: 'M7 7h9v9H7zM13 7V4H4v9h3',
  down: 'M10 4v11M5.500 10.500L10 15l4.500-4.500',
  up: 'M10 16V5M5.500 9.500L10 5l4.500 4.500',
  alert: 'M10 3l7.500 13.500h-15zM10 8v4M10 14.200v.2',
  check: 'M4.500 10.500l3.500 3.500 7.500-8',
  cross: 'M5 5l10 10M15 5L5 15',
  again: 'M15.500 8A6 6 0 104 10.500M15.500 3.500V8H11',
  eye: 'M2.500 10S5 5 10 5s7.500 5 7.500 5-2.500 5-7.500 5-7.500-5-7.500-5zM10 7.800a2.200 2.200 0 100 4.400 2.200 2.200 0 000-4.400z',
  computer: 'M3 4.500h14v9H3zM7.500 17h5M10 13.500V17',
  exchange: 'M3 7h12M12 3.500L15.500 7 12 10.500M17 13H5M8 9.500L4.500 13 8 16.500',
  page: 'M5 2.500h6.500L15 6v11.500H5zM11 2.500V6.500h4M7.500 10h5M7.500 13h5',
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
