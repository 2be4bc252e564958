// Words of the second call at the same time.
export const second = {
  title: 'Second call',
  state: 'State of the second call',
  /** The name of its button, which begins with the word on it. */
  button: (word: string) => `${word}: second call`,
  resting: 'Follows the first call, on another modem.',
  carrier: 'Carrier rate',
  address: 'Address',
  now: 'Now, down and up',
  online: 'Online for',
  on: 'Make a second call at the same time, on another modem',
  provider: 'Provider of the second call',
  sameProvider: 'The same as the first call’s',
  port: 'Modem of the second call',
  portAny: 'Its provider’s, or any other that answers',
  spread: 'Over both calls are spread',
  spreads: {
    connections: 'Computers, and their new connections to different places',
    clients: 'Computers only: each uses one call',
  },
} as const;
