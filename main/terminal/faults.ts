/** What the terminal has to tell a person. */
import type { Fault } from '../contract.ts';

export const terminalTaken: Fault = {
  code: 'terminal-taken',
  sentence: 'The terminal is open already.',
  cause: 'There is one terminal, shared by all faces of the program.',
  remedy: 'Use it where it is open, or close it first.',
};

export const noTerminal: Fault = {
  code: 'no-terminal',
  sentence: 'There is nothing to type to.',
  cause: 'The terminal is closed, or the call has gone on to PPP.',
  remedy: 'Open the terminal first.',
};

export const terminalDuringCall: Fault = {
  code: 'terminal-during-call',
  sentence: 'The modem is busy with a call.',
  cause: 'Characters typed to it now would end the call or be lost in it.',
  remedy: 'Hang up first, then open the terminal.',
};
