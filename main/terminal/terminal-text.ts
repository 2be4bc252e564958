/**
 * The terminal's text as a person sees it: bounded, with backspace and form feed obeyed. Pure: main and the faces hold the
 * same text by appending the same pieces.
 */

/** What is kept, characters; a login conversation is far shorter. */
export const TERMINAL_CHARACTERS = 16_384;
/** One event brings no more than this. */
export const TERMINAL_EVENT_CHARACTERS = 4_096;

/** `\b` takes back a character of the same line, `\f` clears all; the oldest falls out. */
export function appendTerminal(text: string, more: string): string {
  let shown = text;
  for (const piece of more.split(/([\b\f])/)) {
    if (piece === '\f') shown = '';
    else if (piece !== '\b') shown += piece;
    else if (shown !== '' && !shown.endsWith('\n')) shown = shown.slice(0, -1);
  }
  return shown.slice(-TERMINAL_CHARACTERS);
}
